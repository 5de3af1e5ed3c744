"""What one member signs or names touches nothing that others brought: no file, no row, no answer, no attachment."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import NamedTuple

import pytest

from comity.act import Session
from comity.audience import Audience
from comity.blobs.chunk_files import ChunkFiles
from comity.exchange.blob import BlobKept, BlobShared
from comity.exchange.receipt import Receipt
from comity.exchange.signed import sign_body
from comity.gate import UnitOfWork
from comity.ids import BlobId, EntryId, MemberCode, RegisterName
from comity.ledger.merkle import hash_leaf
from comity.peer.consigning import Change
from comity.peer.entering import EntryForm
from comity.registers.batch import Salted, parse_batch, sign_batch
from comity.registers.consignment import Consignment, Lot
from comity.registers.record import make_record
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.testing import DOCUMENTS, Network
from tests.exchange.envelopes import forged, text_of
from tests.peer.frames import frame_of, make_detail, put, signer_of
from tests.scenarios.desks import Desk

PERSONS = RegisterName("persons")
PHOTO = b"photo" * 1_000
ROWS = {
    "batch": "id, register, source, records", "removal": "record, register", "message": "id, is_outgoing",
    "blob": "id, manifest", "consignment": "id, source", "delivery": "id, recipient, sender",
    "receipt": '"of", recipient, step',
}  # fmt: skip
OWN = "XX"


class Scene(NamedTuple):
    """What others have brought, and what XX has entered itself."""

    batch: str  # FR's, in the register, of one record
    coming: Lot  # FR's, on its way to the keeper
    blob: str  # LT's, with a message that waits at the relay for FR
    sent: str  # that message
    own: Lot  # XX's, in the register
    own_person: str  # XX's record in another register


def enter_person(network: Network, code: str, who: Session) -> str:
    form = EntryForm(
        register=PERSONS, audience="all", is_lawful=True,
        records=[{"reference": f"{code}-1", "status": "wanted", "names": [{"whole": "Ona Common"}]}],
    )  # fmt: skip
    entered = network.nodes[code].records.enter(who, form)
    network.settle()
    return f"{entered.batch}.0"


def consign_document(network: Network, code: str, who: Session, number: str) -> Lot:
    node = network.nodes[code]
    fields = {"number": number, "country": "FRA" if code == "FR" else "XXA", "type": "passport", "loss": "stolen"}
    record = make_record(TRAVEL_DOCUMENTS, MemberCode(code), fields, Audience.everyone(), now=network.now)
    packed = node.consignments.pack(TRAVEL_DOCUMENTS, iter([record.encode()]))
    name = node.consignments.consign(who, Change(TRAVEL_DOCUMENTS, packed, is_lawful=True)).release
    return node.consignments.find(name).content.lots[0]


def make_scene(network: Network) -> Scene:
    claire = network.officer("FR", "claire", "registrar")
    xaver = network.officer(OWN, "xaver", "registrar")
    batch = network.enter(claire, "19AC00001").batch
    enter_person(network, "FR", claire)
    own_person = enter_person(network, OWN, xaver)
    own = consign_document(network, OWN, xaver, "XA0000001")
    network.settle(4)
    coming = consign_document(network, "FR", claire, "19AC00002")
    network.nodes["FR"].tick()
    network.cut("FR")  # the keeper has heard of it, and pulled nothing yet
    lt = Desk(network, "LT")
    blob = lt.attach(PHOTO)
    sent = lt.send("FR", attachments=(blob,))
    network.settle(3)
    assert lt.states(sent) == {"FR": "relayed"}
    return Scene(batch, coming, blob, sent, own, own_person)


def share(network: Network, data: bytes, key: bytes = b"\x01" * 32) -> str:
    """A blob of XX, which the keeper and FR may pull."""
    node = network.nodes[OWN]
    manifest = ChunkFiles(node.config.path("data") / "blobs").add([data], key)

    def apply(unit: UnitOfWork) -> None:
        unit.apply(BlobKept(manifest.id, manifest.encode()))
        unit.apply(BlobShared(manifest.id, (MemberCode("GS"), MemberCode("FR"))))

    node._store.change(apply)
    return manifest.id


def consign(network: Network, *lots: Lot, removed: tuple[str, ...] = (), register: RegisterName = DOCUMENTS) -> None:
    body = Consignment(1, register, MemberCode(OWN), lots, removed, network.now)
    put(network, OWN, sign_body(body, signer_of(network, OWN)).encode())
    network.settle(4)


def write(network: Network, to: str, blob: str, *, at: str = "", seconds: float = 30.0) -> None:
    attachment = {"name": "a", "media": "x", "size": 1, "blob": blob, "key": "00" * 32}
    head = {"blobs": [blob], "expires_at": network.now + timedelta(seconds=seconds)}
    copy = forged(network, to, sender=OWN, text=text_of(attachments=[attachment]), head=head)[to]
    put(network, OWN, copy, to=at or to)
    network.settle(2)


def names_a_batch_that_is_here(network: Network, scene: Scene) -> None:
    consign(network, Lot(scene.batch, 1, share(network, b"garbage"), "01" * 32))


def names_a_batch_that_is_coming(network: Network, scene: Scene) -> None:
    network.mend("FR")
    network.nodes["GS"]._puller.go_round()  # its lot is here; the keeper has not looked into it yet
    consign(network, Lot(scene.coming.batch, 1, share(network, b"garbage"), "01" * 32))


def names_its_own_batch_with_another_content(network: Network, scene: Scene) -> None:
    consign(network, Lot(scene.own.batch, 1, share(network, b"garbage"), "01" * 32))


def names_its_own_batch_again(network: Network, scene: Scene) -> None:
    data = network.nodes[OWN]._files.read_batch(scene.own.batch).encode()  # type: ignore[arg-type]
    consign(network, Lot(scene.own.batch, 1, share(network, data), "01" * 32))


def signs_anothers_record(network: Network, scene: Scene) -> None:
    """A head of its own over the very record and salt that it was shown."""
    held = network.nodes["GS"]._files.read_batch(scene.batch)  # type: ignore[arg-type]
    [record] = held.records
    salted = Salted([record.data], [record.salt], [record.hash], hash_leaf(record.hash))
    signed = sign_batch(TRAVEL_DOCUMENTS, MemberCode(OWN), salted, network.now, signer_of(network, OWN), version=1)
    assert signed.id == scene.batch
    put(network, OWN, signed.encode())
    consign(network, Lot(scene.batch, 1, share(network, signed.encode()), "01" * 32))


def hands_on_anothers_batch(network: Network, scene: Scene) -> None:
    data = network.nodes["GS"]._files.read_batch(scene.batch).encode()  # type: ignore[arg-type]
    put(network, OWN, parse_batch(data).encode())
    consign(network, Lot(scene.batch, 1, share(network, data), "01" * 32))


def names_a_blob_of_a_message(network: Network, scene: Scene) -> None:
    consign(network, Lot("ab" * 32, 1, scene.blob, "01" * 32))


def names_a_blob_of_a_consignment(network: Network, scene: Scene) -> None:
    network.mend("FR")
    network.nodes["GS"]._puller.go_round()
    consign(network, Lot("ab" * 32, 1, scene.coming.blob, scene.coming.key))


def takes_out_anothers_record(network: Network, scene: Scene) -> None:
    consign(network, removed=(f"{scene.batch}.0",))


def takes_out_its_own_record_of_another_register(network: Network, scene: Scene) -> None:
    consign(network, removed=(scene.own_person,))


def takes_out_a_record_that_never_was(network: Network, scene: Scene) -> None:
    consign(network, removed=(f"{scene.own.batch}.7",))


def writes_of_a_blob_by_the_relay(network: Network, scene: Scene) -> None:
    write(network, "FR", scene.blob, at="GS")


def writes_to_its_sender_of_a_blob(network: Network, scene: Scene) -> None:
    write(network, "LT", scene.blob)


def tells_of_things_that_it_did_not_get(network: Network, scene: Scene) -> None:
    names = {"FR": next(iter(names_of(network, "FR", "select id from consignment"))), "LT": scene.sent}
    for to, name in names.items():
        for of, step in ((to, "refused"), (OWN, "refused"), (OWN, "turned-down")):
            receipt = Receipt(
                v=1, of=name, recipient=MemberCode(of), to=MemberCode(to), by=MemberCode(OWN), step=step, position=0,
                at=network.now, rules=(), rulebook="", entry=EntryId(""),
            )  # fmt: skip
            network.mend(to)
            put(network, OWN, sign_body(receipt, signer_of(network, OWN)).encode(), to=to)


def asks_for_a_record_by_other_names(network: Network, scene: Scene) -> None:
    for offset in ("00", "1", "01", "000000001"):
        question = make_detail(network, f"{scene.batch}.0", OWN)
        data = frame_of(network, question).replace(f"{scene.batch}.0".encode(), f"{scene.batch}.{offset}".encode())
        put(network, OWN, data)
        put(network, OWN, frame_of(network, make_detail(network, f"{scene.batch}.{offset}", OWN)))


def does_nothing(_network: Network, _scene: Scene) -> None:
    """What the others are compared with."""


ACTS = (
    does_nothing,
    names_a_batch_that_is_here, names_a_batch_that_is_coming, names_its_own_batch_with_another_content,
    names_its_own_batch_again, signs_anothers_record, hands_on_anothers_batch, names_a_blob_of_a_message,
    names_a_blob_of_a_consignment, takes_out_anothers_record, takes_out_its_own_record_of_another_register,
    takes_out_a_record_that_never_was, writes_of_a_blob_by_the_relay,
    writes_to_its_sender_of_a_blob, tells_of_things_that_it_did_not_get, asks_for_a_record_by_other_names,
)  # fmt: skip


def names_of(network: Network, code: str, query: str) -> set[tuple[object, ...] | object]:
    path = network.founding.config(code).path("data") / "node.db"
    with closing(sqlite3.connect(path)) as rows:
        return {row[0] if len(row) == 1 else row for row in rows.execute(query)}


def kept(network: Network) -> set[object]:
    """Every batch file and row at every node but XX's, and every chunk that a message brought."""
    found: set[object] = set()
    for code in ("GS", "FR", "LT"):
        data = network.founding.config(code).path("data")
        found |= {(code, path.name, path.read_bytes()) for path in data.glob("batches/*/*.batch")}
        for table, columns in ROWS.items():
            found |= {(code, table, row) for row in names_of(network, code, f"select {columns} from {table}")}  # noqa: S608 - our own words
    return found


