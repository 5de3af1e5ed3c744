"""Damage of a node's database hides nothing unsaid: no index, no lost commit and no lost row makes a "nothing"."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from comity.act import Session
from comity.cli.rebuilding import verify_registers
from comity.damage import Damage
from comity.exchange.reading import MessagesWanted
from comity.ids import MemberCode
from comity.peer.entering import EntryForm
from comity.testing import DOCUMENTS, Network
from comity.tiles.kept_catalogue import Catalogued, check_catalogue
from comity.tiles.restoring import OnlyNames
from tests.scenarios.desks import Desk
from tests.scenarios.test_consignments import consign
from tests.scenarios.test_damage import batch_path, database, flip, flip_file, look_after, problems, take_out

BATCHES = 6


@pytest.fixture
def network(founded_pair: Network, tmp_path: Path) -> Iterator[Network]:
    found = Network(tmp_path, like=founded_pair)
    yield found
    found.close()


def number(at: int) -> str:
    return f"19AC{at:05}"


def data_of(network: Network, code: str) -> Path:
    return network.founding.config(code).path("data")


def enter_some(network: Network, first: int = 0, count: int = BATCHES) -> list[str]:
    """One record to a batch: the batches' names."""
    names = []
    for at in range(first, first + count):
        batch = network.enter(registrar(network), number(at)).batch
        assert batch is not None
        names.append(str(batch))
    return names


def registrar(network: Network) -> Session:
    return network.officer("FR", "c.moreau", "registrar", "inspector")


def answers(network: Network, count: int = BATCHES) -> list[str]:
    officer = network.officer("LT", "m.kazlauskas", "inspector")
    return [str(network.check(officer, number(at), "FRA").registers[0].answer) for at in range(count)]


