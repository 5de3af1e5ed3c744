"""One node, wired: the only module that knows every part. Faces, commands and tests call what stands here."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from comity.act import Session
from comity.acts import acts_of
from comity.aside import Aside
from comity.blobs.batch_files import BatchFiles
from comity.blobs.brought_files import BroughtFiles
from comity.blobs.chunk_files import ChunkFiles
from comity.caretaker import Caretaker, Stored
from comity.config import Config
from comity.damage import Damages
from comity.errors import UnavailableError, UntrustedError
from comity.exchange.recent import Pace
from comity.exchange.signed import Pen
from comity.formats_table import newest_versions
from comity.gate import Gate, Outcome, done
from comity.health import Health, StateLine, Vital, judge_health
from comity.holding import Holding
from comity.ids import BatchId, MemberCode, RegisterName
from comity.index.kept import ask_anew
from comity.index.shelves import Shelves
from comity.keyring import Keyring
from comity.knowledge import Knowledge
from comity.ledger.checkpoint import VerifierKey, key_name_of
from comity.ledger_desk import LedgerDesk, ledger_readings
from comity.limits import CARE_S, SEQUENCE_S, SIGN_IN_FAILURES_MAX
from comity.lock import RunningMarker
from comity.loops import Loop
from comity.members.authentication import Authentication
from comity.members.directory import Directory
from comity.members.held import held_acts
from comity.members.home import Home
from comity.members.keys import parse_keys
from comity.members.measure import PUBLISH, SET, parse_measure
from comity.members.officer import Officer
from comity.members.passwords import Passwords
from comity.members.plain import ReadingAct
from comity.members.standing import Statement
from comity.office.held import HeldDesk
from comity.officers_desk import LIST_OFFICERS, TOUCH_S, OfficersDesk, SessionUses
from comity.peer.alerter import Alerter
from comity.peer.answering import Answerer, AnsweringHome
from comity.peer.asking import Asker, Checked, Read
from comity.peer.carried import Carried
from comity.peer.consigning import Consigner
from comity.peer.courier import Courier
from comity.peer.entering import Entered, Enterer, EntryForm
from comity.peer.exporting import Exporter
from comity.peer.filing import Filing
from comity.peer.greeting import Door, Greeter, NoDoor
from comity.peer.leaving import Leaving
from comity.peer.leftovers import Leftovers
from comity.peer.line import Line
from comity.peer.mending import Mender
from comity.peer.messenger import Messenger
from comity.peer.packing import Lots
from comity.peer.passes import PassFile
from comity.peer.puller import Puller
from comity.peer.stating import Stater
from comity.registers.register import NotAsked
from comity.safe import Safe
from comity.signer import Entropy
from comity.store import blobs, deliveries
from comity.store.catalogue import StoredCatalogue
from comity.store.store import Store
from comity.store.transactions import Boundary, nothing
from comity.texts import _
from comity.tiles.reading import LedgerReader
from comity.tiles.roll import Roll
from comity.tiles.sequencer import Sequencer
from comity.workers import Workers

_TAKEN_UP_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "batch": ("index",), "consignment": ("blobs", "intake"), "message": ("blobs",), "parcel": ("courier",),
    "reads": ("directory",), "receipt": ("courier", "intake"),
}  # fmt: skip


def _utc_now() -> datetime:
    return datetime.now(UTC)


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
        clock: Callable[[], datetime] = _utc_now,
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
        self._unlocking, folder = Pace(SIGN_IN_FAILURES_MAX), config.path("data")
        self._marker = RunningMarker(folder)
        self._store = Store(folder, own_thread=own_threads, boundary=boundary, reserve_bytes=config.reserve_mb << 20)
        self._uses = SessionUses(self._store)
        self._files, self.damages = BatchFiles(folder / "batches", boundary), Damages()
        self._shelves = Shelves(
            folder / "index", self._files, StoredCatalogue(self._store), boundary, self.damages,
            partial(self._has_made, "index"), is_keeper=config.is_secretariat,
        )  # fmt: skip
        self.knowledge = Knowledge(
            config, keyring, self._store, line, clock=clock, boundary=boundary, on_members=door.on_members
        )
        keeper, self._pen = config.secretariat_code, Pen(keyring.signer("signing"), lambda: self.knowledge.held)
        self._greeter = Greeter(line, self._pen, config.code, keeper, passes, clock=clock)
        ledger_key = keyring.signer("ledger")
        verifier = VerifierKey(key_name_of(config.network, config.code), ledger_key.public)
        self._ledger = LedgerReader(folder / "ledger", self._store, config.network, config.code, verifier)
        self._roll = Roll(self._ledger)
        self._store.judge = self._roll.judge
        self._sequencer = Sequencer(
            folder / "ledger", config.network, config.code, ledger_key, self._store, self._store.segment, boundary,
            entropy=entropy, on_damage=self.damages.note,
        )  # fmt: skip
        self._holding = Holding(Safe(keyring.storage_key, entropy), config.code)
        self._home = Home(
            config.code, keeper, self.directory, keyring.signer("signing"), entropy,
            lambda: self.knowledge.rulebook().wording,
        )  # fmt: skip
        self.gate = self._make_gate()
        self._stater = Stater(self.gate, folder, line, self._pen.signer, config.code, keeper, newest_versions, clock)
        self.ledger = LedgerDesk(self.gate, self.damages)
        self.officers = OfficersDesk(self.gate, self._store, Passwords(entropy, profile), config.code, clock)
        self._courier = self._make_courier(own_threads=own_threads)
        self._asker = Asker(self.gate, line, keeper, self.directory, clock)
        self._enterer = Enterer(self.gate, self._store, self._courier, keeper, config.code, clock, self.directory)
        self._chunks = ChunkFiles(folder / "blobs", boundary)
        self.messages = Messenger(
            self.gate, self._store, self._chunks, keyring, self.directory, self.officers,
            clock=clock, entropy=entropy, on_queued=self._has_queued, damages=self.damages,
        )  # fmt: skip
        self._puller = Puller(
            self._store, self._chunks, line, self._pen, config.code, keeper, clock=clock, own_threads=own_threads,
            on_pulled=partial(self._has_made, "intake"), damages=self.damages,
        )  # fmt: skip
        self._workers = Workers(None if own_threads else 0)
        self.consignments = self._make_consigner()
        self.files = self._make_filing()
        self.evidence = self._make_exporter()
        self.caretaker = self._make_caretaker(verifier)
        self._alerter = Alerter(self.gate, self._store, self._ledger, self._shelves, config.code, self.damages.note)
        self._loops = self._make_loops()
        self._serve(line)

    # Wiring

    def _make_gate(self) -> Gate[Any]:
        config, directory = self.config, self.directory
        every = self._roll.list_officers
        list_officers = ReadingAct[None, tuple[Officer, ...]](directory, lambda _: tuple(self._store.read_rows(every)))
        readings = (
            *ledger_readings(self._ledger, self._files, directory, lambda: self.caretaker.check_all()),  # noqa: PLW0108
            done(LIST_OFFICERS, list_officers),
        )  # fmt: skip
        held = held_acts(directory, lambda kind, roles: self.gate.may_do(kind, roles))  # noqa: PLW0108 - the gate is made of them
        acts = acts_of(self._home, self.keyring, self._shelves, readings, self._files.read_part)
        return Gate(
            (*acts, *held),
            self._store,
            authenticate=Authentication(config.code, directory, self._uses.note),
            rulebook=self.knowledge.rulebook,
            clock=self._clock,
            entropy=self._entropy,
            holding=self._holding,
        )

    def _make_courier(self, *, own_threads: bool) -> Courier:
        code, keeper, clock = self.config.code, self.config.secretariat_code, self._clock
        self._carried = Carried(self._store, self._files, self.directory, self.knowledge.key_of, keeper)
        leaving = Leaving(
            self._home, self._store, self._ledger, self._shelves, self.keyring, self.knowledge.rulebook, clock,
            self._carried,
        )  # fmt: skip
        return Courier(
            self.gate, self._store, self._line, code, keeper, clock=clock, own_threads=own_threads,
            on_moved=self._has_moved, signer=self.knowledge.find_signer, leaving=leaving,
        )  # fmt: skip

    def _make_consigner(self) -> Consigner:
        code, signer = self.config.code, self.keyring.signer("signing")
        learn = self._shelves.learn if self.is_secretariat else lambda _batch, _found_by: None
        leftovers = Leftovers(self._store, self._files, self._chunks)
        self.held = HeldDesk(self.gate, self._store, self._holding, self._clock, self.damages,
                             leftovers.discard_named, partial(self._has_queued, ""))  # fmt: skip
        consigner = Consigner(
            self.gate, self._store,
            Lots(self._files, self._chunks, leftovers, signer, code, self.directory, self._entropy, learn,
                 self._workers.spread, self._workers.beside),
            leftovers, self.config.secretariat_code, code, clock=self._clock, on_queued=self._has_queued,
            on_changed=partial(self._has_made, "index"),
        )  # fmt: skip
        if self._marker.was_unclean and not self._store.lost.text:  # else a file may be all that is left of a batch
            leftovers.sweep(self._marker.began_at)
        self._marker.begin()
        return consigner

    def _make_filing(self) -> Filing:
        brought = BroughtFiles(self.config.path("data") / "files", self._boundary)
        return Filing(
            self._store, brought, self.consignments, self.directory, self.config.code,
            lambda by: self.officers.verify_may(by, "record.consign"),
            clock=self._clock, entropy=self._entropy, on_whole=partial(self._has_made, "files"),
            spread=self._workers.spread,
        )  # fmt: skip

    def _make_exporter(self) -> Exporter:
        config = self.config
        kept, root = config.path("data") / "directory" / "cache", config.path(config.root)
        return Exporter(kept, root.read_bytes(), config.network, config.code, self.directory, self._clock)

    def _make_caretaker(self, verifier: VerifierKey) -> Caretaker:
        index = self.config.path("data") / "index"
        stored = Stored(
            self.config, self._store, self._ledger, verifier, self._files, self._chunks, self._roll, self.keyring,
            self._holding, self.knowledge, self.evidence, self._carried, self._sequencer.recover,
            partial(ask_anew, index) if self.is_secretariat else lambda _register: None,
        )  # fmt: skip
        self._store.on_damage = self.damages.note
        mender = Mender(
            self._store, self._files, self._line, self._pen, self.config.code,
            self.config.secretariat_code, self.damages, self.knowledge.key_of, clock=self._clock,
        )  # fmt: skip
        is_hurried = self._marker.was_unclean or bool(self._store.lost.text)
        caretaker = Caretaker(stored, mender, self.damages, self._clock, is_hurried=is_hurried)
        caretaker.look_first()
        return caretaker

    def _serve(self, line: Line) -> None:
        home = AnsweringHome(
            self.config.code, self.knowledge.published, self.messages.find_chunk, self.keyring.verify_unlocked,
            self.knowledge.find_signer, self._clock, self._hears, self._door.greet, self._has_taken,
        )  # fmt: skip
        line.serve(Answerer(self.gate, home, self.keyring, self.damages))
        line.on_nudge(self._on_nudge)

    def _make_loops(self) -> dict[str, Loop]:
        loops = [
            Loop("ledger", lambda: self._sequencer.step(self._clock()), SEQUENCE_S),
            Loop("index", self._shelves.follow if self.is_secretariat else self._shelves.erase, 1.0),
            Loop("directory", self._follow_directory, 1.0),
            Loop("courier", self._courier.go_round, 1.0),
            Loop("blobs", self._puller.go_round, 1.0),
            Loop("intake", self.consignments.go_round, 1.0),
            Loop("files", self._unless_locked(self.files.go_round), 1.0),
            Loop("alerts", self._tell_sources, 1.0),
            Loop("sessions", self._uses.write, TOUCH_S / 4),
            Loop("waiting", self._unless_locked(self.held.go_round), 1.0),
            Loop("care", self.caretaker.go_on, CARE_S),
        ]
        return {loop.name: loop for loop in loops}

    # Life

    def start(self) -> None:
        """Let background work run by itself."""
        for loop in self._loops.values():
            loop.start()

    def tick(self) -> None:
        """One step of all background work, in the caller's thread."""
        for name in (
            "directory", "waiting", "alerts", "courier", "blobs", "intake", "index", "files", "sessions", "ledger",
            "care",
        ):  # fmt: skip
            self._loops[name].once()

    def close(self, *, gracefully: bool = True) -> None:
        """Stop background work, place what is pending in the ledger, let go of the folder.

        Not gracefully, nothing more is written: that is how the simulator takes the power away.
        """
        self._courier.end()
        self._puller.end()
        self.files.end()
        for loop in self._loops.values():
            loop.end()
        self._workers.end()
        if gracefully:
            self._loops["ledger"].once()
        self._shelves.close(gracefully=gracefully)
        self._store.close()
        if gracefully:
            self._marker.remove()

    def unlock(self, passphrase: str) -> None:
        """Open the keys; UnavailableError where the passphrase is wrong, or was too often in the last minute."""
        if self._unlocking.count("", self._clock()) >= SIGN_IN_FAILURES_MAX:
            raise UnavailableError(_("Too many passphrases were tried."), where="keys", next_step=_("Wait a minute."))
        self.keyring.take_up(parse_keys(self.config.path(self.config.keys).read_bytes()))  # it may have been rotated
        self.keyring.unlock(passphrase)
        for loop in self._loops.values():
            loop.kick()

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

    @property
    def title(self) -> str:
        """The member's title and code; the code alone before a directory is known."""
        held = self.knowledge.held
        listing = held.find_member(self.config.code) if held else None
        return f"{listing.member.title} ({self.config.member})" if listing else self.config.member

    def state(self) -> StateLine:
        """What every page says of this node."""
        held = self.knowledge.held
        return StateLine(
            is_up=self._line.is_up,
            rtt_ms=self._line.rtt_ms,
            as_of=held.verified_at if held else None,
            freshness=held.judge(self._clock()).value if held else "none",
            checkpoint_at=self._ledger.checkpoint_at(),
            queued=self._store.read_rows(deliveries.count_queued),
        )

    def health(self) -> Health:
        """What is wrong and what to do."""
        held, refused, now = self.knowledge.held, self.knowledge.refused, self._clock()
        return judge_health(
            Vital(
                is_locked=self.keyring.is_locked,
                is_up=self._line.is_up,
                is_turned_away=self._line.is_turned_away,
                trouble=self._line.trouble,
                freshness=held.judge(now) if held else None,
                refused=refused.message if held and isinstance(refused, UntrustedError) else "",
                free_bytes=self._store.free_bytes,
                failing=tuple(loop.name for loop in self._loops.values() if self._is_failing(loop)),
                expiring=held.expiring(now) if held else (),
                in_force=self.knowledge.rulebook(),
                faults=tuple(f"{code}: {why}" for code, why in held.faults.items()) if held else (),
                damaged=self.damages.all(),
                aside=tuple((each.work, each.held) for each in self._asides() if each.held),
                indexes=self._shelves.troubles if self.is_secretariat else {},
            )
        )

    def _asides(self) -> tuple[Aside, ...]:
        works = (
            self._alerter, self._courier, self._puller, self.consignments, self.files, self._shelves, self._sequencer,
            self.held,
        )  # fmt: skip
        return tuple(work.aside for work in works)

    def _is_failing(self, loop: Loop) -> bool:
        # Without a line a bureau cannot acquire the directory: that is said as such already.
        return loop.is_failing and (loop.name != "directory" or self.is_secretariat)

    # Registers

    def check(
        self, session: Session, terms: Mapping[RegisterName, Mapping[str, str]], *, purpose: str, reference: str,
        unasked: Mapping[RegisterName, NotAsked] = MappingProxyType({}),
    ) -> Checked:  # fmt: skip
        """Ask about one document or person; ``unasked`` are the registers that cannot be, and why."""
        used = self.reference_for(purpose, reference)
        return self._asker.check(session, terms, purpose=purpose, reference=used, unasked=unasked)

    def read_record(self, session: Session, record: str, *, purpose: str, reference: str) -> Read:
        """Ask for the whole of one record that a hit named."""
        return self._asker.read(session, record, purpose=purpose, reference=self.reference_for(purpose, reference))

    def enter(self, session: Session, form: EntryForm) -> Entered:
        """Enter records of this member."""
        refused = self.officers.find_refusal(session, "record.enter")
        if refused is not None:
            return Entered(refused.verdict, refused.entry, None)
        return self._enterer.enter(session, form)

    def find_entered(self, session: Session, batch: BatchId) -> Entered:
        """What became of a batch; UnknownError where this bureau entered none of that name."""
        self.officers.verify_may(session, "record.enter", on=batch)
        return self._enterer.find(batch)

    def reference_for(self, purpose: str, reference: str) -> str:
        """The reference that an act goes by: for some purposes, a missing one is made from the shift."""
        given = reference.strip()
        is_made = not given and self.knowledge.rulebook().wording.is_from_shift(purpose)
        return self.shift_reference() if is_made else given

    def shift_reference(self) -> str:
        """The running shift: the date on which it began and its number, from 1."""
        return self.config.shift_at(self._clock())

    # The secretariat

    def set_standing(
        self, session: Session, member: str, channel: str, state: str, *, reason: str, reference: str,
        until_at: datetime | None,
    ) -> Outcome[Statement]:  # fmt: skip
        """Take or lift a measure; in force everywhere within a second of the act, wherever the line is up."""
        refused = self.officers.find_refusal(session, "standing.set", on=member)
        if refused is not None:
            return refused
        measure = parse_measure(self.knowledge.get_member(member), channel, state, reason, reference, until_at)
        outcome = self.gate.perform(SET, session, measure, on=member)
        self._loops["directory"].kick()
        return outcome

    def publish(self, session: Session, draft: bytes) -> Outcome[None]:
        """Publish a role that its holders signed; UntrustedError before the act for one that cannot be."""
        refused = self.officers.find_refusal(session, "directory.publish")
        if refused is not None:
            return refused
        self.knowledge.verify(draft)
        outcome = self.gate.perform(PUBLISH, session, draft)
        self._loops["directory"].kick()
        return outcome

    # Background

    def _on_nudge(self, data: bytes) -> None:
        self.knowledge.take_nudge(data)
        if not data:  # the line is back
            self._greeter.hasten()
            self._store.write_rows(partial(deliveries.hasten, now=self._clock()))
            self._store.write_rows(partial(blobs.hasten, now=self._clock()))
            self._loops["courier"].kick()
            self._loops["blobs"].kick()
        self._loops["directory"].kick()

    def _tell_sources(self) -> None:
        if self.is_secretariat and not self.keyring.is_locked and self._alerter.go_round():
            self._has_queued()

    def _unless_locked(self, work: Callable[[], object]) -> Callable[[], object]:
        """For what is signed, or lies in the safe."""
        return lambda: None if self.keyring.is_locked else work()

    def _hears(self, member: MemberCode) -> None:
        """A member that was away is there: what waits for it goes at once."""
        if self._courier.hears(member):
            self._store.write_rows(partial(deliveries.hasten, now=self._clock(), recipient=member))
            self._loops["courier"].kick()

    def _follow_directory(self) -> None:
        self.knowledge.go_round()
        if not self.keyring.is_locked:
            self._door.go_round(self._clock())
            self._greeter.go_round()
            self._stater.go_round(self.knowledge.held)

    def _has_taken(self, what: str) -> None:
        for loop in _TAKEN_UP_BY[what]:
            self._loops[loop].kick()
        self._has_moved()

    def _has_queued(self, name: str = "") -> None:
        if name:
            self._courier.hand_over(name)
        else:
            self._loops["courier"].kick()
        self._has_moved()

    def _has_made(self, work_for: str) -> None:
        self._loops[work_for].kick()
        self._has_moved()

    def _has_moved(self) -> None:
        self.revision += 1
