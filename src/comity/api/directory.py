"""The network: its members, what each may do, measures, and publishing signed roles."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Final

from litestar import get, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from comity.api.given import AtNode, BySession
from comity.api.problems import MAY_BE_HELD, SIGNED_IN, problems, verify_done
from comity.api.wire import Done, DraftForm, MemberList, MemberShown, StandingForm, StandingShown
from comity.errors import MalformedError
from comity.limits import DRAFT_BODY_BYTES
from comity.members.directory import Directory
from comity.members.listing import Listing
from comity.members.standing import Channel
from comity.plug import FacePart
from comity.texts import _


@get("/members", responses=problems(*SIGNED_IN), opt={"kind": "member.list", "needs": ()}, sync_to_thread=True)
def list_members(node: AtNode, session: BySession) -> MemberList:
    """Who is in the network, and what each member may do now."""
    del session
    directory = node.directory()
    now = node.now()
    members = tuple(member_shown(directory, each, now) for _code, each in sorted(directory.listings.items()))
    return MemberList(directory.network, directory.verified_at, members)


@post("/standing", status_code=HTTP_200_OK, responses=problems(*MAY_BE_HELD, 404), opt={"kind": "standing.set"},
      sync_to_thread=True)  # fmt: skip
def set_standing(data: JSONBody[StandingForm], node: AtNode, session: BySession) -> Done:
    """Set a member's standing on one channel: at the secretariat, with reason, reference and end."""
    until_at = parse_end(data.until_at, node.now())
    outcome = node.measures.set_standing(
        session,
        data.member,
        data.channel,
        data.state,
        reason=data.reason,
        reference=data.reference,
        until_at=until_at,
    )
    verify_done(outcome)
    return Done(outcome.entry)


@post("/directory", status_code=HTTP_200_OK, responses=problems(*MAY_BE_HELD), opt={"kind": "directory.publish"},
      request_max_body_size=DRAFT_BODY_BYTES, sync_to_thread=True)  # fmt: skip
def publish(data: JSONBody[DraftForm], node: AtNode, session: BySession) -> Done:
    """Publish a role of the directory that its key holders have signed."""
    try:
        draft = base64.b64decode(data.draft, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError(_("The draft is not base64."), where="draft") from None
    outcome = node.measures.publish(session, draft)
    verify_done(outcome)
    return Done(outcome.entry)


def parse_end(text: str, now: datetime) -> datetime | None:
    """When a measure ends, from ISO 8601: a day is its beginning in UTC; empty is None.

    MalformedError for what is no time, or is over.
    """
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise MalformedError(_("A time is written 2026-11-23 or 2026-11-23T14:00+02:00."), where="until_at") from None
    if found <= now:
        raise MalformedError(
            _("The measure would have ended before it begins."), where="until_at",
            next_step=_("Give a day to come; a day is its beginning in UTC."),
        )  # fmt: skip
    return found


def member_shown(directory: Directory, listing: Listing, now: datetime) -> MemberShown:
    """A member as readers see it."""
    code = listing.member.code
    standing = []
    for channel in Channel:
        said = directory.find_statement(code, channel, now)
        standing.append(
            StandingShown(channel.value, said.state.value, said.until_at, said.reason, said.reference)
            if said
            else StandingShown(channel.value, "", None, "", "")
        )
    desk, ledger = (listing.bureau.desk, listing.bureau.ledger) if listing.bureau else ("", "")
    return MemberShown(
        code, listing.member.title, listing.member.countries, desk, ledger, listing.absent, tuple(standing)
    )


PART: Final = FacePart((list_members, set_standing, publish))
