"""Acts that the rulebook holds: kept whole, released by others, performed once, or over."""

import sqlite3
from datetime import timedelta

import pytest

from comity.act import Session
from comity.damage import DamagedError
from comity.errors import HeldError, UnknownError
from comity.gate import Outcome
from comity.ids import RecordId
from comity.members.held import HeldPage, HeldWanted
from comity.peer.consigning import Change
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.testing import Network, crash_at
from comity.waiting import HeldAct, HeldState
from tests.scenarios.soak import often
from tests.scenarios.test_consignments import consign, found, kept_files, numbers, records

CAST = ("LT", "FR")
COUNT = 10
DAY_S = 86_400


@pytest.fixture(autouse=True)
def small_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three records to a lot."""
    monkeypatch.setattr("comity.peer.packing.LOT_RECORDS_MAX", 3)


@pytest.fixture
def entered(network: Network) -> list[str]:
    """Ten records of FR, findable."""
    assert consign(network, *numbers(COUNT)) is not None
    network.settle(4)
    return found(network, *numbers(COUNT))


def take_out(network: Network, removed: list[str], *added: str, by: str = "claire") -> Outcome[str]:
    """A change by a registrar of FR: some go out, some come in."""
    officer = network.officer("FR", by, "registrar")
    consignments = network.nodes["FR"].consignments
    packed = consignments.pack(TRAVEL_DOCUMENTS, records(network, *added))
    return consignments.consign(
        officer, Change(TRAVEL_DOCUMENTS, packed, tuple(map(RecordId, removed)), is_lawful=True)
    )


def henri(network: Network) -> Session:
    """A second registrar."""
    return network.officer("FR", "henri", "registrar")


def listed(network: Network, by: Session, *, is_open: bool = True) -> HeldPage:
    return network.nodes["FR"].held.list(by, HeldWanted(is_open)).given


def held(network: Network) -> list[HeldAct]:
    return [each.held for each in listed(network, henri(network)).acts]


def change_row(network: Network, table: str, column: str, value: object) -> None:
    """A row of FR's database that is damaged."""
    network.stop("FR")
    with sqlite3.connect(network.founding.config("FR").path("data") / "node.db") as database:
        assert database.execute(f"update {table} set {column} = ?", (value,)).rowcount == 1  # noqa: S608 - of this file
    database.close()
    network.start("FR")


def state(network: Network, name: str) -> HeldState:
    return network.nodes["FR"].held.show(henri(network), name).given.held.state


def test_a_few_go_out_at_once(network: Network, entered: list[str]) -> None:
    outcome = take_out(network, entered[:2])
    assert (outcome.verdict.outcome, outcome.held) == ("allowed", "")
    assert held(network) == []


def test_more_go_out_once_a_second_registrar_has_released_it(network: Network, entered: list[str]) -> None:
    outcome = take_out(network, entered[:5], "19AC90001")
    assert (outcome.verdict.outcome, outcome.verdict.rules, outcome.release) == ("held", ("CTY-5.6",), None)
    with pytest.raises(HeldError) as error:
        _ = outcome.given
    assert (error.value.held, error.value.rules) == (outcome.entry, ("CTY-5.6",))
    network.settle(4)
    assert found(network, *numbers(COUNT)) == entered, "nothing is done yet"
    [waiting] = held(network)
    assert (waiting.id, waiting.act.kind, waiting.act.actor.officer) == (outcome.entry, "record.consign", "claire")
    released = network.nodes["FR"].held.release(henri(network), outcome.entry[:16], "Checked with the ministry.")
    assert released.given == 0
    network.settle(5)
    assert len(found(network, *numbers(COUNT))) == COUNT - 5
    assert len(found(network, "19AC90001")) == 1
    assert (held(network), state(network, outcome.entry)) == ([], HeldState.PERFORMED)
    performed = [row.content for row in network.ledger("FR", "record.consign")][-1]
    assert performed is not None
    assert (performed.verdict, performed.officer, performed.detail["held"]) == ("allowed", "claire", outcome.entry)


def test_the_same_change_again_is_the_same_held_act(network: Network, entered: list[str]) -> None:
    first, second = take_out(network, entered[:5]), take_out(network, entered[:5])
    assert (second.verdict.outcome, second.held) == ("held", first.held)
    assert len(held(network)) == 1


