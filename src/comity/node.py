"""One node, wired: the only module that knows every part. Faces, commands and tests call what stands here."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from comity.acts import Partners, acts_of
from comity.blobs.brought_files import BroughtFiles
from comity.caretaker import Caretaker, Stored
from comity.condition import Condition
from comity.config import Config
from comity.damage import Damages
from comity.exchange.recent import Pace, Seen
from comity.exchange.signed import Pen
from comity.folder import NodeFolder
from comity.formats_table import newest_versions
from comity.gate import Gate
from comity.health import Health
from comity.ids import MemberCode
from comity.index.kept import ask_anew
from comity.keyring import Keyring
from comity.knowledge import Knowledge
from comity.ledger_desk import LedgerDesk
from comity.limits import CARE_S, ENDING_S, PACE_MAX, REPLAY_WINDOW_S, SEQUENCE_S
from comity.members.authentication import Authentication
from comity.members.directory import Directory
from comity.members.home import Home
from comity.members.passwords import Passwords
from comity.office.ending import Endings
from comity.office.faces import Faces
from comity.office.forms import FormDesk
from comity.office.held import HeldDesk
from comity.office.keys import KeysDesk
from comity.office.measures import MeasuresDesk
from comity.office.own_history import Histories
from comity.office.own_record import OwnRecords
from comity.officers_desk import TOUCH_S, OfficersDesk, SessionUses
from comity.peer.alerter import Alerter
from comity.peer.answering import Answerer, AnsweringHome
from comity.peer.asking import Asker
from comity.peer.attachments import Attachments
from comity.peer.carried import Carried
from comity.peer.consigning import Consigner
from comity.peer.courier import Courier
from comity.peer.entering import Enterer
from comity.peer.filing import Filing
from comity.peer.greeting import Door, Greeter, NoDoor
from comity.peer.inbox import Inbox
from comity.peer.leaving import Leaving
from comity.peer.leftovers import Leftovers
from comity.peer.line import Line
from comity.peer.mending import Mender
from comity.peer.messenger import Messenger
from comity.peer.packing import Lots
from comity.peer.passes import PassFile
from comity.peer.puller import Puller
from comity.peer.stating import Stater
from comity.registers.registry import instructions_of
from comity.signer import Entropy
from comity.store import deliveries
from comity.store.transactions import Boundary, nothing
from comity.workers import Workers
from comity.works import Work, Works


class Node:
    """A bureau's or the secretariat's node.

    With ``own_threads`` background work runs by itself after ``start``; without, ``tick`` does one step of each, so
    that a simulated network is deterministic. ``passes`` is where the node's pass lies, and ``door``, at the
    secretariat, what gives passes to others.
    """

    def __init__(
        self,
        config: Config,
        keyring: Keyring,
        line: Line,
        *,
        clock: Callable[[], datetime] = partial(datetime.now, UTC),  # noqa: B008 - it is called later
        entropy: Entropy = os.urandom,
        own_threads: bool = True,
        boundary: Boundary = nothing,
        profile: str = "standard",
        passes: PassFile | None = None,
        door: Door = NoDoor(),  # noqa: B008 - it has no state
    ) -> None:
        self.config, self.keyring, self._line = config, keyring, line
        self._clock, self._entropy, self._boundary, self._door = clock, entropy, boundary, door
        self.revision = 0  # counts whatever a page of messages would show differently
        self._keys, folder = KeysDesk(keyring, config.path(config.keys), clock), config.path("data")
        self.damages, on_index = Damages(), partial(self._has_made, "index")
        kept = self._kept = NodeFolder(
            config, keyring, self.damages, on_index, own_threads=own_threads, boundary=boundary, entropy=entropy
        )
        self._store, self._files, self._chunks, self._shelves = kept.store, kept.files, kept.chunks, kept.shelves
        self._ledger, self._sequencer, self._roll = kept.ledger, kept.sequencer, kept.roll
        self._uses = SessionUses(self._store)
        self.knowledge = Knowledge(config, keyring, self._store, line, clock=clock, boundary=boundary,
                                   on_members=door.on_members)  # fmt: skip
        keeper, self._pen = config.secretariat_code, Pen(keyring.signer("signing"), lambda: self.knowledge.held)
        self._greeter = Greeter(line, self._pen, config.code, keeper, passes, clock=clock)
        signer, rulebook = keyring.signer("signing"), self.knowledge.rulebook
        self._home = Home(config.code, keeper, self.directory, signer, entropy, rulebook, instructions_of)
        self.gate = self._make_gate()
        self._stater = Stater(self.gate, folder, line, self._pen.signer, config.code, keeper, newest_versions, clock)
        self.ledger = LedgerDesk(self.gate, self.damages)
        self.officers = OfficersDesk(self.gate, self._store, Passwords(entropy, profile), config.code, clock)
        self._courier = self._make_courier(own_threads=own_threads)
        self.asker = Asker(self.gate, line, keeper, self.directory, clock, config.shift_at, self._home.wording)
        self.measures = MeasuresDesk(self.gate, self.officers, self.knowledge.get_member, self.knowledge.verify,
                                     lambda: self.works.kick("directory"))  # fmt: skip
        attached = Attachments(self._store, self._chunks, self.damages, config.code, clock)
        self.messages = Messenger(self.gate, self._store, attached, keyring, self.directory, self.officers, clock=clock,
                                  entropy=entropy, on_queued=self._has_queued, damages=self.damages)  # fmt: skip
        self.inbox = Inbox(self.messages, self._store, self.officers, clock)
        self.faces = Faces(config.code, self._files, self._ledger, self.officers, rulebook)
        self.forms = FormDesk(self.messages, self._store, self._ledger, self.faces, self.officers, rulebook,
                              self.damages)  # fmt: skip
        self._puller = Puller(
            self._store, self._chunks, line, self._pen, config.code, keeper, clock=clock, own_threads=own_threads,
            on_pulled=partial(self._has_made, "intake"), damages=self.damages,
        )  # fmt: skip
        self._workers = Workers(None if own_threads else 0)
        self.consignments = self._make_consigner()
        self.own_records = self._make_own_records()
        self.records = Enterer(self.gate, self.officers, self._store, self._courier, keeper, config.code, clock,
                               self.directory, self._kept.own_list)  # fmt: skip
        self._endings = Endings(self.gate, self._store, self._files, config.code, self.directory, clock)
        self.files = self._make_filing()
        self.evidence = self.knowledge.exporter()
        self.caretaker = self._make_caretaker()
        self._alerter = Alerter(self.gate, self._store, self._ledger, self._shelves, config.code, self.damages.note,
                                self._has_queued, self._leaving.note_made)  # fmt: skip
        self.works = self._make_works()
        self.condition = Condition(
            config, keyring, line, self.knowledge, self._store, self._ledger, self._shelves, self.damages, self.works,
            clock,
        )  # fmt: skip
        self._serve(line)

    def _make_gate(self) -> Gate[Any]:
        every = self._roll.list_officers
        partners = Partners(
            self._home, self.keyring, self._shelves, Pace(PACE_MAX), Seen(REPLAY_WINDOW_S), self._files.read_part,
            self._ledger, self._files, lambda: tuple(self._store.read_rows(every)),
            # The caretaker and the gate are made after what they are asked by.
            check_all=lambda: self.caretaker.check_all(),  # noqa: PLW0108
            may_do=lambda kind, roles: self.gate.may_do(kind, roles),  # noqa: PLW0108
            own_records=self._kept.own_list,
        )  # fmt: skip
        return Gate(
            acts_of(partners), self._store, rulebook=self.knowledge.rulebook, clock=self._clock, entropy=self._entropy,
            authenticate=Authentication(self.config.code, self.directory, self._uses.note), holding=self._kept.holding,
        )  # fmt: skip

    def _make_courier(self, *, own_threads: bool) -> Courier:
        code, keeper, clock = self.config.code, self.config.secretariat_code, self._clock
        self._carried = Carried(self._store, self._files, self.directory, self.knowledge.key_of, keeper)
        self._leaving = Leaving(
            self._home, self._store, self._ledger, self._shelves, self.keyring, self.knowledge.rulebook, clock,
            self._carried,
        )  # fmt: skip
        return Courier(
            self.gate, self._store, self._line, code, keeper, clock=clock, own_threads=own_threads,
            on_moved=self._has_moved, signer=self.knowledge.find_signer, leaving=self._leaving,
        )  # fmt: skip

    def _make_consigner(self) -> Consigner:
        code, signer = self.config.code, self.keyring.signer("signing")
        learn = self._shelves.learn if self.is_secretariat else lambda _batch, _found_by: None
        leftovers = Leftovers(self._store, self._files, self._chunks)
        self.held = HeldDesk(self.gate, self._store, self._kept.holding, self._clock, self.damages,
                             leftovers.discard_named, partial(self._has_queued, ""))  # fmt: skip
        consigner = Consigner(
            self.gate, self._store,
            Lots(self._files, self._chunks, leftovers, signer, code, self.directory, self._entropy, learn,
                 self._workers.spread, self._workers.beside),
            leftovers, self._kept.own_list, self.config.secretariat_code, code, clock=self._clock,
            on_queued=self._has_queued, on_changed=partial(self._has_made, "index"),
        )  # fmt: skip
        marker = self._kept.marker
        if marker.was_unclean and not self._store.lost.text:  # else a file may be all that is left of a batch
            leftovers.sweep(marker.began_at)
        marker.begin()
        return consigner

    def _make_own_records(self) -> OwnRecords:
        histories = Histories(self._ledger, self.messages, self.knowledge.rulebook)
        return OwnRecords(self.gate, self.officers, self._store, self._kept.own_list, histories, self.consignments,
                          self.config.code, self.directory, self._clock)  # fmt: skip

    def _make_filing(self) -> Filing:
        brought = BroughtFiles(self.config.path("data") / "files", self._boundary)
        return Filing(
            self._store, brought, self.consignments, self.directory, self.config.code,
            lambda by: self.officers.verify_may(by, "record.consign"),
            clock=self._clock, entropy=self._entropy, on_whole=partial(self._has_made, "files"),
            spread=self._workers.spread,
        )  # fmt: skip

    def _make_caretaker(self) -> Caretaker:
        stored = Stored(
            self.config, self._store, self._ledger, self._kept.verifier, self._files, self._chunks, self._roll,
            self.keyring, self._kept.holding, self.knowledge, self.evidence, self._carried, self._sequencer.recover,
            partial(ask_anew, self.config.path("data") / "index") if self.is_secretariat else lambda _register: None,
        )  # fmt: skip
        mender = Mender(
            self._store, self._files, self._line, self._pen, self.config.code,
            self.config.secretariat_code, self.damages, self.knowledge.key_of, clock=self._clock,
        )  # fmt: skip
        caretaker = Caretaker(stored, mender, self.damages, self._clock, is_hurried=self._kept.was_unclean)
        caretaker.look_first()
        return caretaker

    def _serve(self, line: Line) -> None:
        home = AnsweringHome(
            self.config.code, self.knowledge.published, self.messages.attachments.chunk, self.keyring.verify_unlocked,
            self.knowledge.find_signer, self._clock, self._hears, self._door.greet, self._has_taken,
        )  # fmt: skip
        line.serve(Answerer(self.gate, home, self.keyring, self.damages))
        line.on_nudge(self._on_nudge)

    def _make_works(self) -> Works:
        return Works(
            (
                Work("directory", self._follow_directory, 1.0, ("reads",)),
                Work("waiting", self._unless_locked(self.held.go_round), 1.0, aside=self.held.aside),
                *((Work("alerts", self._unless_locked(self._alerter.go_round), 1.0, aside=self._alerter.aside),)
                  if self.is_secretariat else ()),
                Work("courier", self._courier.go_round, 1.0, ("parcel", "receipt"), self._courier.end,
                     self._courier.aside),
                Work("blobs", self._puller.go_round, 1.0, ("consignment", "message"), self._puller.end,
                     self._puller.aside),
                Work("intake", self.consignments.go_round, 1.0, ("consignment", "receipt"),
                     aside=self.consignments.aside),
                Work("index", self._shelves.follow if self.is_secretariat else self._shelves.erase, 1.0, ("batch",),
                     aside=self._shelves.aside),
                Work("own-records", self._kept.own_listing.follow, 1.0, ("batch", "receipt"),
                     aside=self._kept.own_listing.aside),
                Work("ending", self._unless_locked(self._endings.go_round), ENDING_S, aside=self._endings.aside),
                Work("files", self._unless_locked(self.files.go_round), 1.0, end=self.files.end,
                     aside=self.files.aside),
                Work("sessions", self._uses.write, TOUCH_S / 4),
                Work("ledger", lambda: self._sequencer.step(self._clock()), SEQUENCE_S, aside=self._sequencer.aside),
                Work("care", self.caretaker.go_on, CARE_S),
            )
        )  # fmt: skip

    # Life

    def start(self) -> None:
        """Let background work run by itself."""
        self.works.start()

    def tick(self) -> None:
        """One step of all background work, in the caller's thread."""
        self.works.tick()

    def close(self, *, gracefully: bool = True) -> None:
        """Stop background work, place what is pending in the ledger, let go of the folder.

        Not gracefully, nothing more is written: that is how the simulator takes the power away.
        """
        self.works.end()
        self._workers.end()
        if gracefully:
            self.works.once("ledger")
        self._kept.close(gracefully=gracefully)

    def unlock(self, passphrase: str) -> None:
        """Open the keys; UnavailableError where the passphrase is wrong, or was too often in the last minute."""
        self._keys.unlock(passphrase)
        self.works.kick_all()

    # What it knows

    def now(self) -> datetime:
        """This node's time, aware UTC."""
        return self._clock()

    def directory(self) -> Directory:
        """The last good directory; UnavailableError before the first."""
        return self.knowledge.directory()

    def sentence(self, rule: str) -> str:
        """A rule's plain sentence."""
        return self.knowledge.rulebook().sentence(rule)

    @property
    def is_secretariat(self) -> bool:
        """Whether this node is the secretariat's."""
        return self.config.is_secretariat

    def health(self) -> Health:
        """What is wrong and what to do."""
        return self.condition.health()

    # Background

    def _on_nudge(self, data: bytes) -> None:
        self.knowledge.take_nudge(data)
        if not data:  # the line is back
            self._greeter.hasten()
            self._hasten()
            self._puller.hasten()
            self.works.kick("blobs")
        self.works.kick("directory")

    def _unless_locked(self, work: Callable[[], object]) -> Callable[[], object]:
        """For what is signed, or lies in the safe."""
        return lambda: None if self.keyring.is_locked else work()

    def _hears(self, member: MemberCode) -> None:
        """A member that was away is there: what waits for it goes at once."""
        self._puller.hears(member)
        if self._courier.hears(member):
            self._hasten(member)

    def _hasten(self, member: MemberCode | None = None) -> None:
        self._store.write_rows(partial(deliveries.hasten, now=self._clock(), recipient=member))
        self.works.kick("courier")

    def _follow_directory(self) -> None:
        self.knowledge.go_round()
        if not self.keyring.is_locked:
            self._door.go_round(self._clock())
            self._greeter.go_round()
            self._stater.go_round(self.knowledge.held)

    def _has_taken(self, what: str) -> None:
        self.works.take_up(what)
        self._has_moved()

    def _has_queued(self, name: str = "") -> None:
        if name:
            self._courier.hand_over(name)
        else:
            self.works.kick("courier")
        self._has_moved()

    def _has_made(self, work_for: str) -> None:
        self.works.kick(work_for)
        self._has_moved()

    def _has_moved(self) -> None:
        self.revision += 1
