"""Standing: what each member may do on each channel, as the one online role ``standing`` states it."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, TypeVar

import msgspec

from comity.bounded import Line, Reference
from comity.errors import MalformedError, TooLargeError
from comity.formats import Format
from comity.ids import MemberCode, parse_member_code
from comity.limits import FIELD_CHARS, REFERENCE_CHARS, STANDING_STATEMENTS_MAX, TARGET_BYTES
from comity.plug import RoomPart
from comity.texts import _


class Channel(StrEnum):
    """What a standing speaks about: asking, entering records, sending messages."""

    QUERY = "query"
    ENTER = "enter"
    MESSAGE = "message"


class State(StrEnum):
    """Open; open after release by a reviewer; suspended."""

    OPEN = "open"
    REVIEW = "review"
    SUSPENDED = "suspended"


Choice = TypeVar("Choice", bound=StrEnum)


def parse_choice(choices: type[Choice], text: str) -> Choice:
    """One of the choices by its value; MalformedError names them all."""
    try:
        return choices(text)
    except ValueError as error:
        names = ", ".join(choice.value for choice in choices)
        raise MalformedError(_("It is one of: {names}.").format(names=names), where=choices.__name__.lower()) from error


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One member's state on one channel from ``since_at`` on, and before ``until_at`` if it has an end.

    ``reason`` is a sentence for the member; ``reference`` names the rule or measure. Both are required of anything
    but ``open``.
    """

    member: MemberCode
    channel: Channel
    state: State
    since_at: datetime
    until_at: datetime | None = None
    reason: Line = ""
    reference: Reference = ""

    def is_in_force(self, now: datetime) -> bool:
        """Whether ``now`` lies in its time."""
        return self.since_at <= now and (self.until_at is None or now < self.until_at)


STATEMENT: Final = Format[Statement]("asked-standing", {1: Statement}, has_v_from=2)
"""A measure that waits in the secretariat's store to be published."""


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``standing.json``: statements about all members.

    Of the statements in force, the one that began last holds; so a dated measure ends by itself, and what held before
    holds again. Where nothing is in force, nothing is allowed.

    Evolution: ``v`` changes when the meaning of a field does; readers refuse versions, states, channels and fields that
    they do not know, so an addition is a target of its own beside this one until every node reads it.
    """

    v: Literal[1]
    statements: Annotated[tuple[Statement, ...], msgspec.Meta(max_length=STANDING_STATEMENTS_MAX)]

    def find(self, member: MemberCode, channel: Channel, now: datetime) -> Statement | None:
        """The statement that holds at ``now``; None means that nothing is allowed."""
        last = None
        for each in self.statements:
            if each.member == member and each.channel == channel and each.is_in_force(now):
                last = each if last is None or each.since_at > last.since_at else last
        return last

    def encode(self) -> bytes:
        """The target's bytes: JSON, statements in the order of member, channel and beginning."""
        return msgspec.json.encode(msgspec.structs.replace(self, statements=tuple(sorted(self.statements, key=_order))))


STANDING: Final = Format[Standing]("standing", {1: Standing})
NOTHING = Standing(1, ())


def state(standing: Standing, new: Statement) -> Standing:
    """``standing`` with ``new`` added, and without what can never hold again: ended, or covered for good by ``new``."""

    def is_kept(old: Statement) -> bool:
        if (old.member, old.channel) != (new.member, new.channel):
            return True
        if old.until_at is not None and old.until_at <= new.since_at:
            return False
        return not (old.since_at == new.since_at or (new.until_at is None and old.since_at < new.since_at))

    kept = tuple(each for each in standing.statements if is_kept(each))
    return parse_standing(Standing(1, (*kept, new)).encode())


def open_channels(standing: Standing, member: MemberCode, now: datetime) -> Standing:
    """``standing`` with every channel of ``member`` open from ``now`` on, as after its admission."""
    for channel in Channel:
        standing = state(standing, Statement(member, channel, State.OPEN, now))
    return standing


def forget(standing: Standing, member: MemberCode) -> Standing:
    """``standing`` without ``member``, as after its removal."""
    return Standing(1, tuple(each for each in standing.statements if each.member != member))


def parse_standing(data: bytes) -> Standing:
    """Read ``standing.json``; MalformedError or TooLargeError if it is none."""
    found = STANDING.read(data, where="standing.json", most=TARGET_BYTES)
    if len(found.statements) > STANDING_STATEMENTS_MAX:
        raise TooLargeError(
            _("At most {most} statements are in force.").format(most=STANDING_STATEMENTS_MAX), where="standing.json"
        )
    for each in found.statements:
        _check(each)
    places = [_order(each) for each in found.statements]
    if places != sorted(set(places)):
        raise MalformedError(
            _("Statements stand in the order of member, channel and beginning, once each."),
            where="standing.json",
        )
    return found


def _order(each: Statement) -> tuple[str, str, datetime]:
    return each.member, each.channel.value, each.since_at


def _check(each: Statement) -> None:
    parse_member_code(each.member)
    where = f"standing.json: {each.member} {each.channel}"
    times = [each.since_at] if each.until_at is None else [each.since_at, each.until_at]
    if any(time.utcoffset() != UTC.utcoffset(None) for time in times):
        raise MalformedError(_("Times are in UTC."), where=where)
    if each.until_at is not None and each.until_at <= each.since_at:
        raise MalformedError(_("A statement ends after it begins."), where=where)
    if len(each.reason) > FIELD_CHARS or len(each.reference) > REFERENCE_CHARS:
        raise TooLargeError(_("The reason or the reference is too long."), where=where)
    if each.state is not State.OPEN and not (each.reason.strip() and each.reference.strip()):
        raise MalformedError(_("A measure has a reason and names its rule."), where=where)


PART: Final = RoomPart(travelling=(STANDING,), kept=(STATEMENT,))
