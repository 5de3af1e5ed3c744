"""A registrar at a real browser brings a file, cut once on its way; a newcomer begins the tour with the keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from comity.demo.cast import CLERK, GUIDE, REGISTRAR
from comity.demo.network import DemoNetwork

from .test_check import ARGUMENTS, CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    # Playwright's driver leaves its own loop and pipes to the collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

LINES = 50_000  # more than one part


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DemoNetwork, dict[str, str]]]:
    with DemoNetwork(tmp_path_factory.mktemp("browser"), profile="test") as network:
        network.found()
        passwords = network.give_passwords((CLERK, REGISTRAR, GUIDE))
        network.start()
        network.enter_records(passwords[CLERK.name])
        yield network, passwords


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield found
        found.close()


def sign_in(page: Page, url: str, name: str, password: str) -> None:
    page.goto(url)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_selector(".leave")


@pytest.fixture(scope="module")
def registrar(demo: tuple[DemoNetwork, dict[str, str]], browser: Browser) -> Page:
    """Signed in once: a one-time password opens one session."""
    network, passwords = demo
    page = browser.new_page()
    sign_in(page, network.url("FR"), REGISTRAR.name, passwords[REGISTRAR.name])
    return page


@pytest.fixture
def form(demo: tuple[DemoNetwork, dict[str, str]], registrar: Page) -> Iterator[Page]:
    registrar.goto(f"{demo[0].url('FR')}/enter/file")
    yield registrar
    registrar.unroute_all()


def test_a_file_goes_on_after_a_cut_and_is_entered(form: Page, tmp_path: Path) -> None:
    page = form
    rows = "".join(f"91BR{number:05d},FRA,passport,lost,2026-03-04\n" for number in range(LINES))
    file = tmp_path / "lost.csv"
    file.write_text("number,country,type,loss,theft_date\n" + rows)
    cuts = []

    def cut_once(route: Route) -> None:
        if route.request.method == "PATCH" and not cuts:
            cuts.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route("**/enter/file/**", cut_once)
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Bring the file").click()
    expect(page.get_by_text("Records read: 50000. Nothing is entered yet.")).to_be_visible(timeout=30_000)
    assert cuts
    page.get_by_label("Our national law allows").check()
    page.get_by_role("button", name="Enter on the record").click()
    expect(page.get_by_role("heading", name="In the register")).to_be_visible(timeout=30_000)


def test_what_is_wrong_with_a_file_is_never_called_a_cut_line(form: Page, tmp_path: Path) -> None:
    page = form
    empty, gone = tmp_path / "empty.csv", tmp_path / "gone.csv"
    empty.write_text("")
    gone.write_text("number,country,type,loss\n")
    for file, said in ((empty, "The file is empty."), (gone, "The file cannot be read any more")):
        page.get_by_label("File", exact=True).set_input_files(file)
        if file is gone:
            gone.unlink()
        page.get_by_role("button", name="Bring the file").click()
        expect(page.get_by_text(said)).to_be_visible()
        expect(page.get_by_text("The line was cut")).to_be_hidden()
        expect(page.get_by_role("button", name="Bring the file")).to_be_enabled()
    page.reload()
    expect(page.get_by_text("empty.csv")).to_have_count(0)


def test_the_tour_begins_by_itself_and_its_first_step_hits(
    demo: tuple[DemoNetwork, dict[str, str]], browser: Browser
) -> None:
    network, passwords = demo
    page = browser.new_page()
    sign_in(page, network.url("LT"), GUIDE.name, passwords[GUIDE.name])
    expect(page.get_by_role("heading", name="Five minutes with Comity")).to_be_visible()
    page.keyboard.press("Alt+T")
    expect(page.get_by_role("heading", name="Hit: hold the document")).to_be_visible()
    page.keyboard.press("Alt+T")
    expect(page.get_by_text("1 / 8")).to_be_visible()
    page.close()
