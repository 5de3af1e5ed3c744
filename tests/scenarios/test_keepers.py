"""A register is asked, and entered into, only at the node that keeps it."""

import lmdb
import pytest

from comity.exchange.receipt import Receipt
from comity.exchange.signed import open_signed
from comity.ids import MemberCode, record_id
from comity.registers.batch import parse_batch
from comity.registers.persons import PERSONS
from comity.registers.register import ask_keys
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.testing import DOCUMENTS, Network


def test_a_bureau_takes_no_batch_and_says_which_rule_refuses(network: Network) -> None:
    claire = network.officer("FR", "claire", "registrar")
    batches: list[bytes] = []

    def listen(_from: str, _to: str, data: bytes) -> bytes:
        if data.startswith(b"comity-batch/"):
            batches.append(data)
        return data

    network.meddle = listen
    network.enter(claire, "19AC41001")
    answer = network.carry(MemberCode("FR"), MemberCode("BR"), batches[0], 5.0)

    assert isinstance(answer, bytes)
    bureau = network.nodes["FR"].directory().find_bureau(MemberCode("BR"), network.now)
    assert bureau is not None
    receipt = open_signed(answer, Receipt, bureau.signing_key)
    assert receipt.step == "refused"
    assert receipt.rules == ("CTY-2.2",)
    assert receipt.of == parse_batch(batches[0]).id
    assert (receipt.recipient, receipt.to, receipt.by, receipt.position) == ("BR", "FR", "BR", 0)


def test_a_keeper_with_locked_keys_begins_nothing(network: Network) -> None:
    ruta = network.officer("LT", "ruta", "inspector")
    network.stop("GS")
    network.start("GS", locked=True)
    network.settle()

    checked = network.check(ruta, "19AC41002", "FRA")

    assert checked.registers[0].answer == "no-answer"
    assert checked.why == "unavailable"


@pytest.mark.parametrize("damage", [b"no index" * 4096, b""])
def test_an_index_that_cannot_be_used_is_built_again_by_itself(network: Network, damage: bytes) -> None:
    network.enter(network.officer("FR", "claire", "registrar"), "19AC45678")
    network.settle()
    network.stop("GS")
    path = network.founding.folder / "GS" / "data" / "index" / "travel-documents.lmdb"
    if damage:
        path.write_bytes(damage)
    else:  # an index of the version before
        with lmdb.open(str(path), subdir=False, max_dbs=5) as environment, environment.begin(write=True) as txn:
            txn.put(b"format", b"comity-index/1 travel-documents", db=environment.open_db(b"about", txn))
    network.start("GS")
    network.settle(2)
    ruta = network.officer("LT", "ruta", "inspector")
    assert network.check(ruta, "19AC45678", "FRA").registers[0].answer == "hit"


def test_damage_is_no_answer_for_one_register_red_in_health_and_mended(network: Network) -> None:
    """The other register of the same question is answered; the asker is told why there is no answer."""
    network.enter(network.officer("FR", "claire", "registrar"), "19AC45678")
    ruta = network.officer("LT", "ruta", "inspector")
    index = network.nodes["GS"]._shelves._indexes[DOCUMENTS]._current.exact
    [key] = ask_keys(TRAVEL_DOCUMENTS, {"number": "19AC45678", "country": "FRA"})
    with index.environment.begin(write=True) as txn:
        txn.put(key, b"changed", db=index._tables.postings)

    terms = {DOCUMENTS: {"number": "19AC45678", "country": "FRA"}, PERSONS.name: {"number": "19AC45678"}}
    checked = network.nodes["LT"].asker.check(ruta, terms, purpose="border-control", reference="")
    assert {each.register: each.answer for each in checked.registers} == {DOCUMENTS: "no-answer", "persons": "nothing"}
    assert checked.why == "register-unready"
    [problem] = network.nodes["GS"].health().problems
    assert (problem.code, problem.is_red) == ("index-damaged", True)
    assert DOCUMENTS in problem.message
    assert network.check(ruta, "19AC00000", "FRA").registers[0].answer == "no-answer", "nothing is said of no number"

    network.settle()
    assert network.check(ruta, "19AC45678", "FRA").registers[0].answer == "hit"
    assert network.nodes["GS"].health().is_ok


def test_no_changed_byte_of_a_batchs_file_turns_a_record_into_nothing(network: Network) -> None:
    """Neither in a check nor where the record is asked for by its name."""
    entered = network.enter(network.officer("FR", "claire", "registrar"), "19AC45678")
    ruta = network.officer("LT", "ruta", "inspector")
    assert entered.batch is not None
    record = record_id(entered.batch, 0)
    path = network.founding.folder / "GS" / "data" / "batches" / entered.batch[:2] / f"{entered.batch}.batch"
    whole = path.read_bytes()
    said = set()
    for place in (0, 17, 20, 24, 40, 56, 60, 100, 105, 200, len(whole) - 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        said.add(network.check(ruta, "19AC45678", "FRA").registers[0].answer)
        read = network.nodes["LT"].asker.read(ruta, record, purpose="border-control", reference="")
        assert read.shown is not None
        said.add(read.shown.detail.answer if read.shown.detail else "no-answer")
    assert said <= {"hit", "shown", "no-answer"}
    assert "no-answer" in said
