"""The one gate: what is not committed is not released, what is refused is on the record, and nobody gets past."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from comity.act import Act, Actor, Credential, Due, Nobody
from comity.errors import HeldError, MalformedError, UnauthenticatedError, UnavailableError
from comity.gate import Decision, EntryContent, Gate, GivesTo, NothingToSee, content_of, done, parse_content
from comity.holding import Holding
from comity.ids import MemberCode, OfficerId
from comity.kind import Kind
from comity.ledger.entry import Entry
from comity.rules.facts import Facts
from comity.rules.in_force import InForce
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook
from comity.rules.verdict import Verdict
from comity.safe import Safe
from comity.waiting import ActHeld, ActPutOff, DueTaken, HeldAct, HeldMoved, HeldState

NOW = datetime(2026, 11, 23, 14, 32, 7, tzinfo=UTC)
LT = MemberCode("LT")
BOOK = Rulebook(1, "test", "1", (
    Rule("T-1", "t", "Officers may.", "ground", ("thing.do", "thing.see", "thing.keep"), "is_officer"),
    Rule("T-2", "t", "Two others agree.", "hold", ("thing.keep", "thing.see"), "is_secretariat", {"releases": 2.0}),
))  # fmt: skip
BY = Nobody(OfficerId("ruta"))
T = TypeVar("T")


class Unit:
    def __init__(self) -> None:
        self.changes: list[Any] = []
        self.entries: list[Entry] = []

    def apply(self, change: Any) -> None:
        if change == "impossible":
            raise ValueError(change)
        self.changes.append(change)

    def record(self, entry: Entry) -> None:
        self.entries.append(entry)

    def find_held(self, name: str) -> HeldAct | None:
        del name
        return None

    def find_waiting(self, mark: str) -> HeldAct | None:
        return next((each.held for each in self.changes if isinstance(each, ActHeld) and each.held.mark == mark), None)


class Memory:
    """A store that keeps what was committed, and can be full."""

    def __init__(self) -> None:
        self.committed: list[Unit] = []
        self.reads = 0
        self.is_full = False

    def change(self, work: Callable[[Unit], T]) -> T:
        unit = Unit()
        result = work(unit)
        if self.is_full:
            raise UnavailableError("The disk is full.")
        self.committed.append(unit)
        return result

    def read(self, work: Callable[[Unit], T]) -> T:
        self.reads += 1
        return self.change(work)


DO, SEE, UNDO, BURN, KEEP = (Kind[None, str](f"thing.{verb}", None) for verb in ("do", "see", "undo", "burn", "keep"))


class Doing(NothingToSee):
    changes = True
    gives_to: GivesTo = "officer"

    def __init__(self, *changes: str) -> None:
        self.made = changes
        self.released: list[str] = []

    def facts(self, act: Act[None], seen: None) -> Facts:
        del seen
        return Facts(kind=act.kind, actor="officer" if act.actor.proven else "nobody", is_proven=act.actor.proven)

    def decide(self, act: Act[None], verdict: Verdict, seen: None) -> Decision[str]:
        del act, seen
        if not verdict.is_allowed:
            return Decision(changes=("counted",))
        return Decision(release=lambda entry: self.released.append(entry) or entry, changes=self.made)


def gate(handler: Doing, memory: Memory, *, proven: bool = True) -> Gate[Unit]:
    def authenticate(by: Credential, unit: Unit, now: datetime) -> Actor:
        del unit, now
        if isinstance(by, Due):
            return by.actor
        if by != BY:
            raise UnauthenticatedError("Nobody is signed in.")
        return Actor(LT, "ruta", ("inspector",), proven=proven)

    return Gate(
        [done(kind, handler) for kind in (DO, SEE, UNDO, KEEP)],
        memory,
        authenticate=authenticate,
        rulebook=lambda: InForce(BOOK),
        clock=lambda: NOW,
        entropy=bytes,
        holding=Holding(Safe(lambda: bytes(32), bytes), LT),
    )


def test_an_act_is_committed_with_its_entry_before_it_is_released() -> None:
    handler, memory = Doing("a", "b"), Memory()
    outcome = gate(handler, memory).perform(DO, BY, None)
    assert [unit.changes for unit in memory.committed] == [["a", "b"]]
    assert [entry.id for entry in memory.committed[0].entries] == [outcome.entry] == handler.released


def test_what_is_not_committed_is_not_released() -> None:
    handler, memory = Doing("a"), Memory()
    memory.is_full = True
    with pytest.raises(UnavailableError):
        gate(handler, memory).perform(DO, BY, None)
    assert handler.released == []
    assert memory.committed == []


def test_a_change_that_fails_takes_the_act_with_it() -> None:
    handler, memory = Doing("a", "impossible"), Memory()
    with pytest.raises(ValueError, match="impossible"):
        gate(handler, memory).perform(DO, BY, None)
    assert memory.committed == []
    assert handler.released == []


def test_a_refusal_is_on_the_record_and_may_change_what_its_room_says() -> None:
    handler, memory = Doing("a"), Memory()
    outcome = gate(handler, memory, proven=False).perform(DO, BY, None)
    assert (outcome.verdict.outcome, outcome.verdict.rules, outcome.release) == ("refused", ("T-1",), None)
    assert memory.committed[0].changes == ["counted"]
    content = parse_content(memory.committed[0].entries[0].content)
    assert (content.verdict, content.rules, content.rulebook) == ("refused", ("T-1",), BOOK.hash)


def test_an_act_that_no_rule_speaks_about_is_refused_and_recorded() -> None:
    memory = Memory()
    outcome = gate(Doing("a"), memory).perform(UNDO, BY, None)
    assert (outcome.verdict.outcome, outcome.verdict.rules) == ("refused", ())
    assert len(memory.committed[0].entries) == 1


def test_an_act_that_no_room_registered_does_not_exist() -> None:
    memory = Memory()
    with pytest.raises(KeyError):
        gate(Doing(), memory).perform(BURN, BY, None)
    assert memory.committed == []


def test_where_nobody_is_signed_in_nobody_acted() -> None:
    memory = Memory()
    with pytest.raises(UnauthenticatedError):
        gate(Doing(), memory).perform(DO, Nobody(OfficerId("eve")), None)
    assert memory.committed == []


class Seeing(Doing):
    changes = False


def test_reads_run_beside_others() -> None:
    memory = Memory()
    gate(Seeing(), memory).perform(SEE, BY, None)
    assert memory.reads == 1
    assert len(memory.committed[0].entries) == 1


def test_what_is_held_is_kept_whole_and_nothing_of_it_is_done() -> None:
    handler, memory = Doing("a"), Memory()
    outcome = gate(handler, memory).perform(KEEP, BY, None, on="this", purpose="warn", reference="case 7")
    assert (outcome.verdict.outcome, outcome.verdict.rules, outcome.release) == ("held", ("T-2",), None)
    assert outcome.held == outcome.entry
    kept, end = memory.committed[0].changes
    assert isinstance(kept, ActHeld)
    assert (kept.held.releases, kept.held.id, kept.held.ends_at) == (2, outcome.entry, NOW + timedelta(days=7))
    act = kept.held.act
    assert (act.kind, act.actor.officer, act.on, act.purpose, act.reference) == (
        "thing.keep", "ruta", "this", "warn", "case 7"
    )  # fmt: skip
    assert isinstance(end, ActPutOff)
    assert (end.act.kind, end.at) == ("held.end", kept.held.ends_at)
    assert handler.released == []
    with pytest.raises(HeldError):
        _ = outcome.given


def test_what_changes_nothing_cannot_wait_and_is_refused() -> None:
    memory = Memory()
    outcome = gate(Seeing(), memory).perform(SEE, BY, None)
    assert (outcome.verdict.outcome, outcome.verdict.rules) == ("refused", ("T-2",))
    assert memory.committed[0].changes == ["counted"]


@pytest.mark.parametrize(("releases", "is_done"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_held_act_is_done_once_enough_have_released_it(releases: int, *, is_done: bool) -> None:
    handler, memory = Doing("a"), Memory()
    by = Due(7, Actor(LT, "ruta", ("inspector",), proven=True), "f" * 64, releases)
    outcome = gate(handler, memory).perform(KEEP, by, None)
    changes = memory.committed[0].changes
    assert changes[0] == DueTaken(7)
    moved = [each for each in changes if isinstance(each, HeldMoved)]
    assert [(each.of, each.state) for each in moved] == [
        ("f" * 64, HeldState.PERFORMED if is_done else HeldState.WAITING)
    ]
    assert ("a" in changes, outcome.verdict.is_allowed, handler.released == [outcome.entry]) == (is_done,) * 3


def test_the_bytes_of_an_entrys_content_are_pinned() -> None:
    actor = Actor(LT, "ruta", ("inspector",), proven=True)
    act = Act("query.ask", actor, NOW, None, "on", "border-control", "shift 2026-11-23/2")
    verdict = Verdict("refused", ("RPD-10.1",), "ab" * 32)
    assert content_of(act, verdict, {"count": 1}) == (
        b'{"v":1,"kind":"query.ask","member":"LT","verdict":"refused","rules":["RPD-10.1"],"rulebook":"'
        + b"ab" * 32
        + b'","officer":"ruta","roles":["inspector"],"on":"on","purpose":"border-control",'
        b'"reference":"shift 2026-11-23/2","detail":{"count":1}}'
    )


def test_content_reads_back() -> None:
    act = Act("query.answer", Actor(LT), NOW, None)
    content = parse_content(content_of(act, Verdict("allowed", (), ""), {}))
    assert content == EntryContent(1, "query.answer", "LT", "allowed", (), "")
    with pytest.raises(MalformedError):
        parse_content(b"no content")
