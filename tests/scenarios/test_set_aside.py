"""One thing among ten that cannot be done: it waits aside, health says so, and the nine others are done."""

import msgspec
import pytest
from sqlalchemy import text

from comity.act import Session
from comity.gate import EntryContent
from comity.ids import RegisterName
from comity.ledger.entry import make_entry
from comity.members.measure import PublicationAsked
from comity.peer.blobs import CHUNK
from comity.peer.entering import EntryForm
from comity.registers.consignment import ConsignmentState
from comity.registers.persons import PERSONS
from comity.testing import DOCUMENTS, Network
from tests.scenarios.desks import Desk, held
from tests.scenarios.test_consignments import consign

CAST = ("LT", "FR")
NUMBERS = [f"19AC{number:05}" for number in range(10)]


@pytest.fixture
def ruta(network: Network) -> Session:
    return network.officer("LT", "ruta", "inspector")


@pytest.fixture
def records(network: Network) -> list[str]:
    claire = network.officer("FR", "claire", "registrar")
    return [f"{network.enter(claire, number).batch}.0" for number in NUMBERS]


def codes(network: Network, code: str = "GS") -> set[str]:
    return {problem.code for problem in network.nodes[code].health().problems}


def change(network: Network, code: str, statement: str, **values: object) -> None:
    """Damage a row of a node's database."""

    def run(connection: object) -> int:
        changed: int = connection.execute(text(statement), values).rowcount  # type: ignore[attr-defined]
        return changed

    assert network.nodes[code]._store.write_rows(run) == 1


def told(network: Network, code: str = "FR") -> set[str]:
    return {each.text.alert.record for each in held(network, code) if each.text.alert}


def answer(network: Network, **detail: object) -> None:
    """An entry in the secretariat's ledger as an answer leaves it."""
    content = EntryContent(1, "query.answer", "LT", "allowed", (), "", purpose="border-control", detail=detail)
    entry = make_entry("query.answer", network.now, msgspec.json.encode(content), bytes(32))
    network.nodes["GS"]._store.change(lambda unit: unit.record(entry))


GONE = "ab" * 32 + ".0"
POISONED_ANSWERS: dict[str, tuple[dict[str, object], set[str]]] = {
    "what it showed cannot be read": ({"records": [GONE], "hits": [{"record": 7}]}, {"aside-alerts"}),
    "of an earlier version, and its record was taken out": ({"records": [GONE]}, set()),
    "of an earlier version, and its record is no name": ({"records": ["nonsense"]}, {"aside-alerts"}),
    "its source has left": (
        {
            "records": [GONE],
            "hits": [{"record": GONE, "register": "persons", "source": "ZZ", "handling": "restricted"}],
        },
        set(),
    ),
}


@pytest.mark.parametrize("poison", POISONED_ANSWERS)
def test_an_answer_that_cannot_be_told_of_keeps_no_other_source_from_hearing(
    network: Network, ruta: Session, records: list[str], poison: str
) -> None:
    detail, said = POISONED_ANSWERS[poison]
    for place, number in enumerate(NUMBERS):
        if place == 3:
            answer(network, **detail)
        network.check(ruta, number, "FRA")
    network.settle(4)
    assert told(network) == set(records)
    assert codes(network) == said


def test_a_hit_on_a_record_that_is_gone_since_is_told_from_the_ledger(
    network: Network, ruta: Session, records: list[str]
) -> None:
    for number in NUMBERS:
        network.check(ruta, number, "FRA")
    files = network.nodes["GS"]._files
    for batch in files.list_batches():
        files.remove(batch)
    network.settle(4)
    assert told(network) == set(records)


def test_a_delivery_that_cannot_be_carried_keeps_no_other_back(network: Network) -> None:
    """Whatever goes wrong with it, foreseen or not; once nothing does it goes as well."""
    network.stop("FR")
    names = [Desk(network, "LT").send("FR") for _ in range(10)]

    def fail(_from: str, _to: str, data: bytes) -> bytes:
        if names[3].encode() in data:
            raise ZeroDivisionError
        return data

    network.start("FR")
    network.meddle = fail
    for _ in range(6):
        network.turn(60)
    states = [Desk(network, "LT").states(name)["FR"] for name in names]
    assert [place for place, state in enumerate(states) if state != "delivered"] == [3]
    assert "aside-courier" in codes(network, "LT")
    network.meddle = lambda _from, _to, data: data
    network.turn(301)
    network.settle()
    assert Desk(network, "LT").states(names[3])["FR"] == "delivered"
    assert codes(network, "LT") == set()


def test_a_row_of_the_outbox_that_cannot_be_read_keeps_no_other_back(network: Network) -> None:
    network.cut("LT")
    names = [Desk(network, "LT").send("FR") for _ in range(10)]
    change(network, "LT", "update delivery set expires_at = 1e300 where id = :id", id=names[3])
    network.mend("LT")
    network.settle(4)
    assert len([each for each in held(network, "FR") if not each.message.is_outgoing]) == 9
    assert "aside-courier" in codes(network, "LT")


def test_a_blob_that_cannot_be_pulled_keeps_no_other_back(network: Network) -> None:
    blobs = []
    for _ in range(10):
        desk = Desk(network, "LT")
        blobs.append(desk.attach(bytes([len(blobs)]) * 500))

    def fail(_from: str, _to: str, data: bytes) -> bytes:
        if data.startswith(CHUNK) and blobs[3].encode() in data:
            raise ZeroDivisionError
        return data

    network.meddle = fail
    for blob in blobs:
        Desk(network, "LT").send("FR", attachments=(blob,))
    network.settle(6)
    here = {blob for blob in blobs if any((network.nodes["FR"]._chunks._folder).glob(f"*/{blob}/*"))}
    assert set(blobs) - here == {blobs[3]}
    assert "aside-blobs" in codes(network, "FR")


