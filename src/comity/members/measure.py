"""The secretariat's acts on the directory: a measure on a member's standing, and taking in a signed role."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from comity.act import Act
from comity.characters import verify_line
from comity.errors import MalformedError
from comity.gate import Decision, Done, GivesTo, NothingToSee, done
from comity.ids import MemberCode
from comity.kind import Kind
from comity.members.directory import Directory
from comity.members.home import Partners
from comity.members.presence import facts_of
from comity.members.standing import Channel, Standing, State, Statement, parse_choice, parse_standing
from comity.plug import RoomPart
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.texts import N_, _

_DAY_S = 86_400.0


class PublicationAsked(msgspec.Struct, frozen=True):
    """A change of the directory was decided and waits to be published.

    ``kind`` is ``standing`` (``body`` is a Statement, JSON), ``draft`` (a signed role, as carried) or ``reads`` (what a
    node reads, as signed).
    """

    kind: str
    body: bytes


class AlertsWithdrawn(msgspec.Struct, frozen=True):
    """What waits here to tell this member of hits on its records is taken back: it is told of none any more."""

    member: MemberCode


class Measure(msgspec.Struct, frozen=True):
    """The body of ``standing.set``: what is to hold for a member on a channel from now on."""

    member: MemberCode
    channel: Channel
    state: State
    reason: str
    reference: str
    until_at: datetime | None = None


SET: Final = Kind[Measure, Statement]("standing.set", Measure, title=N_("Setting a measure"))
"""The secretariat's duty officer takes or lifts a measure."""


def parse_measure(
    member: MemberCode, channel: str, state: str, reason: str, reference: str, until_at: datetime | None
) -> Measure:
    """Read a measure; MalformedError for what is no channel or state, and for a time without a zone."""
    if until_at is not None and until_at.tzinfo is None:
        raise MalformedError(_("A time has a time zone."), where="until_at")
    return Measure(member, parse_choice(Channel, channel), parse_choice(State, state), reason, reference, until_at)


class SetStanding(NothingToSee):
    """What is done for ``SET``."""

    changes = True
    gives_to: GivesTo = "everybody"

    def __init__(self, directory: Callable[[], Directory], *, is_secretariat: bool) -> None:
        self._directory = directory
        self._is_secretariat = is_secretariat

    def facts(self, act: Act[Measure], seen: None) -> Facts:
        """Whether the measure is reasoned, how long it lasts, and who decided it."""
        del seen
        measure = act.body
        days = (measure.until_at - act.at).total_seconds() / _DAY_S if measure.until_at else None
        is_lifted = measure.state is State.OPEN
        return facts_of(
            act,
            self._directory(),
            is_secretariat=self._is_secretariat,
            has_reason=bool(measure.reason.strip()),
            has_reference=bool(measure.reference.strip()),
            measure_days=1.0 if is_lifted and days is None else days,  # lifting a measure needs no end
        )

    def decide(self, act: Act[Measure], verdict: Verdict, seen: None) -> Decision[Statement]:
        """Ask for its publication, and take back what waits to tell the member of hits, in the act's transaction.

        MalformedError or TooLargeError for a measure that the directory cannot state, such as too long a reason.
        """
        del seen
        measure = act.body
        detail: dict[str, Any] = msgspec.to_builtins(measure)
        if not verdict.is_allowed:
            return Decision(detail=detail)
        verify_line(measure.reason, "reason")
        verify_line(measure.reference, "reference")
        statement = Statement(
            measure.member,
            measure.channel,
            measure.state,
            act.at,
            measure.until_at.astimezone(UTC) if measure.until_at else None,
            measure.reason.strip(),
            measure.reference.strip() or f"entry of {act.at:%Y-%m-%d}",
        )
        parse_standing(Standing(1, (statement,)).encode())  # what cannot be published is not decided
        asked = PublicationAsked("standing", msgspec.json.encode(statement))
        is_open = measure.state is State.OPEN  # under any measure it hears less of a hit than what waits would tell
        return Decision(
            release=lambda _entry: statement,
            changes=(asked,) if is_open else (asked, AlertsWithdrawn(measure.member)),
            detail=detail,
        )


PUBLISH: Final = Kind[bytes, None]("directory.publish", bytes, title=N_("Publishing the directory"))
"""A role that its holders have signed is to be published; the body is the draft's bytes."""


class PublishRole(NothingToSee):
    """What is done for ``PUBLISH``."""

    changes = True
    gives_to: GivesTo = "everybody"

    def __init__(self, directory: Callable[[], Directory], *, is_secretariat: bool) -> None:
        self._directory = directory
        self._is_secretariat = is_secretariat

    def facts(self, act: Act[bytes], seen: None) -> Facts:
        """Where it is done; who signed the role is for the publisher to verify."""
        del seen
        return facts_of(act, self._directory(), is_secretariat=self._is_secretariat)

    def decide(self, act: Act[bytes], verdict: Verdict, seen: None) -> Decision[None]:
        """Ask for its publication in the same transaction as the act."""
        del seen
        return Decision(changes=(PublicationAsked("draft", act.body),)) if verdict.is_allowed else Decision()


def _acts(partners: Partners) -> tuple[Done, ...]:
    home = partners.home
    return (
        done(SET, SetStanding(home.directory, is_secretariat=home.is_secretariat)),
        done(PUBLISH, PublishRole(home.directory, is_secretariat=home.is_secretariat)),
    )


PART: Final = RoomPart((SET, PUBLISH), _acts)
