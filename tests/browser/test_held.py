"""Held acts at a real browser: Enter does nothing for good, two keys release, and who may release is told meanwhile."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from comity.demo.cast import REGISTRAR, REGISTRAR_2
from comity.demo.chapters import Story
from comity.demo.files import COUNT, bring, enter, lines
from comity.demo.network import DemoNetwork

from .test_check import ARGUMENTS

CHROMIUM = shutil.which("chromium")
PICTURES = os.environ.get("COMITY_TEST_PICTURES", "")
"""A folder for pictures of these pages, for people who look at them."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    # Playwright's driver leaves its own loop and pipes to the collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with DemoNetwork(tmp_path_factory.mktemp("held"), profile="test") as network:
        found = Story(network)
        network.found()
        found.passwords = network.give_passwords((REGISTRAR, REGISTRAR_2))
        network.start()
        yield found
        found.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield launched
        launched.close()


def hold(story: Story, turn: int) -> str:
    """What a list is called that takes records out, and is held."""
    first = (2 + turn) * COUNT
    enter(story, bring(story, lines(story, 50, first)))
    found = bring(story, lines(story, 5, first), is_whole=True, name=f"lost-{turn}.csv")
    form = {"is_lawful": True, "going_out": found["difference"]["removed"]}
    answer = story.officer(REGISTRAR).post(f"/v1/files/{found['id']}/enter", json=form)
    name: str = answer.json()["held"]
    return name


def sign_in(context: BrowserContext, story: Story, path: str) -> Page:
    """The second registrar, by a cookie of the session that the story has opened."""
    network = story.network
    page = context.new_page()
    token = story.officer(REGISTRAR_2).headers["Authorization"].removeprefix("Bearer ")
    context.add_cookies([{"name": "comity-fr", "value": token, "url": network.url("FR")}])
    page.goto(f"{network.url('FR')}{path}")
    page.wait_for_load_state()
    return page


def picture(page: Page, name: str) -> None:
    if PICTURES:
        for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=Path(PICTURES) / f"{name}-{scheme}-{width}.png", full_page=True)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("with_script", [True, False], ids=["with script", "without"])
def test_enter_in_the_reason_does_nothing_and_refusing_is_one_press(
    story: Story, browser: Browser, *, with_script: bool
) -> None:
    name = hold(story, int(with_script))
    context = browser.new_context(java_script_enabled=with_script)
    page = sign_in(context, story, f"/held/{name}")
    page.get_by_label("Why").fill("The list was cut on its way: refuse")
    page.get_by_label("Why").press("Enter")
    page.wait_for_timeout(500)
    shown = story.officer(REGISTRAR_2).get(f"/v1/held/{name}").json()
    assert (shown["state"], shown["words"]) == ("waiting", [])
    picture(page, "act")
    page.get_by_role("button", name="Refuse it").click()
    expect(page.get_by_role("heading", name="Not done: it was refused")).to_be_visible()
    context.close()


def test_two_keys_release_what_was_looked_at_and_the_next_is_one_key_away(story: Story, browser: Browser) -> None:
    context = browser.new_context()
    page = sign_in(context, story, "/held")
    names = [hold(story, turn) for turn in (4, 5)]
    expect(page.locator("#waiting [data-count]")).to_have_text("2 to release", timeout=10_000)
    page.goto(f"{story.network.url('FR')}/held")
    picture(page, "list")
    page.goto(f"{story.network.url('FR')}/held/{names[0]}")
    page.get_by_label("Why").fill("Compared with the ministry's list.")
    page.keyboard.press("Alt+R")
    expect(page.get_by_role("heading", name="Before you release it")).to_be_visible()
    shown = story.officer(REGISTRAR_2).get(f"/v1/held/{names[0]}").json()
    assert shown["state"] == "waiting"
    assert "Taken out for good, or hidden from somebody: " in shown["gist"]
    expect(page.get_by_text(shown["gist"])).to_be_visible()
    picture(page, "look")
    page.keyboard.press("Enter")
    assert story.officer(REGISTRAR_2).get(f"/v1/held/{names[0]}").json()["state"] == "waiting"
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Released and done")).to_be_visible()
    picture(page, "done")
    page.keyboard.press("Alt+N")
    page.wait_for_url(f"**/held/{names[1]}")
    context.close()
