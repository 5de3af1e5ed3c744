"""Where something that was asked about the record of a hit is damaged, whoever has the hit is told so."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from comity.damage import Damage
from comity.testing import Network
from tests.scenarios.test_forms import Border
from tests.web.conftest import Cast as PagesCast

from .conftest import Cast

MESSAGES = (
    "shell = 'x'", "shell = x'ff'", "kept = 'x'", "kept = x'ff'", "kept_at = 'x'", "opened_at = 'x'", "id = 'x'",
)  # fmt: skip
ENTRIES = (
    "at = '?'", "verdict = '?'", "id = '?'", "kind = '?'", "position = position + 1000", "period = '2020-01'",
)  # fmt: skip
ABOUT = ("position = position + 1000", "period = '?'")


@pytest.fixture(scope="module")
def before(founded: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """LT has asked FR about a hit, and FR has answered."""
    network = Network(tmp_path_factory.mktemp("before"), like=founded)
    border = Border(network)
    border.answer(border.ask(within="10-minutes"), instruction="hold")
    network.close()
    return network


@pytest.fixture
def cast(before: Network, tmp_path: Path) -> Iterator[Cast]:
    cast = Cast(Network(tmp_path, like=before))
    yield cast
    cast.close()


def change(cast: Cast, table: str, changes: str, which: str = "true") -> None:
    path = cast.network.founding.config("LT").path("data") / "node.db"
    with closing(sqlite3.connect(path)) as rows, rows:
        rows.execute(f"update {table} set {changes} where {which}")  # noqa: S608 - a test's own words


def hit(cast: Cast) -> Any:
    asked = {"number": "19AC45678", "country": "FRA", "purpose": "border-control", "reference": ""}
    answers = cast.officer("LT", "inspector").post("/v1/queries", asked).json()["answers"]
    return next(hit for each in answers if each["register"] == "travel-documents" for hit in each["hits"])


def test_where_nothing_is_damaged_nothing_is_said(cast: Cast) -> None:
    found = hit(cast)
    assert [each["state"] for each in found["asked"]] == ["answered"]
    assert found["asked_unread"] == ""


@pytest.mark.parametrize("which", ["is_outgoing = 1", "is_outgoing = 0"])
@pytest.mark.parametrize("changes", MESSAGES)
def test_a_damaged_message_is_said_beside_the_hit(cast: Cast, changes: str, which: str) -> None:
    change(cast, "message", changes, which)
    assert "cannot be read at this node" in hit(cast)["asked_unread"]


@pytest.mark.parametrize("kind", ["message.send", "message.deliver"])
@pytest.mark.parametrize("changes", ENTRIES)
def test_a_damaged_row_of_the_list_of_entries_is_said_beside_the_hit(cast: Cast, changes: str, kind: str) -> None:
    change(cast, "ledger_entry", changes, f"kind = '{kind}'")
    assert "cannot be read at this node" in hit(cast)["asked_unread"]


@pytest.mark.parametrize("changes", ABOUT)
def test_a_damaged_row_of_what_entries_are_about_is_said_beside_the_hit(cast: Cast, changes: str) -> None:
    change(cast, "ledger_about", changes)
    assert "cannot be read at this node" in hit(cast)["asked_unread"]


@pytest.mark.parametrize("value", ["'x'", "x'ff'"])
@pytest.mark.parametrize("is_outgoing", [0, 1])
def test_where_the_thread_of_a_message_was_changed_the_answer_is_found_all_the_same(
    cast: Cast, value: str, is_outgoing: int
) -> None:
    change(cast, "message", f"thread = {value}", f"is_outgoing = {is_outgoing}")
    assert [each["state"] for each in hit(cast)["asked"]] == ["answered"]


def test_an_entry_that_was_changed_in_the_ledger_is_said_beside_the_hit(cast: Cast) -> None:
    folder = cast.network.founding.config("LT").path("data") / "ledger"
    for path in folder.glob("*/contents/*"):
        path.write_bytes(path.read_bytes().replace(b'"message"', b'"massage"'))
    assert "cannot be read at this node" in hit(cast)["asked_unread"]


def test_what_is_known_to_be_damaged_of_the_lists_is_said_beside_the_hit(cast: Cast) -> None:
    """Where nothing of it can be found any more, nothing else says so."""
    cast.network.nodes["LT"].damages.note(Damage("database", "ledger_about", "Its rows were changed."))
    assert "cannot be read at this node" in hit(cast)["asked_unread"]


def test_a_page_says_it_too(cast: Cast) -> None:
    change(cast, "message", "shell = 'x'")
    pages = PagesCast(cast.network)
    shown = pages.officer("LT", "inspector").post(
        "/check", {"number": "19AC45678", "country": "FRA", "purpose": "border-control"}
    )
    assert "cannot be read at this node" in shown.words
