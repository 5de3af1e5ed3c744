"""The pages of held acts."""

from .conftest import Browser, Cast
from .test_filing import act, bring, text_of

NUMBERS = tuple(f"51BB{number:05d}" for number in range(6))


def held_at(cast: Cast, author: Browser) -> str:
    """Where the page of a held change is."""
    page = bring(cast, author, text_of(*NUMBERS), whole="1")
    act(author, page, "enter", lawful="1")
    cast.network.settle(4)
    page = bring(cast, author, text_of(NUMBERS[0]), whole="1")
    return act(author, page, "enter", lawful="1", going_out="5").at.removeprefix("http://x")


def test_who_enters_what_is_held_sees_it_wait_and_may_take_it_back(cast: Cast) -> None:
    author = cast.officer("FR", "registrar")
    page = author.get(held_at(cast, author))
    assert "Waits to be released" in page.words
    assert "Nothing of it is done yet." in page.words
    assert NUMBERS[1] in page.words
    assert "Release it" not in page.words
    assert "Entering a file of records" in author.get("/held").words
    taken = author.post(page.at.removeprefix("http://x") + "/refuse", {"reason": "A wrong list."})
    assert "Not released: it was refused" in taken.words


def test_a_second_registrar_releases_it(cast: Cast) -> None:
    author, second = cast.officer("FR", "registrar"), cast.officer("FR", "registrar")
    at = held_at(cast, author)
    assert "Release it: it is done at once" in second.get(at).words
    done = second.post(f"{at}/release", {"reason": "Seen."})
    assert "Released and done" in done.words
    assert "Seen." in done.words
    again = second.post(f"{at}/release", {})
    assert "CTY-5.4" in again.words