@pytest.mark.parametrize(
    ("who", "role", "rules"),
    [
        ("claire", "registrar", ("CTY-5.2",)),
        ("ivan", "inspector", ("CTY-5.1",)),
        ("denise", "desk", ("CTY-5.1",)),
        ("denis", "duty", ("CTY-5.1",)),
    ],
)
def test_nobody_releases_an_own_act_or_one_that_is_not_theirs_to_do(
    network: Network, entered: list[str], who: str, role: str, rules: tuple[str, ...]
) -> None:
    name = take_out(network, entered[:5]).held
    outcome = network.nodes["FR"].held.release(network.officer("FR", who, role), name, "Seen.")
    network.settle(4)
    assert (outcome.verdict.outcome, outcome.verdict.rules, outcome.release) == ("refused", rules, None)
    assert found(network, *numbers(COUNT)) == entered


def test_what_is_over_is_not_released(network: Network, entered: list[str]) -> None:
    node, name = network.nodes["FR"], take_out(network, entered[:5]).held
    assert node.held.refuse(henri(network), name, "Too many.").verdict.is_allowed
    outcome = node.held.release(network.officer("FR", "odile", "registrar"), name, "Seen.")
    assert outcome.verdict.rules == ("CTY-5.4",)
    assert state(network, name) is HeldState.REFUSED
    with pytest.raises(UnknownError):
        node.held.release(henri(network), "f" * 64, "Seen.")


def test_whoever_is_not_wanted_any_more_takes_nothing_out(network: Network, entered: list[str]) -> None:
    """The author's standing falls while the act waits: released, it is refused."""
    name = take_out(network, entered[:5]).held
    node, ada = network.nodes["FR"], network.officer("FR", "ada", "administrator")
    assert node.officers.disable(ada, "claire").given
    assert node.held.release(henri(network), name, "Seen.").given == 0
    network.settle(4)
    assert state(network, name) is HeldState.FAILED
    assert found(network, *numbers(COUNT)) == entered


@pytest.mark.parametrize("end", ["refused", "taken back", "not released in time"])
def test_of_an_act_that_is_over_nothing_stays_on_the_disk(network: Network, entered: list[str], end: str) -> None:
    before = kept_files(network, "FR")
    name = take_out(network, entered[:5], *numbers(4, first=900)).held
    assert kept_files(network, "FR") == before + 4
    network.stop("FR", gracefully=False)
    network.start("FR")
    assert kept_files(network, "FR") == before + 4, "what a held act speaks of is kept"
    node = network.nodes["FR"]
    if end == "not released in time":
        network.turn(8 * DAY_S)
        assert state(network, name) is HeldState.ENDED
    else:
        officer = henri(network) if end == "refused" else network.officer("FR", "claire", "registrar")
        assert node.held.refuse(officer, name, "Not so.").verdict.is_allowed
    assert kept_files(network, "FR") == before


def test_after_its_time_an_act_is_not_released(network: Network, entered: list[str]) -> None:
    name = take_out(network, entered[:5]).held
    network.now += timedelta(days=8)
    outcome = network.nodes["FR"].held.release(henri(network), name, "Seen.")
    assert outcome.verdict.rules == ("CTY-5.5",)


@pytest.mark.parametrize("number", often(range(1, 40, 8), range(1, 40)))
def test_wherever_the_power_goes_a_released_act_is_performed_once(network: Network, number: int) -> None:
    assert consign(network, *numbers(COUNT)) is not None
    network.settle(4)
    there = found(network, *numbers(COUNT))
    name = take_out(network, there[:5]).held
    second = henri(network)
    network.boundaries["FR"] = crash_at(number)
    network.survive("FR", lambda node: node.held.release(second, name, "Seen."))
    network.settle(3)
    network.boundaries.pop("FR")
    if "FR" not in network.nodes:
        network.start("FR")
    network.settle(3)
    if state(network, name) is HeldState.WAITING:  # the word was lost with the power, and is said again
        assert network.nodes["FR"].held.release(henri(network), name, "Seen.").given == 0
    network.settle(6)
    assert state(network, name) is HeldState.PERFORMED
    assert len(found(network, *numbers(COUNT))) == COUNT - 5
    performed = [row for row in network.ledger("FR", "record.consign") if row.content and "held" in row.content.detail]
    assert len(performed) == 1


