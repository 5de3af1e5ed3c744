"""What was asked about the record of a hit, for whoever had that hit: where it stands, and what its source answered."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from comity.act import Session
from comity.api.problems import speak_rules
from comity.api.query_wire import AskedShown
from comity.exchange.asked import AskedState
from comity.node import Node
from comity.office.forms import AskedAbout
from comity.registers.question import DISPUTED, Hit
from comity.shown.forms import STATE_TITLES, STATE_TONES, form_shown
from comity.texts import N_, _

OPEN_STATES: Final = (AskedState.COMING, AskedState.WAITING, AskedState.OVERDUE, AskedState.UNREACHED)
"""States in which an answer may still come."""
ASKED_BY: Final = "message.send"
UNREAD: Final = N_(
    "Something about this record cannot be read at this node now: more may have been asked, or answered. Look under "
    "Messages before you ask again."
)


class AskedBefore(NamedTuple):
    """What was asked about a record, the newest first; of the members ``cut`` there is more.

    ``unread`` says that something of it cannot be read here, and what to do; empty where all can.
    """

    asked: tuple[AskedShown, ...]
    cut: tuple[str, ...]
    unread: str = ""


def asked_shown(node: Node, by: Session, records: Sequence[str]) -> dict[str, AskedBefore]:
    """By record, what was asked about it."""
    found = node.forms.asked_about(by, *records) if records else ()
    return {
        record: AskedBefore(
            tuple(_shown(node, each) for each in about.asked), about.cut, "" if about.is_whole else _(UNREAD)
        )
        for record, about in zip(records, found, strict=True)
    }


def is_askable(node: Node, hit: Hit) -> bool:
    """Whether the source of a hit can be asked about it: it is another bureau's, and nothing is in doubt about that."""
    return hit.instruction != DISPUTED and hit.source != node.config.code


def may_ask(node: Node, roles: Iterable[str]) -> bool:
    """Whether an officer's roles include asking a source."""
    return node.knowledge.rulebook().rulebook.may(roles, ASKED_BY)


def _shown(node: Node, asked: AskedAbout) -> AskedShown:
    head = asked.message.head
    recipient = ", ".join(each.member for each in head.recipients)
    wording = node.knowledge.rulebook().wording
    said = form_shown(asked.said, wording, sender=recipient, recipient=head.sender) if asked.said else None
    return AskedShown(
        message=asked.message.id,
        sender=head.sender,
        recipient=recipient,
        sent_at=head.sent_at,
        answer_by=head.answer_by,
        state=asked.state.value,
        word=_(STATE_TITLES[asked.state]),
        tone=said.tone if said else STATE_TONES[asked.state],
        sentences=said.sentences if said else (),
        is_open=asked.state in OPEN_STATES,
        is_unread=asked.is_unread,
        rules=speak_rules(node, asked.rules),
    )
