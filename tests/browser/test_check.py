"""An officer at a real browser: signs in, checks, reads the hit, with the keyboard alone and without script too."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from comity.demo.cast import CLEAN, CLERK, INSPECTOR, INSPECTOR_2, STOLEN_BLANK, Person, mrz
from comity.demo.network import DemoNetwork

INSPECTOR_3 = Person("LT", "l.petraitis", "L. Petraitis", ("inspector",), "")
CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    # Playwright's driver leaves its own loop and pipes to the collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DemoNetwork, dict[str, str]]]:
    with DemoNetwork(tmp_path_factory.mktemp("browser"), profile="test") as network:
        network.found()
        passwords = network.give_passwords((CLERK, INSPECTOR, INSPECTOR_2, INSPECTOR_3))
        network.start()
        network.enter_records(passwords[CLERK.name])
        yield network, passwords


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield launched
        launched.close()


def sign_in(context: BrowserContext, url: str, name: str, password: str) -> Page:
    page = context.new_page()
    page.goto(url)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/check")
    return page


def test_an_officer_signs_in_checks_and_reads_the_hit_with_the_keyboard(
    demo: tuple[DemoNetwork, dict[str, str]], browser: Browser
) -> None:
    network, passwords = demo
    context = browser.new_context()
    trouble: list[str] = []
    page = sign_in(context, network.url("LT"), INSPECTOR.name, passwords[INSPECTOR.name])
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)

    page.get_by_label("Machine-readable zone").fill(mrz(STOLEN_BLANK))
    page.get_by_label("Purpose").select_option("border-control")
    page.get_by_label("Machine-readable zone").press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("Hit: hold the document")
    expect(page.get_by_text("On the record")).to_be_visible()
    page.keyboard.press("Alt+R")
    expect(page.get_by_text("DEMO-2026-0304")).to_be_visible()
    assert trouble == []
    context.close()


def test_every_step_works_without_script_and_a_reload_asks_nobody_again(
    demo: tuple[DemoNetwork, dict[str, str]], browser: Browser
) -> None:
    network, passwords = demo
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = sign_in(context, network.url("LT"), INSPECTOR_2.name, passwords[INSPECTOR_2.name])

    page.get_by_label("Machine-readable zone").fill(mrz(CLEAN))
    page.get_by_label("Purpose").select_option("investigation")
    page.get_by_role("button", name="Check", exact=False).first.click()
    expect(page.get_by_text("RPD-10.2").first).to_be_visible()

    page.get_by_label("Reference").fill("LT-2026-117")
    page.get_by_role("button", name="Check", exact=False).first.click()
    expect(page.get_by_text("Nothing open to you").first).to_be_visible()

    entry = page.get_by_text("Entry here").locator("xpath=following::*[1]").inner_text()
    page.reload()
    assert page.get_by_text("Entry here").locator("xpath=following::*[1]").inner_text() == entry
    context.close()


def test_a_half_typed_form_that_comes_back_still_knows_what_is_of_the_traveller_before(
    demo: tuple[DemoNetwork, dict[str, str]], browser: Browser
) -> None:
    network, passwords = demo
    context = browser.new_context()
    page = sign_in(context, network.url("LT"), INSPECTOR_3.name, passwords[INSPECTOR_3.name])
    zone, purpose = page.get_by_label("Machine-readable zone"), page.get_by_label("Purpose")
    unread = mrz(STOLEN_BLANK).replace("P<FRA", "P<FR4")
    zone.fill(unread)
    page.get_by_label("Country").fill("FRA")
    purpose.select_option("border-control")
    zone.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Hit: hold the document")

    page.get_by_label("Reference").press_sequentially("next")  # half typed, and away
    page.goto(f"{network.url('LT')}/check")
    expect(page.get_by_label("Country")).to_have_value("FRA")
    zone.fill(unread.replace("P<FR4", "P<BR4"))
    zone.press("Enter")
    expect(page.get_by_text("the issuing state cannot be read").first).to_be_visible()
    expect(page.get_by_text("Hit: hold the document")).to_have_count(0)
    context.close()
