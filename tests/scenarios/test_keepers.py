"""A register is asked, and entered into, only at the node that keeps it."""

import lmdb
import pytest

from comity.exchange.receipt import Receipt
from comity.exchange.signed import open_signed
from comity.ids import MemberCode
from comity.registers.batch import parse_batch
from comity.testing import Network


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
