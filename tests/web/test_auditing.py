import re

import pytest

from comity.api.act_words import ACT_TITLES
from comity.evidence import judge, parse_evidence
from comity.peer.exporting import directory_of

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
    assert auditor.get("/ledger?kind=ledger.verify").words.count("Verifying the ledger ledger.verify") == 1


def test_the_filter_offers_every_kind_of_act_that_a_node_knows(cast: Cast) -> None:
    assert sorted(cast.network.nodes["GS"].gate._handlers) == list(ACT_TITLES)
    page = cast.officer("LT", "auditor").get("/ledger")
    assert [kind for kind in ACT_TITLES if f"({kind})</option>" not in page.html] == []


def test_an_empty_list_says_what_will_be_there(cast: Cast) -> None:
    assert "Nothing is on record that fits." in cast.officer("LT", "auditor").get("/ledger?kind=standing.set").words


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


def test_entries_are_sought_by_person_officer_purpose_and_day(cast: Cast) -> None:
    inspector = cast.officer("LT", "inspector")
    inspector.post("/check", {"number": "80AU00001", "country": "FRA", "purpose": "border-control"})
    cast.network.settle()
    auditor = cast.officer("LT", "auditor")
    found = auditor.get(f"/ledger?about=80AU00001+FRA&officer={inspector.name}&purpose=border-control")
    assert "query.ask" in found.words
    assert found.field("about") == "80AU00001 FRA"
    assert 'about=80AU00001+FRA" download' in found.html
    assert "Nothing is on record that fits." in auditor.get("/ledger?about=80AU00002+FRA").words
    assert "Nothing is on record that fits." in auditor.get("/ledger?officer=nobody").words
    assert "Nothing is on record that fits." in auditor.get("/ledger?until=2020-01-01").words
    assert "Nothing can be about this." in auditor.get("/ledger?about=...").words
    assert "year" in auditor.get("/ledger?since=soon").words or "written" in auditor.get("/ledger?since=soon").words


def test_an_export_is_a_file_that_proves_what_is_sought(cast: Cast) -> None:
    cast.officer("LT", "inspector").post(
        "/check", {"number": "80AU00003", "country": "FRA", "purpose": "border-control"}
    )
    cast.network.settle()
    auditor = cast.officer("LT", "auditor")
    file = parse_evidence(auditor.get("/ledger/export?about=80AU00003+FRA&kind=query.ask").html.encode())
    assert len(file.entries) == 1
    assert all(each.holds for each in judge(file, directory_of(file)))


def test_who_saw_a_record_is_shown(cast: Cast) -> None:
    auditor = cast.officer("LT", "auditor")
    page = auditor.get("/ledger/records/" + "0" * 64 + ".0")
    assert "Nobody, as far as this node's ledger says." in page.words
    assert "Its source and its keeper know" in page.words
    assert "Who could see this record" in auditor.get("/ledger?about=" + "0" * 64 + ".0").words


def test_a_check_is_kept_as_a_file_of_evidence(cast: Cast) -> None:
    inspector = cast.officer("LT", "inspector")
    page = inspector.post("/check", {"number": "80AU00004", "country": "FRA", "purpose": "border-control"})
    sheet = page.at.rpartition("sheet=")[2]
    file = parse_evidence(inspector.get(f"/check/evidence?sheet={sheet}").html.encode())
    assert [each.holds for each in judge(file, directory_of(file))] == [True, True]
    assert inspector.get("/check/evidence?sheet=gone").status == 404
