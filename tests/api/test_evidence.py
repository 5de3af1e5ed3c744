"""Evidence: what auditors and officers export, and what it proves to somebody with nothing but the file."""

import base64
import json
import random
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from comity.errors import ComityError, InputError, UntrustedError
from comity.evidence import EvidenceFile, Statement, judge, judge_origin, not_proved, parse_evidence
from comity.peer.exporting import directory_of

from .conftest import Caller, Cast

NAME = {"names": [{"given": "Arvid", "family": "Melö"}], "status": "wanted"}


@pytest.fixture(scope="module")
def filled(cast: Cast) -> Cast:
    """A register with a document and a person."""
    registrar = cast.officer("FR", "registrar")
    document = {"number": "60EV00001", "country": "FRA", "type": "passport", "loss": "stolen"}
    body = {"register": "travel-documents", "records": [document], "is_lawful": True}
    assert registrar.post("/v1/records", body).status_code == 201
    person = {"register": "persons", "records": [{"reference": "EV-1", **NAME}], "is_lawful": True}
    assert registrar.post("/v1/records", person).status_code == 201
    cast.network.settle(2)
    for _ in range(3):  # so that there is something to export
        check(cast.officer("LT", "inspector"))
    return cast


def check(caller: Caller, **more: Any) -> dict[str, Any]:
    form = {"number": "60EV00001", "country": "FRA", "purpose": "border-control", **more}
    answer = caller.post("/v1/queries", form)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def judged(data: bytes, *, root: bytes | None = None) -> list[Statement]:
    file = parse_evidence(data)
    return list(judge(file, directory_of(file, root)))


def export(cast: Cast, code: str, query: str) -> httpx.Response:
    cast.network.settle()
    return cast.officer(code, "auditor").get(f"/v1/ledger/export?{query}")


def test_an_exported_query_proves_question_and_answer(filled: Cast) -> None:
    found = check(filled.officer("LT", "inspector"), with_evidence=True)
    statements = judged(base64.b64decode(found["evidence"]))
    assert [each.holds for each in statements] == [True, True]
    assert statements[0].text.startswith("LT asked GS on")
    assert "travel-documents: hit" in statements[1].text
    assert "It answers the question above." in statements[1].text


def test_an_exported_record_proves_its_source(filled: Cast) -> None:
    inspector = filled.officer("LT", "inspector")
    record = check(inspector)["answers"][0]["hits"][0]["record"]
    form = {"purpose": "border-control", "with_evidence": True}
    found = inspector.post(f"/v1/records/{record}/read", form).json()
    statements = judged(base64.b64decode(found["evidence"]))
    assert all(each.holds for each in statements)
    assert "FR signed this record in travel-documents" in statements[1].text
    assert "60EV00001 FRA" in statements[1].text


def test_an_exported_message_proves_text_sender_and_receipts(filled: Cast) -> None:
    writer, reader = filled.officer("LT", "desk"), filled.officer("FR", "desk")
    sent = writer.post("/v1/messages", {"to": ["FR"], "subject": "Pier 3", "text": "Come."}).json()
    filled.network.settle(3)
    reader.post(f"/v1/messages/{sent['id']}/open", {})
    filled.network.settle(3)
    data = writer.post(f"/v1/messages/{sent['id']}/evidence", {}).content
    statements = judged(data)
    assert all(each.holds for each in statements)
    assert "LT sent this to FR" in statements[-1].text
    assert any("FR opened it" in each.text for each in statements)
    assert any("FR has it" in each.text for each in statements)
    file = parse_evidence(data)
    other = msgspec.structs.replace(file.messages[0], text=file.messages[0].text.replace(b"Come", b"Stay"))
    forged = msgspec.structs.replace(file, messages=(other,))
    assert [each.holds for each in judge(forged, directory_of(forged))][-1] is False


def test_an_export_of_the_ledger_proves_each_entry_and_what_it_keeps(filled: Cast) -> None:
    officer = filled.officer("LT", "inspector")
    check(officer)
    answer = export(filled, "LT", "kind=query.ask")
    assert answer.status_code == 200
    assert ".evidence.json" in answer.headers["content-disposition"]
    statements = judged(answer.content)
    assert all(each.holds for each in statements)
    assert statements[0].text.startswith("LT signed its ledger of 2026-11")
    assert any("stands at place" in each.text and "query.ask" in each.text for each in statements)
    assert any(each.text.startswith("LT asked GS") for each in statements)


