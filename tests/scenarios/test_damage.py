"""One damaged thing hides nothing else: the rest is served, health names it, and who else has it gives it again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from comity.errors import ComityError, UnauthenticatedError
from comity.exchange.mending import PartQuestion
from comity.exchange.reading import MessagesWanted
from comity.exchange.signed import sign_body
from comity.ids import BatchId, RegisterName, record_id
from comity.peer.consigning import Change
from comity.peer.entering import EntryForm
from comity.registers.registry import get_register
from comity.testing import DOCUMENTS, Network
from comity.tiles.reading import ListWanted
from tests.peer.frames import signer_of
from tests.scenarios.desks import Desk
from tests.scenarios.test_consignments import consign

PERSONS = RegisterName("persons")
PAUSE_S = 601.0  # longer than the caretaker rests between two rounds


@contextmanager
def database(network: Network, code: str) -> Iterator[sqlite3.Connection]:
    path = network.founding.config(code).path("data") / "node.db"
    with closing(sqlite3.connect(path)) as found, found:
        yield found


def look_after(network: Network, seconds: float = PAUSE_S) -> None:
    """Let every node look at everything that it has stored, and mend what can be."""
    for _round in range(4):
        network.turn(seconds)


def problems(network: Network, code: str) -> dict[str, str]:
    """What health says of damage, by code."""
    found = network.nodes[code].health().problems
    return {each.code: each.message for each in found if each.code.startswith("damaged-")}


def flip(data: bytes, at: int = -1) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 0x01
    return bytes(changed)


def flip_file(path: Path, at: int) -> None:
    path.write_bytes(flip(path.read_bytes(), at))


@pytest.fixture
def letters(network: Network) -> list[str]:
    """Four messages from FR to LT, and one that LT has sent."""
    fr, lt = Desk(network, "FR"), Desk(network, "LT")
    names = [fr.send("LT", text=f"Number {number}") for number in range(4)]
    lt.send("FR", text="From LT")
    network.settle()
    return names


@pytest.mark.parametrize("column", ["shell", "kept", "kept_at", "thread"])
def test_a_damaged_message_is_one_line_of_the_list_and_the_rest_is_listed_and_opened(
    network: Network, letters: list[str], column: str
) -> None:
    network.stop("LT")
    with database(network, "LT") as rows:
        (value,) = rows.execute(f"select {column} from message where id = ?", (letters[1],)).fetchone()  # noqa: S608
        broken = flip(value) if isinstance(value, bytes) else value[:-1] + "#" if isinstance(value, str) else "x"
        rows.execute(f"update message set {column} = ? where id = ?", (broken, letters[1]))  # noqa: S608
    network.start("LT")
    desk = Desk(network, "LT")
    others = [name for name in letters if name != letters[1]]
    assert desk.inbox() == others
    page = network.nodes["LT"].messages.list(desk.session(), MessagesWanted("in")).release
    assert [each.name for each in page.damaged] == [letters[1]]
    assert page.damaged[0].next_step
    assert [desk.open(name)[0].text.text for name in others] == ["Number 0", "Number 2", "Number 3"]
    new = Desk(network, "FR").send("LT", text="A new one")
    network.settle()
    assert desk.inbox() == [*others, new]
    assert letters[1] in problems(network, "LT")["damaged-message"]
    assert not network.nodes["LT"].health().is_ok
    with pytest.raises(ComityError, match=r"changed|another thread|cannot be read"):
        desk.open(letters[1])


def test_a_text_that_is_no_utf8_any_more_hides_no_other_row(network: Network, letters: list[str]) -> None:
    network.stop("LT")
    with database(network, "LT") as rows:
        rows.execute("update message set officer = cast(x'ff' as text) where id = ?", (letters[0],))
    network.start("LT")
    assert set(Desk(network, "LT").inbox()) >= set(letters[1:])


def test_what_is_known_to_be_damaged_does_not_stand_before_the_next_unopened(
    network: Network, letters: list[str]
) -> None:
    with database(network, "LT") as rows:
        rows.execute("update message set kept = x'00' where id = ?", (letters[0],))
    look_after(network)
    assert {each.id for each in network.nodes["LT"].messages.unopened()} == set(letters[1:])


def test_a_damaged_delivery_stops_no_other(network: Network) -> None:
    network.cut("FR", "GS")
    desk = Desk(network, "LT")
    first, second = desk.send("FR", text="One"), desk.send("FR", text="Two")
    with database(network, "LT") as rows:
        rows.execute("update delivery set next_at = 'x', expires_at = 'x' where id = ?", (first,))
    network.mend("FR", "GS")
    look_after(network)
    assert Desk(network, "FR").inbox() == [second]
    assert first in problems(network, "LT")["damaged-delivery"]


def test_what_became_of_a_message_says_where_it_cannot_be_read(network: Network) -> None:
    desk = Desk(network, "LT")
    name = desk.send("FR", "BR")
    network.settle(4)
    for change in ("state = '?'", "recipient = 'FX'"):
        with database(network, "LT") as rows:
            rows.execute(f"update delivery set {change} where id = ? and recipient = 'FR'", (name,))  # noqa: S608
        (progress,) = network.nodes["LT"].messages.list_progress(desk.session(), [name])
        assert progress == network.nodes["LT"].messages.progress(desk.session(), name)
        states = {each.recipient: each.state.value for each in progress.deliveries}
        assert states == {"BR": "delivered", "FR": "unreadable"}
        (line,) = network.nodes["LT"].messages.list(desk.session(), MessagesWanted("out")).release.lines
        assert {each.recipient: each.state.value for each in line.deliveries} == states


def test_an_exported_message_says_which_receipts_and_messages_it_ought_to_have(network: Network) -> None:
    desk, fr = Desk(network, "LT"), Desk(network, "FR")
    name = desk.send("FR")
    network.settle(4)
    fr.open(name)
    fr.send("LT", reply_to=name)
    network.settle(4)
    with database(network, "LT") as rows:
        rows.execute("update receipt set at = 'x' where step = 'delivered'")
        rows.execute("update message set kept = x'00' where is_outgoing = 0")
    found = network.nodes["LT"].messages.export(desk.session(), name)
    assert (len(found.messages), len(found.receipts)) == (1, 1)
    assert [each.kind for each in found.damaged] == ["message", "receipt"]
    assert len(network.nodes["LT"].evidence.missing(found.damaged)) == 2


def test_a_damaged_file_of_records_is_one_line_of_those_entered(network: Network) -> None:
    consign(network, "19AC00001")
    consign(network, "19AC00002")
    first, second = (each.consignment.id for each in network.nodes["FR"].consignments.list(9).entered[::-1])
    for change in ("at = 'x'", "frame = x'00'"):
        with database(network, "FR") as rows:
            rows.execute(f"update consignment set {change} where id = ?", (first,))  # noqa: S608
        listed = network.nodes["FR"].consignments.list(9)
        assert [each.consignment.id for each in listed.entered] == [second]
        assert [(each.kind, each.name) for each in listed.damaged] == [("file", first)]


def test_a_damaged_entry_is_one_line_of_the_ledger_and_of_an_export(network: Network) -> None:
    for number in range(5):
        Desk(network, "LT").send("FR", text=str(number))
    auditor = network.officer("LT", "auditor", "auditor")
    network.settle()
    entry = network.ledger("LT", "message.send")[2]
    folder = network.founding.config("LT").path("data") / "ledger" / entry.period
    (path,) = folder.rglob("contents/**/000*")
    assert entry.content is not None
    data = path.read_bytes()
    path.write_bytes(data.replace(str(entry.content.detail["message"]).encode(), b"0" * 64))
    page = network.nodes["LT"].ledger.list(auditor, ListWanted(kind="message.send")).release
    assert [bool(row.damage) for row in page.entries] == [False, False, True, False, False]
    assert [row.content is None for row in page.entries] == [False, False, True, False, False]
    exported = network.nodes["LT"].ledger.export(auditor, ListWanted(kind="message.send")).release
    assert len(exported.entries) == 4
    assert len(exported.damaged) == 1
    look_after(network)
    assert str(entry.index) in problems(network, "LT")["damaged-ledger"]


@pytest.mark.parametrize(("column", "value"), [
    ("roles", "administrator"), ("roles", "deskx"), ("disabled_at", 5.0), ("password", "changed"),
    ("is_one_time", None), ("name", "somebody"),
])  # fmt: skip
def test_an_officer_who_is_not_what_the_ledger_said_is_not_let_in_and_is_named(
    network: Network, column: str, value: object
) -> None:
    node = network.nodes["LT"]
    password = node.officers.give("v.balciunas", "V. Balčiūnas", ("desk",))
    session = network.officer("LT", "other", "desk")
    network.settle()
    network.stop("LT")
    with database(network, "LT") as rows:
        if column == "is_one_time":
            rows.execute("update officer set is_one_time = 0 where name = 'v.balciunas'")
        else:
            rows.execute(f"update officer set {column} = ? where name = 'v.balciunas'", (value,))  # noqa: S608
    node = network.start("LT")
    assert node.officers.sign_in("v.balciunas", password).release is None
    assert node.messages.list(session, MessagesWanted("in")).verdict.is_allowed, "the others are let in"
    administrator = network.officer("LT", "admin", "administrator")
    listed = node.officers.list(administrator).release
    assert {"admin", "other"} <= {each.name for each in listed if not each.damage}
    look_after(network)
    assert "v.balciunas" in problems(network, "LT")["damaged-officer"]


def test_a_session_ends_when_its_officers_roles_are_changed_in_the_database(network: Network) -> None:
    session = network.officer("LT", "v.balciunas", "desk")
    network.settle()
    with database(network, "LT") as rows:
        rows.execute("update officer set roles = 'administrator' where name = 'v.balciunas'")
    with pytest.raises(UnauthenticatedError):
        network.nodes["LT"].officers.list(session)


def batch_path(network: Network, code: str, batch: str) -> Path:
    return network.founding.config(code).path("data") / "batches" / batch[:2] / f"{batch}.batch"


def enter(network: Network) -> str:
    fr = network.officer("FR", "c.moreau", "registrar", "inspector")
    batch = network.enter(fr, *[f"19AC{number:05}" for number in range(5)]).batch
    assert batch is not None
    return batch


@pytest.mark.parametrize("code", ["GS", "FR"])
@pytest.mark.parametrize("harm", ["record", "salt", "head", "flag", "gone", "empty"])
def test_a_damaged_batch_is_never_nothing_and_is_fetched_again(network: Network, code: str, harm: str) -> None:
    batch = enter(network)
    path, whole = batch_path(network, code, batch), batch_path(network, code, batch).read_bytes()
    lt = network.officer("LT", "m.kazlauskas", "inspector")
    record = network.check(lt, "19AC00002", "FRA").registers[0].hits[0].record
    offset = int(record.rpartition(".")[2])
    other = "FR" if code == "GS" else "GS"
    network.cut(other)
    row_at = 24 + offset * 77
    {
        "record": lambda: flip_file(path, whole.index(b"19AC00002")),
        "salt": lambda: flip_file(path, row_at + 40),
        "head": lambda: flip_file(path, whole.index(b"comity/1 batch ")),
        "flag": lambda: flip_file(path, row_at + 32),
        "gone": path.unlink,
        "empty": lambda: path.write_bytes(b""),
    }[harm]()
    network.stop(code)
    network.start(code)
    if code == "GS":
        assert network.check(lt, "19AC00002", "FRA").registers[0].answer in ("hit", "no-answer")
        shown = network.nodes["LT"].asker.read(lt, record, purpose="border-control", reference="").shown
        assert shown is not None
        assert shown.record is None
        assert shown.detail is None, "that the keeper has nothing is not said"
    network.turn(1)
    network.turn(1)
    assert batch in problems(network, code)["damaged-batch"]
    network.mend(other)
    look_after(network)
    assert path.read_bytes() == whole
    assert problems(network, code) == {}
    lt = network.officer("LT", "m.kazlauskas", "inspector")  # anew: time has passed
    assert network.check(lt, "19AC00002", "FRA").registers[0].answer == "hit"


def test_a_batch_is_shown_to_nobody_but_its_source_and_its_keeper(network: Network) -> None:
    batch = enter(network)
    for asker, holder in (("XX", "GS"), ("LT", "GS"), ("LT", "FR"), ("XX", "FR")):
        question = PartQuestion(1, batch, 0, asker, holder, network.now)  # type: ignore[arg-type]
        frame = sign_body(question, signer_of(network, asker)).encode()
        answer = network.carry(asker, holder, frame, 5.0)  # type: ignore[arg-type]
        assert answer.startswith(b"comity/1 complaint "), (asker, holder)  # type: ignore[union-attr]
    assert not any(row.content and row.content.detail.get("shown") for row in network.ledger("GS", "blob.show"))


def test_a_record_that_was_taken_out_does_not_come_back_with_a_mended_batch(network: Network) -> None:
    batch = enter(network)
    fr = network.officer("FR", "c.moreau", "registrar", "inspector")
    taken_out = take_out(network, fr, batch, 1)
    whole = batch_path(network, "GS", batch).read_bytes()
    batch_path(network, "GS", batch).unlink()
    look_after(network)
    assert batch_path(network, "GS", batch).read_bytes() == whole
    assert taken_out not in whole


def take_out(network: Network, fr: object, batch: str, offset: int) -> bytes:
    """Let FR take a record out; the number that must not be seen any more."""
    node = network.nodes["FR"]
    register = get_register(DOCUMENTS)
    number = node._files.read_record(BatchId(batch), offset).data.split(b'"number":"')[1].split(b'"')[0]
    packed = node.consignments.pack(register, iter(()))
    change = Change(register, packed, (record_id(BatchId(batch), offset),), is_lawful=True)
    assert node.consignments.consign(fr, change).release  # type: ignore[arg-type]
    look_after(network, 20)
    return number


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_damaged_chunk_of_an_attachment_is_fetched_again_from_its_sender(network: Network, harm: str) -> None:
    desk = Desk(network, "FR")
    data = bytes(range(256)) * 2_400
    name = desk.send("LT", attachments=(desk.attach(data),))
    network.settle(4)
    reader = Desk(network, "LT")
    blob = reader.open(name)[0].text.attachments[0].blob
    chunk = network.founding.config("LT").path("data") / "blobs" / blob[:2] / blob / "1"
    network.cut("FR", "GS")
    if harm == "changed":
        flip_file(chunk, 1000)
    else:
        chunk.unlink()
    look_after(network)
    assert blob in problems(network, "LT")["damaged-attachment"]
    with pytest.raises(ComityError, match="Damaged here") as refused:
        network.nodes["LT"].messages.read_attachment(reader.session(), name, blob)
    assert "fetched again from FR" in refused.value.next_step
    network.mend("FR", "GS")
    look_after(network)
    assert problems(network, "LT") == {}
    _outcome, parts = network.nodes["LT"].messages.read_attachment(reader.session(), name, blob)
    assert b"".join(parts) == data


def test_a_changed_chunk_is_not_given_out_and_is_fetched_again_at_once(network: Network) -> None:
    desk = Desk(network, "FR")
    name = desk.send("LT", attachments=(desk.attach(b"x" * 300_000),))
    network.settle(4)
    reader = Desk(network, "LT")
    blob = reader.open(name)[0].text.attachments[0].blob
    flip_file(network.founding.config("LT").path("data") / "blobs" / blob[:2] / blob / "0", 5)
    with pytest.raises(ComityError, match="Damaged here"):
        network.nodes["LT"].messages.read_attachment(reader.session(), name, blob)
    assert blob in problems(network, "LT")["damaged-attachment"]
    network.settle()
    _outcome, parts = network.nodes["LT"].messages.read_attachment(reader.session(), name, blob)
    assert b"".join(parts) == b"x" * 300_000


def test_an_attachment_that_is_damaged_at_both_ends_is_said_so_at_each_with_its_own_step(network: Network) -> None:
    """FR sent it: it has to send it anew. LT got it: it has to ask for that. Both are said after a restart too."""
    desk = Desk(network, "FR")
    name = desk.send("LT", attachments=(desk.attach(b"x" * 300_000),))
    network.settle(4)
    reader = Desk(network, "LT")
    blob = reader.open(name)[0].text.attachments[0].blob
    for code in ("FR", "LT"):
        flip_file(network.founding.config(code).path("data") / "blobs" / blob[:2] / blob / "0", 5)
    with pytest.raises(ComityError, match="Damaged here"):
        network.nodes["LT"].messages.read_attachment(reader.session(), name, blob)
    look_after(network)
    for _start in range(2):
        ours, theirs = (network.nodes[code].messages.attachments.look(blob) for code in ("FR", "LT"))
        assert (ours.state, theirs.state) == ("damaged", "damaged")
        assert "bring it back from a backup, or send the file anew" in ours.next_step
        assert "The copy at FR is damaged too." in theirs.word
        assert theirs.next_step == "Ask FR to send the file anew."
        with pytest.raises(ComityError, match="The copy at FR is damaged too") as refused:
            network.nodes["LT"].messages.read_attachment(reader.session(), name, blob)
        assert refused.value.next_step == "Ask FR to send the file anew."
        steps = {code: health_steps(network, code) for code in ("FR", "LT")}
        assert ours.next_step in steps["FR"]
        assert theirs.next_step in steps["LT"]
        for code in ("FR", "LT"):
            network.stop(code)
            network.start(code)
        reader = Desk(network, "LT")
        look_after(network)


def test_the_sender_of_a_damaged_attachment_says_so_as_soon_as_it_is_asked_for_it(network: Network) -> None:
    desk = Desk(network, "FR")
    network.cut("LT", "GS")
    network.cut("FR", "LT")
    blob = desk.attach(b"x" * 300_000)
    desk.send("LT", attachments=(blob,))
    flip_file(network.founding.config("FR").path("data") / "blobs" / blob[:2] / blob / "1", 5)
    network.mend("LT", "GS")
    network.mend("FR", "LT")
    network.settle(6)
    assert network.nodes["FR"].messages.attachments.look(blob).state == "damaged"
    assert network.nodes["LT"].messages.attachments.look(blob).next_step == "Ask FR to send the file anew."


def health_steps(network: Network, code: str) -> str:
    """What a node's health says to do."""
    return " ".join(each.next_step for each in network.nodes[code].health().problems)


