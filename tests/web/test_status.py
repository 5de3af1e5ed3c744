import asyncio
from datetime import timedelta

import pytest

from comity.act import Session
from comity.web.front import Front
from comity.web.status import follow
from tests.scenarios.desks import Desk

from .conftest import Cast


def test_everybody_signed_in_sees_what_is_wrong_and_what_to_do(cast: Cast) -> None:
    officer = cast.officer("LT", "inspector")
    assert "Nothing is wrong" in officer.get("/status").words
    cast.network.cut("LT")
    try:
        page = officer.get("/status")
    finally:
        cast.network.mend("LT")
    assert "The line to the broker is down" in page.words
    assert "connects again by itself" in page.words


def test_the_navigation_offers_what_the_roles_have_a_use_for(cast: Cast) -> None:
    def offered(code: str, *roles: str) -> str:
        html = cast.officer(code, *roles).get("/status").html
        return " ".join(html.partition("<nav")[2].partition("</nav>")[0].split("</a>")).replace("\n", " ")

    inspector, registrar, duty = offered("LT", "inspector"), offered("LT", "registrar"), offered("GS", "duty")
    assert 'href="/check"' in inspector
    assert 'href="/enter"' not in inspector
    assert 'href="/enter"' in registrar
    assert 'href="/standing"' in duty
    assert 'href="/standing"' not in offered("LT", "duty")


def test_the_state_line_is_sent_when_it_changes_and_only_then(cast: Cast) -> None:
    front = Front(cast.network.nodes["LT"])
    session = cast.network.officer("LT", "follower", "inspector")
    front.pulse._held = None

    async def listen() -> list[bytes]:
        events = follow(front.seat_of(Session(session.token)), front, look_s=0.4)
        states = (each async for each in events if each.startswith(b"event: state"))
        first = await anext(states)
        cast.network.cut("LT")
        second = await anext(states)
        await events.aclose()
        return [first, second]

    try:
        first, second = asyncio.run(listen())
    finally:
        cast.network.mend("LT")
    assert first.startswith(b"event: state\ndata: ")
    assert b"up" in first
    assert b"down" in second
    assert front.streams == 0


@pytest.mark.parametrize("end", ["disabled", "signed out", "too long ago"])
def test_whoever_is_signed_in_no_more_hears_nothing_more(cast: Cast, end: str) -> None:
    network, node = cast.network, cast.network.nodes["LT"]
    front = Front(node)
    name = f"follower-{end.replace(' ', '-')}"
    session = network.officer("LT", name, "desk")
    seat = front.seat_of(Session(session.token))
    admin = network.officer("LT", "chief", "administrator")
    now = network.now

    async def listen() -> list[bytes]:
        events = follow(seat, front, look_s=0.05)
        assert (await anext(events)).startswith(b"event: state")
        assert (await anext(events)).startswith(b"event: messages")
        assert (await anext(events)).startswith(b"event: held")
        if end == "disabled":
            node.officers.disable(admin, name)
        elif end == "signed out":
            node.officers.sign_out(session)
        else:
            network.now += timedelta(days=2)
        if end != "too long ago":  # by then the directory is old, and nobody writes
            Desk(network, "FR").send("LT")
            network.settle(3)
        return [event async for event in events]

    try:
        assert asyncio.run(asyncio.wait_for(listen(), 20)) == []
    finally:
        network.now = now
    assert front.streams == 0


@pytest.mark.parametrize(
    ("path", "status"),
    [("/static/comity.css", 200), ("/static/comity.js", 200), ("/static/app.py", 404), ("/static/..%2Ffront.py", 404)],
)
def test_only_the_files_of_pages_are_served(cast: Cast, path: str, status: int) -> None:
    assert cast.nobody().get(path).status == status


def test_events_are_for_those_who_are_signed_in(cast: Cast) -> None:
    page = cast.nobody().get("/events")
    assert (page.status, page.html) == (204, "")
