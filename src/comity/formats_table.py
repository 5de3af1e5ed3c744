"""Every format of the program: what is here has its versions for ever, and golden bytes of each in the tests.

What is not here may change at once: busy signs, complaints, chunks and nudges, which nobody signs or keeps.
"""

from typing import Any, Final

from comity.evidence import EVIDENCE
from comity.exchange.blob import MANIFEST, BlobQuestion, ChunkQuestion
from comity.exchange.envelope import HEAD, SEALS
from comity.exchange.forms import form_versions
from comity.exchange.greeting import Greeting
from comity.exchange.mending import PartQuestion
from comity.exchange.message import ATTACHMENT, TEXT
from comity.exchange.receipt import Receipt
from comity.exchange.signed import Signed
from comity.formats import Format
from comity.gate import CONTENT
from comity.ledger.checkpoint import PERIOD_OPENED
from comity.ledger.entry import LEAF
from comity.members.ceremony import DRAFT
from comity.members.directory import STORED
from comity.members.keys import KEY_FILE
from comity.members.member import BUREAU, MEMBERS, REQUEST
from comity.members.reads import READS, READS_LIST
from comity.members.standing import STANDING, STATEMENT
from comity.members.succession import SUCCESSION
from comity.peer.brought import FILE_NOTE, FILE_REPORT
from comity.registers.batch import BATCH
from comity.registers.consignment import Consignment
from comity.registers.question import Answer, Detail, DetailQuestion, Question
from comity.registers.record import RECORD

SIGNED: Final[tuple[type[Signed], ...]] = (
    Question, Answer, DetailQuestion, Detail, Receipt, Consignment, BlobQuestion, ChunkQuestion, PartQuestion, Greeting,
)  # fmt: skip
"""Bodies of frames, which have their format with them."""

TRAVELLING: Final[tuple[Format[Any], ...]] = (
    *(each.format for each in SIGNED),
    HEAD, SEALS, TEXT, MANIFEST, BATCH, RECORD, MEMBERS, BUREAU, SUCCESSION, STANDING, READS, READS_LIST, REQUEST,
    DRAFT, EVIDENCE, LEAF, CONTENT,
)  # fmt: skip
"""What others read. Which versions of it this node reads is what it states."""

KEPT: Final[tuple[Format[Any], ...]] = (
    PERIOD_OPENED, STORED, KEY_FILE, STATEMENT, ATTACHMENT, FILE_NOTE, FILE_REPORT,
)  # fmt: skip
"""What a node keeps for itself."""

FORMATS: Final = (*TRAVELLING, *KEPT)


def newest_versions() -> dict[str, int]:
    """The newest version that this program reads of each format that travels, and of each form, by name."""
    return {each.name: each.newest for each in TRAVELLING} | form_versions()
