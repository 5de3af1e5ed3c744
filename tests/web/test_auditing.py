import re

import pytest

from comity.web.auditing import KINDS

from .conftest import Cast


def test_an_auditor_follows_an_act_to_its_proof(cast: Cast) -> None:
    cast.officer("LT", "inspector").post("/check", {"number": "1X", "country": "FRA", "purpose": ""})
    auditor = cast.officer("LT", "auditor")
    cast.network.settle()
    page = auditor.get("/ledger?kind=query.ask")
    assert "refused RPD-10.1" in page.words
    found = re.search(r'href="(/ledger/[0-9a-f]{64})"', page.html)
    assert found
    entry = auditor.get(found[1])
    for part in ("query.ask", "Every processing has a given purpose", "simulation/LT/2026-11", "Hashes"):
        assert part in entry.words


def test_the_whole_ledger_is_verified_and_a_reload_repeats_nothing(cast: Cast) -> None:
    auditor = cast.officer("LT", "auditor")
    page = auditor.post("/ledger/verify", {})
    assert "Every hash, proof and signature holds" in page.words
    again = auditor.get(page.at.removeprefix("http://x"))
    assert "Every hash" in again.words
    cast.network.settle()
    assert auditor.get("/ledger?kind=ledger.verify").html.count('<td class="number">ledger.verify</td>') == 1


def test_the_filter_offers_every_kind_of_act_that_a_node_knows(cast: Cast) -> None:
    assert sorted(cast.network.nodes["GS"].gate._handlers) == list(KINDS)
    page = cast.officer("LT", "auditor").get("/ledger")
    assert [kind for kind in KINDS if f">{kind}</option>" not in page.html] == []


def test_an_empty_list_says_what_will_be_there(cast: Cast) -> None:
    assert "No entries of this kind yet" in cast.officer("LT", "auditor").get("/ledger?kind=standing.set").words


@pytest.mark.parametrize("path", ["/ledger/x", f"/ledger/{'0' * 64}"])
def test_an_entry_that_is_not_here_is_unknown(cast: Cast, path: str) -> None:
    assert cast.officer("LT", "auditor").get(path).status == 404


@pytest.mark.parametrize(
    "query", ["before=x", "before=2026-11.9999999999999999999999", "kind=%3Cscript%3E", "before=%FF"]
)
def test_whatever_the_address_says_the_page_holds(cast: Cast, query: str) -> None:
    page = cast.officer("LT", "auditor").get(f"/ledger?{query}")
    assert page.status < 500
    assert "<script>" not in page.html


def test_others_are_refused_by_rule(cast: Cast) -> None:
    page = cast.officer("LT", "inspector").get("/ledger")
    assert (page.status, "Refused (RPD-21.1)" in page.words) == (403, True)
