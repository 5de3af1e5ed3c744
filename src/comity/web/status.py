"""How the node is, for everybody signed in: a page, and the state line by server-sent events."""

import time
from collections.abc import AsyncGenerator
from typing import Final

import anyio
import anyio.to_thread
from litestar import Response, get
from litestar.response import Stream

from comity.api.directory import member_shown
from comity.api.given import Call
from comity.errors import UnauthenticatedError, UnavailableError
from comity.limits import EVENTS_MAX, EVENTS_S
from comity.plug import FacePart, OfferedPage
from comity.texts import N_, _
from comity.web.desk import Seat
from comity.web.front import READING, Front
from comity.web.given import AtFront, BySeat
from comity.web.times import now

_LOOK_S = 2.0
_BEAT_S = 20.0  # a comment, so that nothing on the way takes the silence for an end


@get("/status", sync_to_thread=True)
def show_status(request: Call, seat: BySeat, front: AtFront) -> Response[str]:
    """What is wrong and what to do; the line, the directory, the members."""
    node = front.node
    try:
        directory = node.directory()
    except UnavailableError:
        directory = None
    at = now()
    members = (
        [member_shown(directory, each, at) for _code, each in sorted(directory.listings.items())] if directory else []
    )
    return front.page(
        request,
        seat,
        "status.html",
        health=node.health(),
        directory=directory,
        members=members,
        rulebook=node.knowledge.rulebook().rulebook if directory else None,
    )


@get("/events")
async def events(seat: BySeat, front: AtFront) -> Stream:
    """The state line whenever it changes. It ends after a while, and the browser asks anew, signed in or not."""
    if front.streams >= EVENTS_MAX:
        raise UnavailableError(_("Too many pages are open."), next_step=_("Reload to see the state."))
    return Stream(follow(seat, front), media_type="text/event-stream; charset=utf-8")


async def follow(seat: Seat, front: Front, *, look_s: float = _LOOK_S) -> AsyncGenerator[bytes, None]:
    """Server-sent events (HTML, 9.2): ``state`` for each change of the line, with its HTML; to readers of messages
    ``messages`` whenever anything about these has changed, with the count of the unopened as HTML; ``asked``, to others
    who check, then: what was asked about a hit may have changed; ``held`` whenever the count of acts that wait for this
    officer has, as HTML.
    """  # noqa: D205 - one sentence
    front.streams += 1
    try:
        revision, waiting = None, None
        last, end, beat = "", time.monotonic() + EVENTS_S, time.monotonic() + _BEAT_S
        while (moment := time.monotonic()) < end:
            try:
                seat = await anyio.to_thread.run_sync(front.seat_of, seat.session)
            except UnauthenticatedError:  # signed out, disabled, or too long ago: nothing more is told here
                return
            text = await anyio.to_thread.run_sync(_line, seat, front)
            if text != last:
                last = text
                yield event("state", text)
            elif moment >= beat:
                beat = moment + _BEAT_S
                yield b": still here\n\n"
            if revision != front.node.revision:
                is_first, revision = revision is None, front.node.revision
                if front.may(seat, READING):
                    yield event("messages", await anyio.to_thread.run_sync(_unopened, seat, front))
                elif front.may(seat, "query.ask") and not is_first:
                    yield event("asked", "")
            count = await anyio.to_thread.run_sync(_waiting, seat, front)
            if count != waiting:
                waiting = count
                yield event("held", count)
            await anyio.sleep(look_s)
    finally:
        front.streams -= 1


def event(name: str, text: str) -> bytes:
    """One event; a text of no lines is sent as an empty one, since an event without data is none."""
    rows = text.splitlines() or [""]
    return f"event: {name}\n".encode() + b"".join(b"data: %s\n" % row.encode() for row in rows) + b"\n"


def _unopened(seat: Seat, front: Front) -> str:
    return front.render("_unopened.html", {"unopened": front.unopened_count(seat)})


def _waiting(seat: Seat, front: Front) -> str:
    return front.render("_waiting.html", {"waiting": len(front.waiting(seat))})


def _line(seat: Seat, front: Front) -> str:
    return front.render("_state.html", {"state": front.state_context(seat)})


PART: Final = FacePart(
    (show_status, events),
    offers=(OfferedPage(90, "/status", N_("Status")),),
)
