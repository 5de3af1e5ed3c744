"""The pages of held acts."""

import re
from datetime import timedelta
from pathlib import Path
from time import sleep
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.to_thread
import pytest

from comity.act import Session
from comity.shown.consignment import consigning_points
from comity.testing import Network
from comity.web.status import follow

from .conftest import Browser, Cast
from .test_filing import act, bring, text_of

NUMBERS = tuple(f"51BB{number:05d}" for number in range(6))


def held_at(cast: Cast, author: Browser) -> str:
    """Where the page of a held change is."""
    cast.network.settle(4)
    page = bring(cast, author, text_of(*NUMBERS), whole="1")
    act(author, page, "enter", lawful="1")
    cast.network.settle(4)
    page = bring(cast, author, text_of(NUMBERS[0]), whole="1")
    return act(author, page, "enter", lawful="1", going_out="5").at.removeprefix("http://x")


def test_who_enters_what_is_held_sees_it_wait_and_may_take_it_back(cast: Cast) -> None:
    author = cast.officer("FR", "registrar")
    page = author.get(held_at(cast, author))
    assert "Waits to be released" in page.words
    assert "Nothing of it is done yet. It needs one more release, by another officer." in page.words
    assert NUMBERS[1] in page.words
    assert "Release it" not in page.words
    assert "Entering a file of records" in author.get("/held").words
    taken = author.post(page.at.removeprefix("http://x") + "/refuse", {"reason": "A wrong list."})
    assert "Not done: it was refused" in taken.words


def test_a_second_registrar_looks_once_more_and_releases_it(cast: Cast) -> None:
    author, second = cast.officer("FR", "registrar"), cast.officer("FR", "registrar")
    at = held_at(cast, author)
    assert "Look once more, then release it" in second.get(at).words
    look = second.post(f"{at}/release", {"reason": "Seen."})
    assert "Taken out for good, or hidden from somebody: 5" in look.words
    assert "It is done at once, and cannot be undone." in look.words
    assert "Waits to be released" in look.words
    done = second.post(f"{at}/release", {"reason": look.field("reason"), "looked": look.field("looked")})
    assert "Released and done" in done.words
    assert "Seen." in done.words
    again = second.post(f"{at}/release", {"reason": "Seen."})
    assert "CTY-5.4" in again.words


def test_a_release_without_a_reason_or_a_look_does_nothing(cast: Cast) -> None:
    author, second = cast.officer("FR", "registrar"), cast.officer("FR", "registrar")
    at = held_at(cast, author)
    page = second.post(f"{at}/release", {"reason": " "})
    assert "A release says why" in page.words
    for looked in ("", "x", at.rpartition("/")[2], f"{at.rpartition('/')[2]} 1"):
        page = second.post(f"{at}/release", {"reason": "Seen.", "looked": looked})
        assert "Before you release it" in page.words
        assert "Waits to be released" in page.words
    assert "Not done: it was refused" in second.post(f"{at}/refuse", {}).words


def test_releasing_what_was_refused_names_only_the_rule_that_is_so(cast: Cast) -> None:
    author, second = cast.officer("FR", "registrar"), cast.officer("FR", "registrar")
    at = held_at(cast, author)
    second.post(f"{at}/refuse", {"reason": "Cut."})
    page = second.post(f"{at}/release", {"reason": "All the same."})
    assert "CTY-5.4" in page.words
    assert "CTY-5.3" not in page.words


def test_who_may_release_is_told_how_many_wait_and_the_author_what_became_of_it(cast: Cast) -> None:
    author, second = cast.officer("FR", "registrar"), cast.officer("FR", "registrar")
    before = waiting(second)
    at = held_at(cast, author)
    assert waiting(second) == before + 1
    assert waiting(author) == before
    assert waiting(cast.officer("FR", "administrator")) == 0
    listed = second.get("/held").words
    assert "Taken out for good, or hidden from somebody: 5" in listed
    assert "file lost.csv" in listed
    second.post(f"{at}/refuse", {"reason": "The list was cut."})
    assert waiting(second) == before
    told = author.get("/held").words
    assert "Not done: it was refused" in told
    assert "The list was cut." in told


def waiting(browser: Browser) -> int:
    """The count beside Held, as a page shows it: at most a second old."""
    sleep(1.1)
    found = re.search(r'id="waiting" role="status">(?:<span[^>]*data-count="(\d+)")?', browser.get("/status").html)
    assert found is not None
    return int(found[1] or 0)


def test_the_count_of_what_waits_is_told_while_a_page_is_open(cast: Cast) -> None:
    author, second = cast.officer("FR", "registrar"), cast.officer("FR", "registrar")
    front = second.app.state.front
    seat = front.seat_of(Session(next(iter(second.cookies.values()))))

    async def listen() -> list[bytes]:
        found, stream = [], follow(seat, front, look_s=1.1)
        async for each in stream:
            if each.startswith(b"event: held"):
                found.append(each)
                if len(found) == 1:
                    await anyio.to_thread.run_sync(held_at, cast, author)
                else:
                    await stream.aclose()
                    break
        return found

    first, after = anyio.run(listen)
    assert first != after
    assert b"data-count" in after


@pytest.mark.parametrize(
    ("role", "code", "path"),
    [("auditor", "FR", "/ledger"), ("administrator", "FR", "/officers"), ("duty", "GS", "/standing")],
)
def test_each_role_begins_on_a_page_of_its_own_work(cast: Cast, role: str, code: str, path: str) -> None:
    assert cast.officer(code, role).get("/").at.removeprefix("http://x").startswith(path)


def test_records_that_are_gone_are_not_named_by_their_hashes() -> None:
    body: Any = SimpleNamespace(removed=("a.1", "a.2"), replaced=0, lots=(), register="travel-documents", origin="")
    assert "Going out" not in [each.title for each in consigning_points(body, lambda record: record)]
    (named,) = (each for each in consigning_points(body, lambda record: {"a.1": "19AC45678 FRA"}.get(record, record))
                if each.title == "Going out")  # fmt: skip
    assert named.text == "19AC45678 FRA, and 1 more"


def test_what_was_released_and_cannot_be_done_yet_says_why_and_can_be_refused(founded: Network, tmp_path: Path) -> None:
    cast = Cast(Network(tmp_path, like=founded))
    at = held_at(cast, cast.officer("FR", "registrar"))
    network, node = cast.network, cast.network.nodes["FR"]
    network.cut("FR")
    network.now += timedelta(days=3)
    network.settle(2)
    second, third = (cast.officer("FR", "registrar") for _each in range(2))
    by = network.officer("FR", "releaser", "registrar")
    assert node.held.release(by, at.removeprefix("/held/"), "Looked at.").given == 0
    page = second.get(at)
    assert "Released, and not done yet" in page.words
    assert "refused for now by CTY-2.1" in page.words
    assert "It is tried until" in page.words
    assert "Look once more" not in page.words
    assert "Refuse it" in page.words
    assert "Not done: it was refused" in third.post(f"{at}/refuse", {}).words
    cast.close()
