"""A simulated network: the rooms, gate, store and ledger of real nodes, on a line that is made of function calls.

Time stands still until it is turned, links are cut and mended, a node crashes at any commit boundary and comes back
from its folder; everything follows from a seed. Nothing in it sleeps, and nothing of the program is replaced but the
line, the clock and the source of randomness.
"""

import copy
import random
import shutil
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from comity.act import Session
from comity.config import Config
from comity.door import make_door, pass_file
from comity.errors import TooLargeError
from comity.founding import Founder, Founding
from comity.ids import MemberCode, RegisterName
from comity.keyring import Keyring
from comity.limits import FRAME_BYTES
from comity.members.keys import parse_keys
from comity.node import Node
from comity.peer.asking import Checked
from comity.peer.connection import Broker
from comity.peer.entering import Entered, EntryForm
from comity.peer.line import Accept, NoAnswer, Silence, anything
from comity.private import keep_private
from comity.rules.rulebook import Rulebook
from comity.store.transactions import nothing
from comity.texts import _
from comity.tiles.reading import PAGE_MAX, EntryRow, ListWanted

START: Final = datetime(2026, 11, 23, 14, 32, 7, tzinfo=UTC)
DOCUMENTS: Final = RegisterName("travel-documents")

CAST: Final = (
    Founder(code="LT", title="Lithuania", countries=("LTU",), desk="+370 0 0000000", time_zone="Europe/Vilnius"),
    Founder(code="FR", title="France", countries=("FRA",), desk="+33 4 0000 0000", time_zone="Europe/Paris"),
    Founder(code="BR", title="Brazil", countries=("BRA",), desk="+55 00 0000 0000", time_zone="America/Sao_Paulo"),
    Founder(code="XX", title="Outland", countries=("XXA",), desk="+00 0000"),
    Founder(code="DESK", title="Duty desk of the General Secretariat", desk="+33 0 0000 0001"),
)
"""LT asks, FR owns, BR may see, XX is the outsider who must see nothing; the duty desk comes where it is asked for."""

SECRETARIAT: Final = Founder(code="GS", title="General Secretariat", desk="+33 0 0000 0000")


Result = TypeVar("Result")


class Crash(BaseException):
    """The power went. Nothing catches it but whoever pulled the plug."""


class SimulatedLine:
    """One member's end of the network's lines."""

    def __init__(self, network: "Network", member: MemberCode) -> None:
        self._network = network
        self._member = member
        self._answer: Callable[[MemberCode, bytes], bytes] | None = None
        self._on_nudge: Callable[[bytes], None] = lambda _data: None

    def ask(self, to: MemberCode, data: bytes, deadline_s: float, accept: Accept = anything) -> bytes | NoAnswer:
        """Put a question; the traffic passes the network's ``meddle``, which may change or drop it."""
        if len(data) > FRAME_BYTES:
            raise TooLargeError(_("A question has at most {most} bytes.").format(most=FRAME_BYTES), where="question")
        if self._network.is_cut(self._member):
            return NoAnswer(to, Silence.LINE_DOWN)
        return self._network.carry(self._member, to, data, deadline_s, accept)

    def serve(self, answer: Callable[[MemberCode, bytes], bytes]) -> None:
        """Answer others' questions."""
        self._answer = answer

    def answer(self, asker: MemberCode, data: bytes) -> bytes:
        """What this end's node says to a question."""
        if self._answer is None:
            raise TypeError("This end serves nobody.")
        return self._answer(asker, data)

    def nudge(self, data: bytes) -> None:
        """Tell everybody whose line is up."""
        self._network.spread(data)

    def on_nudge(self, callback: Callable[[bytes], None]) -> None:
        """Hear nudges."""
        self._on_nudge = callback

    def hear(self, data: bytes) -> None:
        """A nudge arrives."""
        self._on_nudge(data)

    @property
    def is_up(self) -> bool:
        """Whether the line is not cut."""
        return not self._network.is_cut(self._member)

    @property
    def is_turned_away(self) -> bool:
        """There is no broker here that could."""
        return False

    @property
    def trouble(self) -> str:
        """A cut needs no words."""
        return ""

    @property
    def rtt_ms(self) -> float | None:
        """Nothing is measured where time stands still."""
        return 0.0 if self.is_up else None