def test_what_nobody_can_know_is_said(filled: Cast) -> None:
    file = parse_evidence(export(filled, "LT", "kind=query.ask").content)
    given = {each.text for each in not_proved(file, is_root_given=True)}
    assert any("shows everybody this same ledger" in text for text in given)
    assert any("left out" in text for text in given)
    assert not any("Whose keys" in text for text in given)
    assert any("Whose keys" in each.text for each in not_proved(file, is_root_given=False))


Change = Callable[[dict[str, Any]], None]


def _flip(text: str, at: int = 40) -> str:
    data = bytearray(base64.b64decode(text))
    data[at] ^= 1
    return base64.b64encode(bytes(data)).decode()


def _content(file: dict[str, Any]) -> None:
    file["entries"][0]["content"] = _flip(file["entries"][0]["content"])


def _leaf(file: dict[str, Any]) -> None:
    file["entries"][0]["leaf"] = _flip(file["entries"][0]["leaf"])


def _cut(file: dict[str, Any]) -> None:
    file["entries"][0]["proof"]["hashes"].pop()


def _longer(file: dict[str, Any]) -> None:
    file["entries"][0]["proof"]["hashes"].append(file["entries"][0]["proof"]["hashes"][0])


def _moved(file: dict[str, Any]) -> None:
    file["entries"][0]["proof"]["index"] += 1


def _other_tree(file: dict[str, Any]) -> None:
    file["entries"][0]["proof"]["size"] -= 1


def _checkpoint(file: dict[str, Any]) -> None:
    period, note = next(iter(file["checkpoints"].items()))
    lines = note.split("\n")
    lines[1] = str(int(lines[1]) + 1)
    file["checkpoints"][period] = "\n".join(lines)


def _no_checkpoint(file: dict[str, Any]) -> None:
    file["checkpoints"] = {}


def _other_member(file: dict[str, Any]) -> None:
    file["member"] = "FR"


@pytest.mark.parametrize(
    "change", [_content, _leaf, _cut, _longer, _moved, _other_tree, _checkpoint, _no_checkpoint, _other_member]
)
def test_what_was_changed_in_an_export_does_not_hold(filled: Cast, change: Change) -> None:
    file = json.loads(export(filled, "LT", "kind=query.ask").content)
    change(file)
    assert any(each.holds is False for each in judged(json.dumps(file).encode()))


def test_a_frame_by_another_hand_does_not_hold(filled: Cast) -> None:
    file = json.loads(base64.b64decode(check(filled.officer("LT", "inspector"), with_evidence=True)["evidence"]))
    question, answer = file["frames"]
    for frames in ([_flip(question, 200), answer], [question, _flip(answer, -20)], [base64.b64encode(b"x").decode()]):
        assert any(each.holds is False for each in judged(json.dumps(file | {"frames": frames}).encode()))
    statements = judged(json.dumps(file | {"frames": [answer]}).encode())
    assert statements[0].holds
    assert "is not in this file" in statements[0].text


def test_a_directory_that_was_changed_or_has_another_root_holds_nothing(filled: Cast) -> None:
    data = base64.b64decode(check(filled.officer("LT", "inspector"), with_evidence=True)["evidence"])
    file = parse_evidence(data)
    directory = dict(file.directory)
    directory["targets.json"] = directory["targets.json"].replace(b"LT", b"FR", 1)
    with pytest.raises(UntrustedError):
        directory_of(msgspec.structs.replace(file, directory=directory))
    with pytest.raises(UntrustedError):
        directory_of(file, directory["snapshot.json"])
    with pytest.raises(UntrustedError):
        directory_of(msgspec.structs.replace(file, directory={}))
    assert directory_of(file, file.root).network == directory_of(file).network


def test_no_byte_of_what_is_signed_is_changed_unnoticed(filled: Cast) -> None:
    """Wherever a byte is changed, but in what the file says of itself, which is shown as not proved."""
    data = export(filled, "LT", "kind=query.ask").content
    file = parse_evidence(data)
    unnoticed = []
    for place in random.Random(1).sample(range(len(data)), 400):  # noqa: S311 - the same places each time
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        try:
            found = parse_evidence(changed)
            itself = {"exported_at": file.exported_at, "verified_at": file.verified_at}
            if msgspec.structs.replace(found, **itself) == file:
                continue
            holds = all(each.holds for each in judge(found, directory_of(found, file.root)))
            holds = holds and judge_origin(found, directory_of(found, file.root)).holds is True
        except ComityError:
            continue
        if holds:
            unnoticed.append((place, data[max(0, place - 40) : place + 10]))
    assert unnoticed == []