@pytest.mark.parametrize(("statement", "kind"), [
    ("update batch set source = 'BR'", "catalogue"),
    ("update batch set records = 4", "catalogue"),
    ("update batch set id = replace(id, substr(id, 1, 1), 'x')", "catalogue"),
    (
        "insert into removal values ((select id from batch) || '.1', 'travel-documents', 9, 'FR', 5.0, 1, 9)",
        "catalogue",
    ),
])  # fmt: skip
def test_what_brings_records_in_or_hides_them_is_compared_with_the_ledger(
    network: Network, statement: str, kind: str
) -> None:
    enter(network)
    look_after(network, 20)
    with database(network, "GS") as rows:
        rows.execute(statement)
    look_after(network)
    assert f"damaged-{kind}" in problems(network, "GS")


def test_what_was_damaged_and_is_whole_again_is_not_named_any_more(network: Network, letters: list[str]) -> None:
    with database(network, "LT") as rows:
        (kept,) = rows.execute("select kept from message where id = ?", (letters[0],)).fetchone()
        rows.execute("update message set kept = ? where id = ?", (flip(kept), letters[0]))
    look_after(network)
    assert "damaged-message" in problems(network, "LT")
    with database(network, "LT") as rows:
        rows.execute("update message set kept = ? where id = ?", (kept, letters[0]))
    look_after(network)
    assert problems(network, "LT") == {}


