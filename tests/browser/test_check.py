"""An officer at a real browser: signs in, checks, reads the hit, with the keyboard alone and without script too."""

import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from comity.demo.cast import CLEAN, CLERK, INSPECTOR, INSPECTOR_2, STOLEN_BLANK, Person, mrz
from comity.demo.network import DemoNetwork
from comity.registers.registry import REGISTERS

INSPECTOR_3 = Person("LT", "l.petraitis", "L. Petraitis", ("inspector",), "")
ASKING = Person("LT", "a.asking", "A. Asking", ("desk",), "")
ANSWERING = Person("FR", "b.answering", "B. Answering", ("desk",), "")
WIDTHS = tuple(Person("FR", f"width-{width}", "W. Width", ("registrar",), "") for width in (1280, 390, 360))
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
        passwords = network.give_passwords((CLERK, INSPECTOR, INSPECTOR_2, INSPECTOR_3, ASKING, ANSWERING, *WIDTHS))
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


TOO_NARROW = """() => [...document.querySelectorAll("main input.number")].filter((field) => field.offsetParent)
  .filter((field) => { field.value = "W".repeat(field.size); return field.scrollWidth > field.clientWidth; })
  .map((field) => field.name)"""


@pytest.mark.parametrize("width", [1280, 390, 360])
def test_every_field_for_a_code_is_as_wide_as_what_it_holds_and_a_fault_moves_none(
    demo: tuple[DemoNetwork, dict[str, str]], browser: Browser, width: int
) -> None:
    network, passwords = demo
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(network.url("FR"))
    page.get_by_label("Name").fill(f"width-{width}")
    page.get_by_label("Password").fill(passwords[f"width-{width}"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    for path in ("/check", *(f"/enter?register={name}" for name in REGISTERS)):
        page.goto(f"{network.url('FR')}{path}")
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        assert page.evaluate(TOO_NARROW) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    places = "() => [...document.querySelectorAll('[name$=\"-1\"]')].map((each) => [each.name, each.offsetLeft])"
    page.goto(f"{network.url('FR')}/enter?register=vehicles")
    before = page.evaluate(places)
    page.locator("[name=vin-1]").fill("1M8GDM9A0KP042788")
    page.locator("[name=vin-1]").press("Enter")
    expect(page.locator("#fault-vin-1")).to_contain_text("give it as the chassis number")
    assert page.evaluate(places) == before
    row = page.locator("[name=vin-1]").bounding_box(), page.locator("[name=plate-1]").bounding_box()
    assert row[0] is not None
    assert row[1] is not None
    assert width < 600 or row[0]["y"] == row[1]["y"], "side by side as before"
    context.close()


def test_the_answer_of_the_source_comes_to_the_open_page_of_whoever_waits(
    demo: tuple[DemoNetwork, dict[str, str]], browser: Browser
) -> None:
    network, passwords = demo
    context = browser.new_context()
    page = context.new_page()
    page.goto(network.url("LT"))
    page.get_by_label("Name").fill(ASKING.name)
    page.get_by_label("Password").fill(passwords[ASKING.name])
    page.keyboard.press("Enter")
    page.wait_for_url("**/messages")
    page.goto(f"{network.url('LT')}/check")
    page.get_by_label("Machine-readable zone").fill(mrz(STOLEN_BLANK))
    page.get_by_label("Purpose").select_option("border-control")
    page.get_by_label("Machine-readable zone").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Hit: hold the document")
    at = page.url
    page.keyboard.press("Alt+C")
    page.get_by_label("Within 10 minutes").check()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/messages/thread/**")
    name = page.url.split("/thread/")[1].split("?")[0]
    page.goto(at)
    expect(page.locator("#asked")).to_contain_text("LT asked FR to confirm")
    with httpx.Client(base_url=network.url("FR")) as source:
        session = {"officer": ANSWERING.name, "password": passwords[ANSWERING.name]}
        token = source.post("/v1/sessions", json=session).json()["token"]
        body = {"reply_to": name, "answer": "confirmed", "instruction": "seize"}
        answer = source.post("/v1/forms/hit-answer", json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == httpx.codes.CREATED, answer.text
    expect(page.locator("#asked")).to_contain_text("What to do: Seize the document.", timeout=20_000)
    expect(page.get_by_role("button", name="Open the answer")).to_be_visible()
    context.close()
