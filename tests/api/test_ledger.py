import base64
import hashlib

import pytest

from comity.ids import EntryId
from comity.ledger.entry import entry_id, verify_entry

from .conftest import Caller, Cast


@pytest.fixture
def auditor(cast: Cast) -> Caller:
    found = cast.officer("LT", "auditor")
    cast.network.settle()
    return found


def test_reading_the_ledger_is_itself_on_the_record(auditor: Caller, cast: Cast) -> None:
    first = auditor.get("/v1/ledger?kind=ledger.list").json()
    cast.network.settle()
    second = auditor.get("/v1/ledger?kind=ledger.list").json()
    assert first["entry"] in [row["id"] for row in second["entries"]]


def test_an_entry_comes_with_what_proves_it(auditor: Caller) -> None:
    row = auditor.get("/v1/ledger?kind=session.open").json()["entries"][0]
    shown = auditor.get(f"/v1/ledger/{row['id']}").json()
    leaf, salt, content = (base64.b64decode(shown[part]) for part in ("leaf", "salt", "content"))
    verify_entry(leaf, salt, content)
    assert entry_id(leaf) == EntryId(row["id"]) == hashlib.sha256(b"\0" + leaf).hexdigest()
    assert shown["checkpoint"].startswith("simulation/LT/2026-11\n")


def test_a_list_goes_on_where_it_ended(auditor: Caller) -> None:
    first = auditor.get("/v1/ledger?most=2").json()
    older = auditor.get(f"/v1/ledger?most=2&before={first['older']}").json()
    assert {row["id"] for row in first["entries"]}.isdisjoint(row["id"] for row in older["entries"])


def test_an_untouched_ledger_verifies(auditor: Caller) -> None:
    report = auditor.post("/v1/ledger/verify", None).json()
    assert report["holds"]
    assert report["entries"] > 0


@pytest.mark.parametrize(
    "query", ["before=x", "before=2026-11.99999999999999999999", "most=0", "most=100000", "most=x"]
)
def test_a_place_that_is_none_is_refused(auditor: Caller, query: str) -> None:
    assert auditor.get(f"/v1/ledger?{query}").status_code == 422


@pytest.mark.parametrize("query", ["kind=query.asks", "verdict=perhaps", "purpose=border"])
def test_a_kind_or_verdict_that_there_is_not_is_an_error_never_an_empty_list(auditor: Caller, query: str) -> None:
    answer = auditor.get(f"/v1/ledger?{query}")
    assert (answer.status_code, answer.json()["where"]) == (422, query.partition("=")[0])
    assert "It is one of" in answer.json()["next_step"]


@pytest.mark.parametrize("query", ["since=2026-11-28&until=2026-11-27", "member=nobody"])
def test_what_nothing_can_fit_is_an_error(auditor: Caller, query: str) -> None:
    assert auditor.get(f"/v1/ledger?{query}").status_code == 422


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("member=ZZ", "No member is called ZZ now."),
        ("about=19AC45678+France", "19AC45678 FRA"),
        ("officer=nobody", "the name with which they sign in"),
    ],
)
def test_where_nothing_fits_it_is_said_what_may_be_why(auditor: Caller, query: str, hint: str) -> None:
    answer = auditor.get(f"/v1/ledger?{query}").json()
    assert answer["entries"] == []
    assert hint in answer["hint"]


@pytest.mark.parametrize("entry", ["0" * 64, "x", "F" * 64, "..%2F..%2Fetc"])
def test_an_entry_that_is_not_here_is_unknown(auditor: Caller, entry: str) -> None:
    assert auditor.get(f"/v1/ledger/{entry}").status_code == 404


def test_officers_of_other_roles_do_not_read_it(cast: Cast) -> None:
    inspector = cast.officer("LT", "inspector", "registrar", "administrator", "duty")
    for answer in (
        inspector.get("/v1/ledger"),
        inspector.get(f"/v1/ledger/{'0' * 64}"),
        inspector.post("/v1/ledger/verify", None),
    ):
        assert (answer.status_code, answer.json()["rules"][0]["number"]) == (403, "RPD-21.1")
