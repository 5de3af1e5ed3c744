"""Two desks at real browsers: one writes, the other reads and answers, and the first sees it without a reload."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from comity.demo.cast import REGISTRAR, WRITER, Person
from comity.demo.network import DemoNetwork

from .test_check import ARGUMENTS

CHROMIUM = shutil.which("chromium")
SHOWN_MS = 15_000  # through the line, the other node, and back
Demo = tuple[DemoNetwork, dict[str, str]]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    # Playwright's driver leaves its own loop and pipes to the collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

NO_SCRIPT_LT = Person("LT", "n.script", "N. Script", ("desk",), "writes without script")
NO_SCRIPT_FR = Person("FR", "s.sans", "S. Sans", ("desk",), "reads without script")
PEOPLE = (WRITER, REGISTRAR, NO_SCRIPT_LT, NO_SCRIPT_FR)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with DemoNetwork(tmp_path_factory.mktemp("messages"), profile="test") as network:
        network.found()
        passwords = network.give_passwords(PEOPLE)
        network.start()
        yield network, passwords


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield launched
        launched.close()


def sign_in(context: BrowserContext, demo: Demo, person: Person) -> Page:
    network, passwords = demo
    page = context.new_page()
    page.goto(f"{network.url(person.member)}/sign-in?next=/messages")
    page.get_by_label("Name").fill(person.name)
    page.get_by_label("Password").fill(passwords[person.name])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Messages", exact=True)).to_be_visible()
    page.wait_for_load_state()  # keys serve once the script is there
    return page


def test_what_one_desk_writes_another_answers_and_the_first_sees_it_happen(
    demo: Demo, browser: Browser, tmp_path: Path
) -> None:
    here, there = browser.new_context(), browser.new_context()
    trouble: list[str] = []
    lt, fr = sign_in(here, demo, WRITER), sign_in(there, demo, REGISTRAR)
    for page in (lt, fr):
        page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))

    lt.keyboard.press("Alt+W")
    lt.get_by_label("FR France").check()
    expect(lt.get_by_text("Only the desk of France (FR) can read this, and yours.")).to_be_visible()
    lt.get_by_label("Subject").fill("Is it to be held?")
    lt.get_by_label("Subject").press("Enter")  # sends nothing
    lt.get_by_label("Text").fill("The document is here since two.\nWho can be called?")
    lt.get_by_label("Urgent").check()
    scan = tmp_path / "scan.bin"
    scan.write_bytes(bytes(range(256)) * 4_000)
    lt.get_by_label("Attachments").set_input_files(scan)
    lt.keyboard.press("Control+Enter")
    lt.wait_for_url("**/messages/thread/**")
    fates = lt.locator(".fates")
    expect(fates).to_contain_text("Delivered", timeout=SHOWN_MS)

    # At FR the list was open: it says what came, and moves nothing.
    expect(fr.get_by_role("status").filter(has_text="1 new message")).to_contain_text("LT urgent", timeout=SHOWN_MS)
    expect(fr.locator("#unopened")).to_contain_text("1", timeout=SHOWN_MS)
    fr.keyboard.press("Alt+N")
    fr.get_by_role("button", name="Is it to be held?").click()
    fr.wait_for_url("**/messages/thread/**")
    expect(fr.get_by_text("Who can be called?")).to_be_visible()
    expect(fates).to_contain_text("Opened", timeout=SHOWN_MS)

    with fr.expect_download() as download:
        fr.get_by_role("button", name="Save").click(timeout=SHOWN_MS)
    assert Path(download.value.path()).read_bytes() == scan.read_bytes()

    lt.get_by_label("Text").fill("A half-typed addition")
    fr.keyboard.press("Alt+R")
    fr.keyboard.type("Hold it. I can be called.")
    fr.keyboard.press("Control+Enter")
    expect(fr.get_by_text("On its way to LT")).to_be_visible()

    expect(fates).to_contain_text("Answered", timeout=SHOWN_MS)
    expect(lt.get_by_role("status").filter(has_text="1 new message in this thread")).to_be_visible()
    assert lt.get_by_label("Text").input_value() == "A half-typed addition"
    lt.keyboard.press("Alt+N")
    expect(lt.get_by_text("Hold it. I can be called.")).to_be_visible()
    assert lt.get_by_label("Text").input_value() == "A half-typed addition"
    assert trouble == []
    here.close()
    there.close()


def test_writing_reading_and_answering_work_without_script_on_a_phone(demo: Demo, browser: Browser) -> None:
    small = {"width": 390, "height": 844}
    here = browser.new_context(java_script_enabled=False, viewport=small)  # type: ignore[arg-type]  # TypedDict
    there = browser.new_context(java_script_enabled=False, viewport=small)  # type: ignore[arg-type]  # as above
    lt, fr = sign_in(here, demo, NO_SCRIPT_LT), sign_in(there, demo, NO_SCRIPT_FR)
    lt.get_by_role("link", name="Write").click()
    lt.get_by_label("FR France").check()
    lt.get_by_label("Subject").fill("Without script")
    lt.get_by_label("Text").fill("Plain words.")
    lt.get_by_role("button", name="Send").click()
    expect(lt.get_by_text("Only the desk of France (FR) can read this, and yours.")).to_be_visible()
    lt.get_by_role("button", name="Send to FR").click()
    expect(lt.get_by_text("On its way to FR")).to_be_visible()

    for _try in range(30):
        fr.reload()
        if fr.get_by_role("button", name="Without script").count():
            break
        fr.wait_for_timeout(300)
    fr.get_by_role("button", name="Without script").click()
    fr.get_by_label("Text").fill("Read and understood.")
    fr.get_by_role("button", name="Send").click()
    expect(fr.get_by_text("On its way to LT")).to_be_visible()
    assert fr.evaluate("document.documentElement.scrollWidth") <= small["width"]

    for _try in range(30):
        lt.goto(re.sub(r"/messages.*", "/messages?box=out", lt.url))
        if lt.get_by_text("Answered").count():
            break
        lt.wait_for_timeout(300)
    expect(lt.get_by_text("Answered").first).to_be_visible()
    here.close()
    there.close()