def test_nothing_is_named_where_nothing_was_changed(network: Network, letters: list[str]) -> None:
    """Every member enters, by hand and by file, in turns, takes out, writes and loses power."""
    del letters
    for number in range(3):
        for code, country in (("FR", "FRA"), ("LT", "LTU"), ("XX", "XXA")):
            registrar = network.officer(code, "registrar", "registrar")
            network.enter(registrar, f"19AC0000{number}", at=code, country=country)
            person = {"reference": f"P-{number}", "status": "wanted", "names": [{"whole": "Ona Known"}]}
            network.nodes[code].records.enter(registrar, EntryForm(register=PERSONS, records=[person], is_lawful=True))
            network.settle()
    consign(network, "19AC10001", "19AC10002")
    network.settle(4)
    (entered,) = network.nodes["FR"].consignments.list(1).entered
    consign(network, "19AC10003", removed=(f"{entered.content.lots[0].batch}.0",))
    network.settle(4)
    desk = Desk(network, "FR")
    desk.send("LT", attachments=(desk.attach(b"photo"),))
    look_after(network)
    for code in network.nodes:
        assert problems(network, code) == {}, code
    for code in tuple(network.nodes):
        network.stop(code, gracefully=code != "LT")
        network.start(code)
    look_after(network)
    for code in network.nodes:
        assert problems(network, code) == {}, code