def harms_of_index(database: Path, index: str, table: str) -> list[int]:
    """Bytes of an index of which only a comparison with its table tells that they were changed."""
    whole = database.read_bytes()
    with closing(sqlite3.connect(database)) as rows:
        (page_bytes,) = rows.execute("pragma page_size").fetchone()
        (page,) = rows.execute("select rootpage from sqlite_master where name = ?", (index,)).fetchone()
    copy = database.with_name("copy.db")
    start = (page - 1) * page_bytes
    found = []
    for at in range(start + 8, start + page_bytes, 7):
        if whole[at]:
            copy.write_bytes(flip(whole, at))
            if is_sound(copy, "quick_check", table) and not is_sound(copy, "integrity_check", table):
                found.append(at)
    copy.unlink()
    return found[:: max(1, len(found) // 4)]


def is_sound(database: Path, check: str, table: str) -> bool:
    with closing(sqlite3.connect(database)) as rows:
        try:
            found: list[tuple[str]] = rows.execute(f"pragma {check}('{table}')").fetchall()
        except sqlite3.DatabaseError:
            return False
    return found == [("ok",)]


@pytest.mark.parametrize("index", ["batch_place", "sqlite_autoindex_batch_1", "batch_own"])
def test_no_changed_byte_of_an_index_of_the_catalogue_makes_a_nothing_and_it_is_built_again(
    network: Network, index: str
) -> None:
    enter_some(network)
    network.turn(1)
    network.stop("GS")
    folder = data_of(network, "GS")
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    harms = harms_of_index(kept / "node.db", index, "batch")
    assert harms
    for at in harms:
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
        flip_file(folder / "node.db", at)
        (folder / "index" / f"{DOCUMENTS}.rebuild").touch()
        network.start("GS")
        assert "damaged-database" in problems(network, "GS"), at
        assert "nothing" not in answers(network), at
        look_after(network)
        assert answers(network) == ["hit"] * BATCHES, at
        assert problems(network, "GS") == {}, at
        network.stop("GS")


@pytest.mark.parametrize("at_start", [False, True])
def test_an_index_of_messages_that_differs_from_them_is_built_again(
    network: Network, monkeypatch: pytest.MonkeyPatch, *, at_start: bool
) -> None:
    """At the start of a small node, and by the caretaker of a large one."""
    if not at_start:
        monkeypatch.setattr("comity.store.store.CHECKED_WHOLE_BYTES", 0)
    fr, lt = Desk(network, "FR"), Desk(network, "LT")
    names = [fr.send("LT", text=f"Number {at}") for at in range(5)]
    network.settle(4)
    network.stop("LT")
    path = data_of(network, "LT") / "node.db"
    flip_file(path, harms_of_index(path, "message_box", "message")[0])
    network.start("LT")
    if not at_start:
        look_after(network)
    assert lt.inbox() == names
    assert problems(network, "LT") == {}


def test_an_officer_is_let_in_again_once_the_index_of_the_roll_is_built_again(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comity.store.store.CHECKED_WHOLE_BYTES", 0)
    for name in ("first", "second", "third"):
        network.officer("LT", name, "inspector")
    network.turn(1)
    network.stop("LT")
    folder = data_of(network, "LT")
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    for at in harms_of_index(kept / "node.db", "ledger_entry_roll", "ledger_entry"):
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
        flip_file(folder / "node.db", at)
        node = network.start("LT")
        network.officer("LT", f"after-{at}", "inspector")
        look_after(network)
        assert problems(network, "LT") == {}, at
        assert all(not each.damage for each in node._store.read_rows(node._roll.list_officers)), at
        network.stop("LT")


def cut_off(network: Network, code: str) -> Path:
    """Take the power away: the node's folder as it lay there, with the write-ahead file."""
    folder, copy = data_of(network, code), data_of(network, code).with_name("cut-off")
    shutil.copytree(folder, copy)
    network.stop(code, gracefully=False)
    shutil.rmtree(folder)
    copy.rename(folder)
    return folder / "node.db-wal"


def wal_bytes(network: Network, code: str) -> int:
    return (data_of(network, code) / "node.db-wal").stat().st_size


def flip_behind(wal: Path, at: int) -> None:
    """Change a byte of the first page that was written after the file had ``at`` bytes."""
    flip_file(wal, at + 24 + 100)


@pytest.mark.parametrize("restarts", [0, 1])
def test_what_a_changed_write_ahead_file_lost_is_never_nothing_and_is_put_back(network: Network, restarts: int) -> None:
    enter_some(network, count=3)
    network.turn(1)
    kept = wal_bytes(network, "GS")
    enter_some(network, first=3, count=3)
    network.turn(1)
    flip_behind(cut_off(network, "GS"), kept)
    network.start("GS")
    assert "write-ahead file was changed" in problems(network, "GS")["damaged-database"], "before any round"
    assert set(answers(network)) <= {"hit", "no-answer"}
    for _time in range(restarts):
        network.stop("GS")
        network.start("GS")
        assert "damaged-database" in problems(network, "GS")
    look_after(network)
    assert answers(network) == ["hit"] * BATCHES
    assert answers(network, BATCHES + 1)[-1] == "nothing", "the catalogue was compared since"
    assert problems(network, "GS").keys() <= {"damaged-database", "damaged-message"}
    network.enter(registrar(network), number(9))
    assert answers(network, 10)[-1] == "hit", "places go on behind those that were put back"
    network.stop("GS")
    (finding,) = verify_registers(network.founding.folder / "GS")
    assert "write-ahead file was changed" in finding


def test_what_was_lost_with_its_entry_is_never_nothing_until_an_operator_has_looked(network: Network) -> None:
    enter_some(network, count=3)
    network.turn(1)
    kept = wal_bytes(network, "GS")
    form = {"number": number(3), "country": "FRA", "type": "passport", "loss": "stolen-blank"}
    batch = (
        network.nodes["FR"]
        .records.enter(registrar(network), EntryForm(register=DOCUMENTS, records=[form], is_lawful=True))
        .batch
    )
    answers(network, 4)  # more commits
    network.officer("GS", "somebody", "auditor")
    flip_behind(cut_off(network, "GS"), kept)
    network.start("GS")
    for _time in range(2):
        network.settle()
        assert answers(network, 4) == ["hit", "hit", "hit", "no-answer"]
        look_after(network)
        assert str(batch) in problems(network, "GS")["damaged-catalogue"]
        assert "FR has to enter it again" in problems(network, "GS")["damaged-catalogue"]
        network.stop("GS", gracefully=False)
        network.start("GS")
    (data_of(network, "GS") / "node.db.lost").unlink()
    look_after(network)
    assert problems(network, "GS") == {}
    assert answers(network, 4) == ["hit", "hit", "hit", "nothing"]


def test_a_lost_consignment_is_named_with_its_source(network: Network) -> None:
    name = consign(network, number(0))
    network.settle(6)
    with database(network, "GS") as rows:
        rows.execute("delete from consignment")
        rows.execute("delete from batch")
    look_after(network)
    assert str(name) in problems(network, "GS")["damaged-catalogue"]
    assert "FR has to enter it again" in problems(network, "GS")["damaged-catalogue"]


def test_lost_rows_of_the_catalogue_are_put_back_while_the_node_runs(network: Network) -> None:
    batch, _other = enter_some(network, count=2)
    take_out(network, registrar(network), batch, 0)
    consign(network, number(2))
    network.settle(6)
    with database(network, "GS") as rows:
        before = rows.execute("select id, register, source, records, entered_at from batch order by id").fetchall()
        rows.execute("delete from batch")
        rows.execute("delete from removal")
    look_after(network)
    with database(network, "GS") as rows:
        after = rows.execute("select id, register, source, records, entered_at from batch order by id").fetchall()
        assert rows.execute("select count(*) from removal").fetchone() == (1,)
    assert before == after
    assert answers(network, 3) == ["nothing", "hit", "hit"]
    assert problems(network, "GS") == {}


def test_a_list_says_while_messages_may_be_missing(network: Network) -> None:
    lt, fr = Desk(network, "LT"), Desk(network, "FR")
    fr.send("LT", text="One")
    network.settle(4)
    network.turn(1)
    kept = wal_bytes(network, "LT")
    for text in ("Two", "Three"):
        fr.send("LT", text=text)
        network.settle(4)
    flip_behind(cut_off(network, "LT"), kept)
    network.start("LT")
    page = network.nodes["LT"].messages.list(lt.session(), MessagesWanted("in")).release
    assert len(page.lines) == 1
    assert "Messages may be missing" in page.damaged[0].text
    look_after(network)
    assert {"damaged-message", "damaged-database"} <= problems(network, "LT").keys()


def test_a_message_that_was_lost_with_its_entry_does_not_vanish_unsaid(network: Network) -> None:
    lt, fr = Desk(network, "LT"), Desk(network, "FR")
    lt.inbox()
    network.turn(1)
    kept = wal_bytes(network, "LT")
    fr.send("LT", text="One")
    network.survive("FR", lambda node: node.works.once("courier"))
    lt.inbox()
    network.officer("LT", "somebody", "auditor")
    flip_behind(cut_off(network, "LT"), kept)
    network.start("LT")
    for _time in range(2):
        page = network.nodes["LT"].messages.list(Desk(network, "LT").session(), MessagesWanted("in")).release
        assert "Messages may be missing" in page.damaged[0].text
        look_after(network)


@pytest.mark.parametrize("code", ["GS", "FR"])
def test_whoever_enters_and_takes_out_while_the_catalogue_is_compared_is_no_damage(network: Network, code: str) -> None:
    first = enter_some(network, count=4)
    node, fr = network.nodes[code], registrar(network)
    network.turn(1)
    compared = Catalogued(
        node._store, node._ledger, node._files, node.directory(), MemberCode(code), OnlyNames()
    )  # fmt: skip
    found = []
    for at, step in enumerate(check_catalogue(compared)):
        found += [str(step)] if isinstance(step, Damage) else []
        if at < 16:
            form = {"number": number(50 + at), "country": "FRA", "type": "passport", "loss": "stolen-blank"}
            network.nodes["FR"].records.enter(fr, EntryForm(register=DOCUMENTS, records=[form], is_lawful=True))
            if at % 4 == 1:
                take_out(network, fr, first[at // 4], 0)
            if at % 3 == 2:
                network.settle(1)
    assert found == []


@pytest.mark.parametrize("locked", [False, True])
def test_what_waits_for_the_ledger_is_no_damage(network: Network, *, locked: bool) -> None:
    enter_some(network, count=2)
    if locked:
        network.nodes["GS"]._sequencer._can_sign = lambda: False  # type: ignore[method-assign]
    enter_some(network, first=2, count=2)
    look_after(network)
    assert problems(network, "GS") == {}


def test_verify_names_a_batch_that_the_ledger_names_and_the_catalogue_has_not(network: Network) -> None:
    first, _second = enter_some(network, count=2)
    network.turn(1)
    folder = network.founding.folder / "GS"
    network.stop("GS")
    assert verify_registers(folder) == ()
    with database(network, "GS") as rows:
        rows.execute("delete from batch where id = ?", (first,))
    assert any(first in finding and "not in the catalogue" in finding for finding in verify_registers(folder))


def test_verify_compares_the_tables_of_a_stopped_node_with_their_indexes(network: Network) -> None:
    enter_some(network, count=2)
    network.turn(1)
    network.stop("GS")
    path = data_of(network, "GS") / "node.db"
    flip_file(path, harms_of_index(path, "batch_place", "batch")[0])
    assert any(finding.startswith("node.db: batch") for finding in verify_registers(network.founding.folder / "GS"))


def test_a_time_that_its_source_has_not_signed_is_named_and_corrected(network: Network) -> None:
    (batch,) = enter_some(network, count=1)
    consign(network, number(1))
    network.settle(6)
    network.turn(1)
    query = "select id, entered_at from batch"
    with database(network, "GS") as rows:
        before = rows.execute(query).fetchall()
        rows.execute("update batch set entered_at = entered_at + 1")
    network.turn(601)
    assert batch in problems(network, "GS")["damaged-catalogue"]
    look_after(network)
    with database(network, "GS") as rows:
        assert rows.execute(query).fetchall() == before
    assert problems(network, "GS") == {}


def test_a_batch_that_was_lost_with_its_file_is_fetched_again_from_its_source(network: Network) -> None:
    (batch,) = enter_some(network, count=1)
    consign(network, number(1))
    network.settle(6)
    network.turn(1)
    query = "select id, register, source, records, entered_at from batch order by id"
    with database(network, "GS") as rows:
        before = rows.execute(query).fetchall()
        rows.execute("delete from batch")
    for name, *_others in before:
        batch_path(network, "GS", name).unlink()
    network.turn(601)
    assert "nothing" not in answers(network, 2)
    assert batch in problems(network, "GS")["damaged-catalogue"]
    look_after(network)
    look_after(network)
    assert answers(network, 2) == ["hit", "hit"]
    assert problems(network, "GS") == {}
    with database(network, "GS") as rows:
        assert rows.execute(query).fetchall() == before


def test_a_changed_name_is_shown_on_one_line(network: Network) -> None:
    enter_some(network, count=1)
    network.turn(1)
    with database(network, "GS") as rows:
        rows.execute("update batch set id = substr(id, 1, 3) || char(27) || '[2J' || char(10) || substr(id, 9)")
    look_after(network)
    said = problems(network, "GS")["damaged-catalogue"]
    assert said.isprintable()
    assert "<U+001B>" in said


def test_a_damaged_table_that_an_act_meets_is_in_health_at_once(network: Network) -> None:
    Desk(network, "FR").send("LT", text="One")
    network.settle(4)
    lt = Desk(network, "LT")
    session = lt.session()
    network.nodes["LT"].damages.note(Damage("message", "known", "before"))
    with database(network, "LT") as rows:
        (page,) = rows.execute("select rootpage from sqlite_master where name = 'message'").fetchone()
        (page_bytes,) = rows.execute("pragma page_size").fetchone()
        rows.execute("pragma wal_checkpoint(truncate)")
    network.stop("LT")
    path = data_of(network, "LT") / "node.db"
    whole = path.read_bytes()
    start = (page - 1) * page_bytes
    path.write_bytes(whole[:start] + b"\xff" * 100 + whole[start + 100 :])
    node = network.start("LT")
    with pytest.raises(Exception, match="database is damaged"):
        node.messages.list(session, MessagesWanted("in"))
    assert "damaged-database" in problems(network, "LT")


@pytest.mark.parametrize("value", [1, 2])
def test_a_message_that_was_put_among_those_that_went_out_is_named_and_put_back(network: Network, value: int) -> None:
    name = Desk(network, "FR").send("LT", text="One")
    network.settle(4)
    with database(network, "LT") as rows:
        rows.execute("update message set is_outgoing = ?", (value,))
    network.turn(601)
    assert name in problems(network, "LT")["damaged-message"]
    look_after(network)
    assert problems(network, "LT") == {}
    assert Desk(network, "LT").inbox() == [name]


def test_a_message_that_nobody_opened_does_not_count_as_opened(network: Network) -> None:
    names = [Desk(network, "FR").send("LT", text=text) for text in ("One", "Two")]
    network.settle(4)
    Desk(network, "LT").open(names[0])
    network.settle(2)
    query = "select id, is_outgoing, kept_at, officer, opened_at, opened_by from message order by row"
    with database(network, "LT") as rows:
        before = rows.execute(query).fetchall()
        rows.execute("update message set opened_at = ? where id = ?", (before[0][4] + 86_400, names[0]))
        rows.execute("update message set opened_at = 0 where id = ?", (names[1],))
    network.turn(601)
    assert all(name in problems(network, "LT")["damaged-message"] for name in names)
    look_after(network)
    assert problems(network, "LT") == {}
    with database(network, "LT") as rows:
        assert rows.execute(query).fetchall() == before


def test_a_message_that_somebody_opened_does_not_count_as_unopened(network: Network) -> None:
    name = Desk(network, "FR").send("LT", text="One")
    network.settle(4)
    Desk(network, "LT").open(name)
    network.settle(2)
    query = "select opened_at, opened_by from message"
    with database(network, "LT") as rows:
        before = rows.execute(query).fetchall()
        rows.execute("update message set opened_at = null")
    look_after(network)
    assert problems(network, "LT") == {}
    with database(network, "LT") as rows:
        assert rows.execute(query).fetchall() == before


@pytest.mark.parametrize(("table", "column", "code"), [("message", "kept_at", "LT"), ("receipt", "at", "FR")])
def test_a_changed_time_of_a_message_or_receipt_is_named_and_put_back(
    network: Network, table: str, column: str, code: str
) -> None:
    Desk(network, "FR").send("LT", text="One")
    network.settle(4)
    query = f"select {column} from {table}"  # noqa: S608 - of this file
    with database(network, code) as rows:
        before = rows.execute(query).fetchall()
        assert before
        rows.execute(f"update {table} set {column} = {column} + 86400")  # noqa: S608 - of this file
    network.turn(601)
    assert f"damaged-{table}" in problems(network, code)
    look_after(network)
    assert problems(network, code) == {}
    with database(network, code) as rows:
        assert rows.execute(query).fetchall() == before