def answers(network: Network) -> list[object]:
    """What LT hears to questions about everybody's records."""
    ruta = network.officer("LT", "ruta", "inspector")
    node = network.nodes["LT"]
    asked = [{"number": number, "country": "FRA"} for number in ("19AC00001", "00XX00000")]
    asked.append({"number": "XA0000001", "country": "XXA"})
    said = [node.asker.check(ruta, {DOCUMENTS: each}, purpose="warn", reference="").registers[0] for each in asked]
    said.append(node.asker.check(ruta, {PERSONS: {"name": "Ona Common"}}, purpose="warn", reference="").registers[0])
    return [(each.answer, [hit.record for hit in each.hits]) for each in said]


def passing(found: set[object], scene: Scene) -> set[object]:
    """Rows of what is only on its way, which end when it has come."""
    return {row for row in found if scene.coming.blob in repr(row) and "'blob'" in repr(row)}


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_whatever_a_member_names_what_others_brought_stays(
    network: Network, act: Callable[[Network, Scene], None]
) -> None:
    scene = make_scene(network)
    before, heard = kept(network), answers(network)
    act(network, scene)
    network.cut(OWN)  # nothing is mended from there
    for _turn in range(3):
        network.turn(400.0)
    after = kept(network)
    assert not before - after - passing(before, scene)
    assert not {row for row in after - before if "'removal'" in repr(row)}, "nothing was taken out"
    assert answers(network) == heard
    network.cut("LT")  # the relay alone has what its message needs
    network.mend("FR")
    for _turn in range(3):
        network.turn(400.0)
    fr = Desk(network, "FR")
    assert scene.sent in fr.inbox()
    _outcome, parts = network.nodes["FR"].messages.read_attachment(fr.session(), scene.sent, BlobId(scene.blob))
    assert b"".join(parts) == PHOTO
    network.mend("LT")
    ruta = network.officer("LT", "ruta", "inspector")
    assert network.check(ruta, "19AC00002", "FRA").registers[0].answer == "hit", "what was on its way has come"
    network.stop("GS", gracefully=False)
    network.start("GS")
    network.settle(3)
    assert answers(network) == heard, "the index was built anew from what is there"
    assert not network.nodes["GS"].damages.all()


@pytest.mark.parametrize("way", ["directly", "by the relay"])
def test_who_named_a_blob_first_does_not_decide_how_long_it_is_pulled_and_from_whom(network: Network, way: str) -> None:
    lt = Desk(network, "LT")
    blob = lt.attach(PHOTO)
    if way == "by the relay":
        network.cut("FR")
    write(network, "FR", blob, at="GS" if way == "by the relay" else "")
    network.turn(60.0)  # its end has come
    sent = lt.send("FR", attachments=(blob,))
    network.settle(4)
    if way == "by the relay":
        network.cut("LT")
        network.mend("FR")
    for _turn in range(3):
        network.turn(400.0)
    fr = Desk(network, "FR")
    assert sent in fr.inbox()
    _outcome, parts = network.nodes["FR"].messages.read_attachment(fr.session(), sent, BlobId(blob))
    assert b"".join(parts) == PHOTO