class Network:
    """A network of ``members`` of the cast, ``also`` others, and the secretariat, in ``folder``, under ``rulebook``.

    ``nodes`` has the running ones. ``meddle`` sees every question and answer on its way, as (from, to, bytes), and
    gives what arrives, or None for nothing. ``slip_in`` gives what else arrives as answers to a question (asker, to,
    bytes), ahead of the right one. ``boundaries`` has what a node's commit boundaries call.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: int = 1,
        members: Iterable[str] = ("LT", "FR", "BR", "XX"),
        also: Iterable[Founder] = (),
        like: "Network | None" = None,
        rulebook: Rulebook | None = None,
    ) -> None:
        """Found it and let it settle; or begin where the closed network ``like`` ended, from a copy of its folders."""
        keep_private()
        self.now: datetime = like.now if like else START
        self.meddle: Callable[[str, str, bytes], bytes | None] = lambda _from, _to, data: data
        self.slip_in: Callable[[str, str, bytes], Iterable[bytes]] = lambda _asker, _to, _data: ()
        self.boundaries: dict[str, Callable[[str], None]] = {}
        self.nodes: dict[str, Node] = {}
        self._random = random.Random(seed)  # noqa: S311 - that it can be repeated is the point
        self._cut: set[str] = set()
        self._lines: dict[str, SimulatedLine] = {}
        self.founding: Founding = (
            _copy(like.founding, folder) if like else self._found(folder, set(members), also, rulebook)
        )
        for code in self.founding.passphrases:
            self.start(code)
        self.settle()

    def _found(
        self, folder: Path, members: set[str], also: Iterable[Founder], rulebook: Rulebook | None
    ) -> Founding:  # fmt: skip
        founding = Founding(
            folder, "simulation", SECRETARIAT, now=self.now, entropy=self.entropy, profile="test", rulebook=rulebook
        )
        for founder in (*(each for each in CAST if each.code in members), *also):
            founding.join(founder)
        founding.publish()
        return founding

    # Its world

    def entropy(self, count: int) -> bytes:
        """Random bytes that follow from the seed."""
        return self._random.randbytes(count)

    def turn(self, seconds: float) -> None:
        """Let time pass, and every node do its background work once."""
        self.now += timedelta(seconds=seconds)
        self.settle()

    def settle(self, rounds: int = 2) -> None:
        """Let every running node do its background work, so that news arrive."""
        for _round in range(rounds):
            for code in tuple(self.nodes):
                self.survive(code, lambda node: node.tick())

    def survive(self, code: str, do: Callable[[Node], Result]) -> Result | None:
        """What a node does; None if it does not run, or crashed in the middle and lies there without power now."""
        if code not in self.nodes:
            return None
        try:
            return do(self.nodes[code])
        except Crash:
            self.stop(code, gracefully=False)
            return None

    def cut(self, *members: str) -> None:
        """Cut lines."""
        self._cut.update(members)

    def mend(self, *members: str) -> None:
        """Mend lines; each end hears that anything may be new."""
        self._cut.difference_update(members)
        for member in members:
            if member in self.nodes:
                self._lines[member].hear(b"")

    def is_cut(self, member: str) -> bool:
        """Whether a member's line is cut."""
        return member in self._cut

    def carry(
        self, asker: MemberCode, to: MemberCode, data: bytes, deadline_s: float, accept: Accept = anything
    ) -> bytes | NoAnswer:
        """Bring a question to its node and the answer back; what ``accept`` does not take ends no wait."""
        for slipped in self.slip_in(asker, to, data):
            if accept(slipped):
                return slipped
        if to not in self.nodes or self.is_cut(to):
            return NoAnswer(to, Silence.NOT_LISTENING)
        arrived = self.meddle(asker, to, data)
        if arrived is None:
            return self._too_late(to, deadline_s)
        try:
            answer = self._lines[to].answer(asker, arrived)
        except Crash:
            self.stop(to, gracefully=False)
            return self._too_late(to, deadline_s)
        except Exception:  # noqa: BLE001 - as on the real line: the asker hears that the other side failed
            return NoAnswer(to, Silence.FAILED)
        returned = self.meddle(to, asker, answer)
        return self._too_late(to, deadline_s) if returned is None or not accept(returned) else returned

    def spread(self, data: bytes) -> None:
        """Bring a nudge to every node whose line is up."""
        for member, line in tuple(self._lines.items()):
            if member in self.nodes and not self.is_cut(member):
                line.hear(data)

    def _too_late(self, to: MemberCode, deadline_s: float) -> NoAnswer:
        self.now += timedelta(seconds=deadline_s)
        return NoAnswer(to, Silence.TOO_LATE)

    # Its nodes

    def start(self, code: str, *, locked: bool = False, **changed: object) -> Node:
        """Start a node from its folder, keys unlocked unless said else, with a configuration ``changed``."""
        config = msgspec.structs.replace(self.founding.config(code), **changed)
        line = self._lines[code] = SimulatedLine(self, MemberCode(code))
        keyring = self._keyring(config, code, locked=locked)
        passes = pass_file(config, keyring)
        node = Node(
            config,
            keyring,
            line,
            clock=lambda: self.now,
            entropy=self.entropy,
            own_threads=False,
            boundary=partial(self._pass, code),
            profile="test",
            passes=passes,
            door=make_door(config, keyring, lambda: Broker(tuple, b""), passes),
        )
        self.nodes[code] = node
        return node

    def stop(self, code: str, *, gracefully: bool = True) -> None:
        """Stop a node; not gracefully, it does nothing any more, like a machine without power."""
        node = self.nodes.pop(code)
        node.close(gracefully=gracefully)

    def close(self) -> None:
        """Stop every node."""
        for code in tuple(self.nodes):
            self.stop(code)

    def ledger(self, code: str, kind: str = "") -> tuple[EntryRow, ...]:
        """What stands in a member's ledger once its node has placed everything, the oldest first."""
        node = self.nodes[code]
        node.tick()
        reader = node._ledger  # noqa: SLF001 - not through the gate, so that looking leaves no entry
        return tuple(reversed(reader.list(ListWanted(most=PAGE_MAX, kind=kind)).entries))

    def officer(self, code: str, name: str, *roles: str) -> Session:
        """An officer of a member, signed in."""
        node = self.nodes[code]
        password = node.officers.give(name, name.title(), roles)
        return Session(node.officers.sign_in(name, password).given)

    def check(self, session: Session, number: str, country: str, *, at: str = "LT", **more: str) -> Checked:
        """A check by an officer of ``at``; for a purpose whose reference the shift gives, where none is named."""
        terms = {DOCUMENTS: {"number": number, "country": country}}
        purposes = self.nodes[at].knowledge.rulebook().wording.purposes
        from_shift = next((each.code for each in purposes if each.reference == "shift"), "")
        purpose = more.get("purpose", from_shift)
        return self.nodes[at].asker.check(session, terms, purpose=purpose, reference=more.get("reference", ""))

    def enter(self, session: Session, *numbers: str, at: str = "FR", country: str = "FRA", **more: str) -> Entered:
        """Stolen blank passports, entered by an officer of ``at``; the secretariat takes them where the line is up."""
        records = [
            {"number": number, "country": country, "type": "passport", "loss": "stolen-blank"} for number in numbers
        ]
        form = EntryForm(register=DOCUMENTS, records=records, is_lawful=True, audience=more.get("audience", "all"))
        entered = self.nodes[at].records.enter(session, form)
        self.settle()
        return entered

    def _pass(self, code: str, step: str) -> None:
        self.boundaries.get(code, nothing)(step)

    def _keyring(self, config: Config, code: str, *, locked: bool) -> Keyring:
        keyring = Keyring(parse_keys(config.path(config.keys).read_bytes()))
        if not locked:
            keyring.unlock(self.founding.passphrases[code])
        return keyring


def _copy(founding: Founding, folder: Path) -> Founding:
    shutil.copytree(founding.folder, folder, dirs_exist_ok=True)
    moved = copy.copy(founding)
    moved.folder = folder
    return moved


def crash_at(number: int) -> Callable[[str], None]:
    """A boundary that pulls the plug at its ``number``-th step, counted from 1."""
    left = [number]

    def boundary(_name: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    return boundary