@pytest.mark.parametrize("data", [b"", b"{}", b'{"v":2}', b"\xff", b"x" * 100, b'{"v":1,"network":"n"}'])
def test_what_is_no_file_of_evidence_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_evidence(data)


def test_entries_are_found_by_officer_purpose_person_record_and_time(filled: Cast) -> None:
    inspector = filled.officer("LT", "inspector")
    name = f"officer-{filled._named}"
    record = check(inspector)["answers"][0]["hits"][0]["record"]
    answer = inspector.post("/v1/queries", {"name": "Melö, Arvid", "purpose": "investigation", "reference": "case 9"})
    assert answer.json()["answers"][1]["answer"] == "hit"
    filled.network.settle()
    auditor = filled.officer("LT", "auditor")

    def found(**sought: str) -> list[str]:
        listed = auditor._client.get("/v1/ledger", params=sought, headers=auditor.headers).json()
        return [each["kind"] for each in listed["entries"]]

    assert found(officer=name, purpose="investigation") == ["query.ask", "answer.receive"][::-1] or found(
        officer=name, purpose="investigation", kind="query.ask"
    ) == ["query.ask"]
    assert "query.ask" in found(officer=name, about="60EV00001 FRA")
    assert "query.ask" in found(officer=name, about="FRA 60EV00001")
    assert "query.ask" in found(officer=name, about="60ev-00001")
    assert "query.ask" in found(officer=name, about="arvid meloe")
    assert "answer.receive" in found(about=record)
    assert found(officer=name, about="Somebody Else") == []
    assert found(officer=name, verdict="refused") == []
    assert found(officer=name, since="2026-11-24T00:00Z") == []
    assert "query.ask" in found(officer=name, until="2026-11-25")
    keeper = filled.officer("GS", "auditor")
    listed = keeper._client.get("/v1/ledger", params={"about": record, "member": "LT"}, headers=keeper.headers).json()
    assert "query.answer" in [each["kind"] for each in listed["entries"]]


@pytest.mark.parametrize("query", ["about=...", "since=sometime", "until=2026-13-01"])
def test_what_cannot_be_sought_is_refused_before_the_act(filled: Cast, query: str) -> None:
    auditor = filled.officer("LT", "auditor")
    before = len(filled.network.ledger("LT"))
    assert auditor.get(f"/v1/ledger?{query}").status_code == 422
    assert len(filled.network.ledger("LT")) == before


def test_the_auditors_own_search_is_on_the_record(filled: Cast) -> None:
    auditor = filled.officer("LT", "auditor")
    auditor.get("/v1/ledger?about=Arvid")
    (entry,) = [row for row in filled.network.ledger("LT", "ledger.list") if row.content][-1:]
    assert entry.content is not None
    assert entry.content.detail["about"] == "Arvid"


def test_who_is_no_auditor_exports_nothing(filled: Cast) -> None:
    assert filled.officer("LT", "inspector").get("/v1/ledger/export").status_code == 403


def test_the_ledger_proves_that_it_only_grew(filled: Cast) -> None:
    auditor = filled.officer("LT", "auditor")
    filled.network.settle()
    found = auditor.get("/v1/ledger/growth?period=2026-11&size=3").json()
    assert found["old_size"] == 3
    assert found["proof"]
    assert auditor.get("/v1/ledger/growth?period=2026-11&size=100000").status_code == 404
    assert auditor.get("/v1/ledger/growth?period=1999-01&size=0").status_code == 404


def test_a_file_has_one_form(filled: Cast) -> None:
    data = export(filled, "LT", "kind=query.ask").content
    file = parse_evidence(data)
    assert isinstance(file, EvidenceFile)
    assert file.encode() == data


def test_who_could_see_a_record_and_who_has_is_said(filled: Cast) -> None:
    inspector = filled.officer("LT", "inspector")
    record = check(inspector)["answers"][0]["hits"][0]["record"]
    inspector.post(f"/v1/records/{record}/read", {"purpose": "border-control"})
    filled.network.settle()
    found = filled.officer("GS", "auditor").get(f"/v1/ledger/records/{record}").json()
    assert (found["source"], found["audience"]) == ("FR", "all")
    assert {"LT", "BR"} <= set(found["could"])
    seen = {(each["member"], each["kind"]) for each in found["seen"]}
    assert {("LT", "query.answer"), ("LT", "record.show")} <= seen
    here = filled.officer("LT", "auditor").get(f"/v1/ledger/records/{record}").json()
    assert here["source"] == ""
    assert {each["kind"] for each in here["seen"]} == {"answer.receive", "record.receive"}
    assert filled.officer("LT", "auditor").get("/v1/ledger/records/cheese").status_code == 422