def test_a_directory_that_others_could_not_read_is_acquired_again(network: Network) -> None:
    for path in (network.founding.config("LT").path("data") / "directory" / "cache" / "targets").iterdir():
        flip_file(path, 20)
    assert list(network.nodes["LT"].evidence.check())
    look_after(network)
    assert not list(network.nodes["LT"].evidence.check())
    assert problems(network, "LT") == {}


def test_a_directory_that_is_being_written_is_not_damaged(network: Network) -> None:
    """Files of it are new and others not yet, while the line brings the rest."""
    node = network.nodes["LT"]
    kept = node.config.path("data") / "directory" / "cache"
    timestamp = next(kept.rglob("timestamp.json"))
    before = timestamp.read_bytes()
    timestamp.write_bytes(before.replace(b"e", b"f", 1))
    node.knowledge._follower.is_taking = True
    assert not list(node.evidence.check())
    node.knowledge._follower.is_taking = False
    assert list(node.evidence.check())
    timestamp.write_bytes(before)
    assert not list(node.evidence.check())


def test_one_members_lost_batch_silences_no_other_at_a_keeper_that_was_killed(network: Network) -> None:
    """Its source is away: others' records are hits, old and new, and one that is not found is no "nothing"."""
    claire, ruta = network.officer("FR", "claire", "registrar"), network.officer("LT", "ruta", "inspector")
    lost = network.enter(network.officer("XX", "xaver", "registrar"), "XA0000001", at="XX", country="XXA").batch
    taken_out = network.enter(claire, "19AC00001").batch
    network.enter(claire, "19AC00002")
    network.cut("XX")
    keeper = network.nodes["GS"]
    keeper._files.remove(BatchId(lost or ""))
    network.stop("GS", gracefully=False)
    network.start("GS")
    network.settle(3)
    network.enter(claire, "19AC00003")
    consign(network, removed=(f"{taken_out}.0",))
    network.settle(4)

    def said(*numbers: str) -> list[str]:
        return [network.check(ruta, each, "XXA" if each[0] == "X" else "FRA").registers[0].answer for each in numbers]

    assert said("19AC00002", "19AC00003") == ["hit", "hit"]
    assert said("19AC00001", "XA0000001", "00XX00000") == ["no-answer"] * 3
    assert "index-stuck" in {each.code for each in network.nodes["GS"].health().problems}
    network.mend("XX")
    look_after(network)
    ruta = network.officer("LT", "ruta", "inspector")
    assert said("19AC00002", "19AC00003", "XA0000001") == ["hit"] * 3
    assert said("19AC00001", "00XX00000") == ["nothing"] * 2
    assert not problems(network, "GS")


def test_a_check_that_fails_unforeseen_keeps_nothing_behind_it_unseen(
    network: Network, letters: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Iterator[int]:
        raise RuntimeError

    monkeypatch.setitem(network.nodes["LT"].caretaker._checks, "officer", fail)
    with database(network, "LT") as rows:
        rows.execute("update message set kept = x'00' where id = ?", (letters[0],))
    look_after(network)
    assert set(problems(network, "LT")) == {"damaged-message", "damaged-officer"}


def test_a_consignment_that_is_whole_again_is_named_no_more(network: Network) -> None:
    consign(network, "19AC00001")
    network.settle(4)
    with database(network, "FR") as rows:
        (frame,) = rows.execute("select frame from consignment").fetchone()
        rows.execute("update consignment set frame = x'00'")
    look_after(network)
    assert "damaged-file" in problems(network, "FR")
    with database(network, "FR") as rows:
        rows.execute("update consignment set frame = ?", (frame,))
    look_after(network)
    assert problems(network, "FR") == {}