def test_a_list_is_cut_after_what_concerns_an_officer_and_says_so(
    network: Network, entered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comity.members.held.HELD_PAGE_MAX", 2)
    names = [take_out(network, entered[:5], number).held for number in numbers(3, first=900)]
    page = listed(network, henri(network))
    assert [each.held.id for each in page.acts] == names[:0:-1]
    assert page.older is not None
    last = network.nodes["FR"].held.list(henri(network), HeldWanted(before=page.older)).given
    assert ([each.held.id for each in last.acts], last.older) == (names[:1], None)
    [(_row, oldest)] = network.nodes["FR"]._store.read(
        lambda unit: unit.list_held(is_open=True, concerns=lambda held: held.id == names[0], before=0, most=1)
    )
    assert isinstance(oldest, HeldAct)
    assert oldest.id == names[0], "newer acts that do not concern an officer hide none that does"
    assert listed(network, network.officer("FR", "denise", "desk")).acts == ()


@pytest.mark.parametrize(
    ("column", "value"), [("state", "waiting?"), ("actor", b"{}"), ("held_at", "soon"), ("about", b"\xff")]
)
def test_a_damaged_held_act_is_named_and_never_called_none(
    network: Network, entered: list[str], column: str, value: object
) -> None:
    name = take_out(network, entered[:5]).held
    change_row(network, "held_act", column, value)
    node, by = network.nodes["FR"], henri(network)
    page = listed(network, by)
    assert (page.acts, [(each.kind, each.name) for each in page.damaged]) == ((), [("held", name)])
    for say in (node.held.release, node.held.refuse):
        with pytest.raises(DamagedError):
            say(by, name, "Seen.")
    network.turn(8 * DAY_S)
    network.turn(1)
    assert "damaged-held" in {each.code for each in node.health().problems}
    assert found(network, *numbers(COUNT)) == entered


def test_a_held_act_whose_body_was_changed_is_named_and_not_performed(network: Network, entered: list[str]) -> None:
    name = take_out(network, entered[:5]).held
    change_row(network, "held_act", "body", b"\0" * 100)
    for _round in range(3):
        network.turn(61)
    assert [(each.kind, each.name) for each in network.nodes["FR"].damages.all()] == [("held", name)]


def test_a_word_that_cannot_be_read_is_named_and_releases_nothing(network: Network, entered: list[str]) -> None:
    name = take_out(network, entered[:5]).held
    network.nodes["FR"].held.refuse(henri(network), name, "Not so.")
    change_row(network, "held_word", "at", "soon")
    for _round in range(3):
        network.turn(61)
    assert [(each.kind, each.name) for each in network.nodes["FR"].damages.all()] == [("held", name)]
    assert state(network, name) is HeldState.REFUSED


def look_after(network: Network) -> None:
    for _round in range(2):
        network.turn(61)
        network.nodes["FR"].caretaker.check_all()


def damaged(network: Network) -> list[tuple[str, str]]:
    return [(each.kind, each.name) for each in network.nodes["FR"].damages.all()]


def rows_of(network: Network, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(network.founding.config("FR").path("data") / "node.db") as database:
        found = database.execute(query).fetchall()
    database.close()
    return found


@pytest.mark.parametrize(
    ("column", "before", "after"),
    [
        ("actor", b"claire", b"clairf"),
        ("about", b'"seal"', b'"sebl"'),
        ("body", b"held-v2", b"held-v3"),
        ("kind", "record.consign", "record.consigo"),
        ("rules", "CTY-5.6", "CTY-5.7"),
        ("ends_at", None, 86_400),
        ("held_at", None, 86_400),
        ("releases", None, -1),
        ("names", "0", "1"),
        ("mark", "0", "1"),
    ],
)
def test_of_a_held_act_whose_row_was_changed_nothing_is_done(
    network: Network, entered: list[str], column: str, before: str | bytes | None, after: str | bytes | int
) -> None:
    name = take_out(network, entered[:5], "19AC90001").held
    [(value,)] = rows_of(network, f"select {column} from held_act")  # noqa: S608 - of this file
    changed = value + after if before is None else value.replace(before, after)  # type: ignore[operator,attr-defined]
    assert changed != value
    change_row(network, "held_act", column, changed)
    node = network.nodes["FR"]
    for by in (network.officer("FR", "claire", "registrar"), henri(network)):
        assert [each.name for each in listed(network, by).damaged] == [name]
        for say in (node.held.release, node.held.refuse):
            with pytest.raises(DamagedError):
                say(by, name, "Seen.")
    look_after(network)
    assert ("held", name) in damaged(network)
    assert found(network, *numbers(COUNT)) == entered


def test_an_act_that_was_held_before_rows_were_sealed_is_released(network: Network, entered: list[str]) -> None:
    name = take_out(network, entered[:5]).held
    node = network.nodes["FR"]
    holding = node._kept.holding
    kept = node._store.read(lambda unit: unit.find_held(name))
    assert kept is not None
    old = holding._safe.seal(holding._unseal(kept.act), kept.act.kind)
    change_row(network, "held_act", "body", old)
    [(about,)] = rows_of(network, "select about from held_act")
    assert isinstance(about, bytes)
    change_row(network, "held_act", "about", about.replace(f',"seal":"{kept.seal}"'.encode(), b""))
    look_after(network)
    assert damaged(network) == []
    assert network.nodes["FR"].held.release(henri(network), name, "Seen.").given == 0
    assert state(network, name) is HeldState.PERFORMED


def test_a_held_act_whose_end_was_put_far_off_ends_in_time(network: Network, entered: list[str]) -> None:
    name = take_out(network, entered[:5]).held
    change_row(network, "due_act", "at", 4e9)
    look_after(network)
    network.turn(8 * DAY_S)
    assert state(network, name) is HeldState.ENDED


def released_and_cut_off(network: Network, entered: list[str]) -> str:
    """A held act that was released, and the power went before it was performed."""
    name = take_out(network, entered[:5]).held
    second = henri(network)
    network.boundaries["FR"] = crash_at(2)
    network.survive("FR", lambda node: node.held.release(second, name, "Seen."))
    network.boundaries.pop("FR")
    if "FR" in network.nodes:
        network.stop("FR", gracefully=False)
    assert rows_of(network, "select state from held_act") == [("released",)]
    return name


@pytest.mark.parametrize(
    ("column", "value", "is_said"),
    [
        ("at", 4e9, False), ("at", "soon", False), ("held", "f" * 64, True),
        ("kind", "record.consigo", True), ("actor", b"{}", True), ("body", b"\0", True), ("names", "none", True),
    ],
)  # fmt: skip
def test_a_released_act_is_performed_once_whatever_its_due_row_says(
    network: Network, entered: list[str], column: str, value: object, *, is_said: bool
) -> None:
    name = released_and_cut_off(network, entered)
    with sqlite3.connect(network.founding.config("FR").path("data") / "node.db") as database:
        query = f"update due_act set {column} = ? where kind = 'record.consign'"  # noqa: S608 - of this file
        assert database.execute(query, (value,)).rowcount == 1
    database.close()
    node = network.start("FR")
    if is_said:
        node.caretaker.check_all()
        assert ("held", name) in damaged(network)
    for _round in range(4):
        network.settle(2)
        look_after(network)
    assert state(network, name) is HeldState.PERFORMED
    assert len(found(network, *numbers(COUNT))) == COUNT - 5
    performed = [row for row in network.ledger("FR", "record.consign") if row.content and "held" in row.content.detail]
    assert len(performed) == 1
    assert (damaged(network), rows_of(network, "select kind from due_act where held != ''")) == ([], [])


def test_what_counts_as_released_without_enough_words_is_named_and_not_done(
    network: Network, entered: list[str]
) -> None:
    name = take_out(network, entered[:5]).held
    change_row(network, "held_act", "state", "released")
    look_after(network)
    assert ("held", name) in damaged(network)
    assert found(network, *numbers(COUNT)) == entered


def test_a_word_in_another_name_is_named_and_nothing_more_is_released(network: Network, entered: list[str]) -> None:
    name = take_out(network, entered[:5]).held
    network.nodes["FR"].held.refuse(henri(network), name, "Not so.")
    network.settle(2)
    change_row(network, "held_word", "officer", "henrj")
    look_after(network)
    assert damaged(network) == [("held", name)]
    with pytest.raises(DamagedError):
        network.nodes["FR"].held.release(henri(network), name, "Seen.")


@pytest.mark.parametrize("folder", ["blobs", "batches"])
def test_a_changed_file_of_a_held_act_is_named_and_it_is_not_released(
    network: Network, entered: list[str], folder: str
) -> None:
    data = network.founding.config("FR").path("data")
    before = set((data / folder).rglob("*"))
    name = take_out(network, entered[:5], "19AC90001").held
    [path] = [each for each in (data / folder).rglob("*") if each.is_file() and each not in before]
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + b"\0\1\2" + whole[len(whole) // 2 + 3 :])
    look_after(network)
    assert damaged(network) == [("held", name)]
    with pytest.raises(DamagedError):
        network.nodes["FR"].held.release(henri(network), name, "Seen.")
    assert found(network, *numbers(COUNT)) == entered
    path.write_bytes(whole)
    look_after(network)
    assert network.nodes["FR"].held.release(henri(network), name, "Seen.").given == 0
