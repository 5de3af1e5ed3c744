"""The secretariat's desk for the directory: measures against members, and roles that their holders have signed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from comity.act import Session
from comity.gate import Gate, Outcome
from comity.ids import MemberCode
from comity.members.measure import PUBLISH, SET, parse_measure
from comity.members.standing import Statement
from comity.office.officers import Officers


class MeasuresDesk:
    """A node has one, as ``Node.measures``.

    ``get_member`` raises UnknownError for a code of nobody, ``verify_draft`` what makes a draft unfit for publication.
    ``on_decided`` is called when there is something to publish.
    """

    def __init__(
        self, gate: Gate[Any], officers: Officers, get_member: Callable[[str], MemberCode],
        verify_draft: Callable[[bytes], None], on_decided: Callable[[], None],
    ) -> None:  # fmt: skip
        self._gate = gate
        self._officers = officers
        self._get_member = get_member
        self._verify_draft = verify_draft
        self._on_decided = on_decided

    def set_standing(
        self, session: Session, member: str, channel: str, state: str, *, reason: str, reference: str,
        until_at: datetime | None,
    ) -> Outcome[Statement]:  # fmt: skip
        """Take or lift a measure; in force everywhere within a second of the act, wherever the line is up."""
        refused = self._officers.find_refusal(session, SET.name, on=member)
        if refused is not None:
            return refused
        measure = parse_measure(self._get_member(member), channel, state, reason, reference, until_at)
        outcome = self._gate.perform(SET, session, measure, on=member)
        self._on_decided()
        return outcome

    def publish(self, session: Session, draft: bytes) -> Outcome[None]:
        """Publish a role that its holders signed; UntrustedError before the act for one that cannot be."""
        refused = self._officers.find_refusal(session, PUBLISH.name)
        if refused is not None:
            return refused
        self._verify_draft(draft)
        outcome = self._gate.perform(PUBLISH, session, draft)
        self._on_decided()
        return outcome