def test_a_batch_that_cannot_be_mended_keeps_no_other_damaged(network: Network) -> None:
    fr = network.officer("FR", "claire", "registrar")
    names = [network.enter(fr, f"19AC0000{number}").batch for number in range(4)]
    folder = network.founding.config("GS").path("data") / "batches"
    paths = {name: folder / str(name)[:2] / f"{name}.batch" for name in names}
    whole = {name: path.read_bytes() for name, path in paths.items()}

    def fail(_from: str, _to: str, data: bytes) -> bytes:
        if data.startswith(b"comity/1 part ") and str(names[0]).encode() in data:
            raise ZeroDivisionError
        return data

    network.meddle = fail
    for path in paths.values():
        path.write_bytes(b"no batch")
    for _round in range(8):
        network.turn(601)
    assert {name: path.read_bytes() == whole[name] for name, path in paths.items()} == {
        name: name != names[0] for name in names
    }
    network.meddle = lambda _from, _to, data: data
    for _round in range(8):
        network.turn(601)
    assert paths[names[0]].read_bytes() == whole[names[0]]
    assert network.nodes["GS"].health().is_ok


def test_a_consignment_that_cannot_be_read_keeps_no_other_out(network: Network) -> None:
    """Nor does it keep the node from starting, and nothing that it may name is swept away."""
    network.stop("GS")
    names = [consign(network, f"19AC{number:05}") for number in range(10)]
    network.start("GS")
    network.nodes["FR"].tick()
    change(network, "GS", "update consignment set frame = :frame where id = :id", frame=b"?", id=names[3])
    network.stop("GS")
    network.start("GS")
    network.turn(60)
    network.settle(4)
    states = {name: network.nodes["FR"].consignments.find(str(name)).consignment.state for name in names}
    assert [name for name, state in states.items() if state is not ConsignmentState.ENTERED] == [names[3]]
    assert "aside-intake" in codes(network)


def test_consignments_that_wait_long_keep_no_later_one_out(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comity.peer.consigning.ROUND_MAX", 2)
    network.meddle = lambda _from, to, data: None if to == "FR" and data.startswith(b"comity/1 blob") else data
    waiting = [consign(network, f"19AC{number:05}") for number in range(4)]
    network.settle()
    network.meddle = lambda _from, _to, data: data
    network.nodes["GS"]._store.write_rows(
        lambda connection: connection.execute(text("update blob set next_at = null where manifest is null"))
    )
    last = consign(network, "19AC00099")
    network.settle(8)
    assert network.nodes["FR"].consignments.find(str(last)).consignment.state is ConsignmentState.ENTERED
    assert all(
        network.nodes["FR"].consignments.find(str(name)).consignment.state is ConsignmentState.UNDERWAY
        for name in waiting
    )


def test_a_change_of_the_directory_that_cannot_be_read_keeps_no_other_unpublished(network: Network) -> None:
    store = network.nodes["GS"]._store
    for body in (b"{", b"\xff", b"[]"):
        store.change(lambda unit, body=body: unit.apply(PublicationAsked("standing", body)))
        store.change(lambda unit, body=body: unit.apply(PublicationAsked("draft", body)))
    olga = network.officer("GS", "olga", "duty")
    network.nodes["GS"].measures.set_standing(
        olga, "LT", "query", "suspended", reason="Misuse.", reference="EC 7",
        until_at=network.now.replace(month=12, day=24),
    )  # fmt: skip
    network.settle(3)
    said = network.nodes["LT"].directory().find_statement("LT", "query", network.now)  # type: ignore[arg-type]
    assert said is not None
    assert said.state == "suspended"
    assert codes(network) == set()


def test_a_pending_entry_that_cannot_be_read_keeps_no_other_out_of_the_ledger(network: Network) -> None:
    node = network.nodes["GS"]
    before = len(network.ledger("GS", "alert.send"))
    entries = [make_entry("alert.send", network.now, b"{}", bytes([number]) * 32) for number in range(10)]
    for number, entry in enumerate(entries):
        damaged = entry._replace(leaf=b"?") if hasattr(entry, "_replace") else msgspec.structs.replace(entry, leaf=b"?")
        node._store.change(lambda unit, each=damaged if number == 3 else entry: unit.record(each))
    assert len(network.ledger("GS", "alert.send")) == before + 9
    assert "aside-ledger" in codes(network)


@pytest.mark.parametrize("behind", [DOCUMENTS, PERSONS.name])
def test_a_batch_that_is_missing_keeps_no_register_behind(network: Network, behind: RegisterName) -> None:
    """Its own register goes on without it and health says so; the other is not concerned."""
    node = network.nodes["GS"]
    before = {name: index.position for name, index in node._shelves._indexes.items()}
    claire = network.officer("FR", "claire", "registrar")
    person = [{"reference": "FR-1", "status": "wanted", "names": [{"whole": "Ona Hidden"}]}]
    document = [{"number": NUMBERS[0], "country": "FRA", "type": "passport", "loss": "stolen"}]
    for name, records in ((DOCUMENTS, document), (PERSONS.name, person)):
        form = EntryForm(register=name, records=records, is_lawful=True)
        batch = network.nodes["FR"].records.enter(claire, form).batch
        if name == behind:
            assert batch is not None
            node._files.remove(batch)
    network.cut("FR")  # nobody has it whom it could be fetched from again
    network.settle()
    after = {name: index.position for name, index in node._shelves._indexes.items()}
    assert all(after[name] == before[name] + 1 for name in (DOCUMENTS, PERSONS.name))
    assert node._shelves.troubles == {behind: "stuck"}
    assert "index-stuck" in codes(network)
