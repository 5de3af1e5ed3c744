"""Receipts: what a node signs about something that was delivered to it."""

import hashlib
from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal

import msgspec

from comity.bounded import Count, Hash, HashOrNone, RuleNumber
from comity.errors import UntrustedError
from comity.exchange.signed import Moment, Signed, sign_for, verify_moments
from comity.formats import Format
from comity.ids import EntryId, MemberCode
from comity.limits import RECEIPT_RULES_MAX
from comity.members.home import Home
from comity.plug import RoomPart
from comity.rules.verdict import Verdict
from comity.signer import Frame
from comity.texts import _

Step = Literal["relayed", "delivered", "opened", "entered", "turned-down", "refused", "later"]


class Receipt(Signed, frozen=True, forbid_unknown_fields=True):
    """What became of ``of`` (an envelope, a batch, or a receipt by its frame's hash) at ``recipient``, told to ``to``.

    ``by`` is who says so: the recipient, or for ``relayed`` the secretariat, which keeps it until the recipient is
    there. ``delivered``: it is durable at the recipient, and a copy that comes again is not a second one. ``opened``:
    an officer has read it. ``refused``: for good, by ``rules``. ``later``: what refuses it will pass by itself; send it
    again. Of a consignment, ``entered`` and ``turned-down`` follow: all of it is in the register, or nothing.
    ``position`` is where a batch or consignment stands among all changes of that register by ``to``, from 1; 0
    otherwise. ``entry`` is the act in the ledger of ``by``.

    Evolution: as for ``Signed``.
    """

    context: ClassVar[str] = "receipt"

    v: Literal[1]
    of: Hash
    recipient: MemberCode
    to: MemberCode
    by: MemberCode
    step: Step
    position: Count
    at: Moment
    rules: Annotated[tuple[RuleNumber, ...], msgspec.Meta(max_length=RECEIPT_RULES_MAX)]
    rulebook: HashOrNone
    entry: EntryId

    def __post_init__(self) -> None:
        verify_moments(self.at)


Receipt.format = Format("receipt", {1: Receipt})


def sign_receipt(
    home: Home,
    of: str,
    step: Step,
    *,
    recipient: MemberCode,
    to: MemberCode,
    at: datetime,
    verdict: Verdict,
    entry: EntryId,
    position: int = 0,
) -> Frame:
    """This node's receipt about what was delivered to it, or at the relay is to be taken on to ``recipient``."""
    receipt = Receipt(
        v=1, of=of, recipient=recipient, to=to, by=home.member, step=step, position=position, at=at,
        rules=verdict.rules[:RECEIPT_RULES_MAX], rulebook=verdict.rulebook, entry=entry,
    )  # fmt: skip
    return sign_for(receipt, home, to, home.secretariat)  # which may have to relay it


def receipt_name(frame: Frame) -> str:
    """How a receipt is named where it is itself delivered: the SHA-256 of its frame, hexadecimal."""
    return hashlib.sha256(frame.encode()).hexdigest()


def verify_receipt(receipt: Receipt, secretariat: MemberCode) -> None:
    """Raise UntrustedError unless ``by`` is one who may say that step."""
    if receipt.by != (secretariat if receipt.step == "relayed" else receipt.recipient):
        raise UntrustedError(_("This receipt is by somebody who cannot know."), where="receipt")


PART: Final = RoomPart(travelling=(Receipt.format,))
