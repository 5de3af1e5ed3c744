"""What is changed on the disk is found: each table is compared by the caretaker, or it is said why nothing is lost."""

import inspect
import re

from comity.capabilities import parts
from comity.caretaker import Caretaker
from comity.plug import StorePart

COMPARED = {
    "officer": "officer", "pending_entry": "entry", "ledger_entry": "list", "ledger_about": "list",
    "message": "message", "receipt": "receipt", "delivery": "delivery", "blob": "attachment",
    "held_act": "held", "held_word": "held", "due_act": "held",
    "known_key": "directory", "batch": "catalogue", "removal": "catalogue", "consignment": "catalogue",
}  # fmt: skip
"""By which check of the caretaker each table is compared with what it was made of."""
NOT_COMPARED = {
    "session": "a forged one is of nobody's token, and a lost one is signed in again",
    "sequenced": "where the ledger's files end, which are read from there and say so themselves",
    "alerted": "how far alerts have gone: one that is lost is told again, and hits stand in the ledger",
    "publication": "what waits to be published, which is verified and signed when it is",
    "reach": "who could see a change that came in: whoever is told of it asks, and is judged then",
    "upload": "attachments that are not sent yet, sealed under the node's key",
    "blob_name": "who names a blob: one that is lost is pulled again when its message is opened",
    "blob_reader": "who may pull a blob, which is ciphertext to everybody but its readers",
    "own_record": "a list made of batch files and catalogue, which is made anew; no answer comes of it",
    "batch_end": "when batches begin to be over: each is looked at again, one after the other (office/ending.py)",
    "own_key": "as own_record", "own_through": "as own_record",
}  # fmt: skip
"""Tables that nothing compares, and why that serves nobody anything wrong."""


def checks() -> set[str]:
    """The kinds of things that the caretaker goes round, as its code names them."""
    return set(re.findall(r'"([a-z]+)": self\._check', inspect.getsource(Caretaker.__init__)))


def test_each_table_is_compared_by_somebody_or_it_is_said_why_not() -> None:
    tables = {table.name for part in parts("store", StorePart) for table in part.tables}
    assert sorted(tables - COMPARED.keys() - NOT_COMPARED.keys()) == [], "compare it in caretaker.py, or say why not"
    assert (COMPARED.keys() | NOT_COMPARED.keys()) - tables == set()
    assert COMPARED.keys() & NOT_COMPARED.keys() == set()


def test_what_compares_them_is_there() -> None:
    assert {"held", "message"} <= checks()
    assert set(COMPARED.values()) <= checks()
