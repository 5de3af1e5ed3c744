"""A record with characters that nobody sees, kept since before they were refused, silences nothing and is shown."""

import json

import pytest

import comity.characters
from comity.api.query_wire import CheckAnswer, RecordAnswer
from comity.characters import is_one_line
from comity.cli.checking import _code, _say_check, _say_read
from comity.cli.speech import say_json
from comity.evidence import judge, parse_evidence
from comity.exchange.receipt import Receipt
from comity.exchange.signed import parse_signed
from comity.limits import BODY_BYTES
from comity.parsing import decode
from comity.peer.entering import EntryForm
from comity.registers.batch import salt_records, sign_batch
from comity.registers.record import parse_record
from comity.registers.registry import REGISTERS
from tests.peer.frames import put, signer_of
from tests.registers.statements import FR, make_fields
from tests.registers.test_characters_of_records import FEW, PLACES, make, said_with

from .conftest import Cast

ODD = "Ab\u3164c\u202ed"
NUMBERED = "Ab<U+3164>c<U+202E>d"
ASKED = {"name": "Ona Hidden", "number": "19AC00001", "country": "FRA", "purpose": "border-control"}


@pytest.fixture(scope="module")
def odd(cast: Cast) -> Cast:
    """Of each register a plain record, and one with odd characters for each field, taken in as nodes of before did."""
    network = cast.network
    clerk = network.officer("FR", "clerk", "registrar")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comity.characters, "verify_line", lambda _text, _where: None)
        for name in ("persons", "travel-documents"):
            records = [
                said_with(register, group, field, f"{ODD} {place}")
                for place, (register, group, field) in enumerate(PLACES)
                if register.name == name
            ]
            plain = {"reference": "FR-plain", "status": "wanted", "names": [{"whole": "Ona Hidden"}]}
            records.append(plain if name == "persons" else make_fields("19AC00001"))
            if name == "persons":  # each under the name that is asked for
                for each in records:
                    each["names"] = [*each["names"], {"whole": "Ona Hidden"}]  # type: ignore[misc]
            form = EntryForm(register=name, records=records, is_lawful=True, audience="all")  # type: ignore[arg-type]
            entered = network.nodes["FR"].records.enter(clerk, form)
            assert entered.receipt is not None
            assert entered.receipt.step == "delivered"
    network.settle(3)
    return cast


def answered(cast: Cast) -> CheckAnswer:
    token = cast.network.officer("LT", f"asker-{cast.network.entropy(4).hex()}", "registrar").token
    answer = cast.nobody("LT")._client.post(
        "/v1/queries", json=ASKED | {"with_evidence": True}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200, answer.text
    assert is_shown(answer.text)
    return decode(answer.content, CheckAnswer, where="answer", most=BODY_BYTES)


def is_shown(text: str) -> bool:
    return "\u3164" not in text and "\u202e" not in text and "\\u3164" not in text


def test_no_record_that_is_in_silences_any_check(odd: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    found = answered(odd)
    assert {each.register: each.answer for each in found.answers} == {
        "travel-documents": "hit", "persons": "hit", "vehicles": "not-asked",
    }  # fmt: skip
    held = sum(register.name == "persons" for register, _group, _field in PLACES) + 1
    [persons] = [each for each in found.answers if each.register == "persons"]
    assert len(persons.hits) == held
    assert NUMBERED in str(persons.hits)
    assert _code(found) == 0
    _say_check(found)
    say_json(found)
    out = capsys.readouterr().out
    assert NUMBERED in out
    assert all(is_one_line(line) for line in out.split("\n"))
    assert all(each.holds for each in judge(parse_evidence(found.evidence), odd.network.nodes["LT"].directory()))


def test_each_of_them_is_read_and_shown_on_every_face(odd: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    client = odd.nobody("LT")._client
    records = [hit.record for each in answered(odd).answers for hit in each.hits]
    for start in range(0, len(records), 20):
        token = odd.network.officer("LT", f"reader-{start}", "registrar").token
        for record in records[start : start + 20]:
            answer = client.post(
                f"/v1/records/{record}/read", json={"purpose": "border-control", "with_evidence": True},
                headers={"Authorization": f"Bearer {token}"},
            )  # fmt: skip
            found = decode(answer.content, RecordAnswer, where="answer", most=BODY_BYTES)
            assert found.answer == "shown"
            assert is_shown(answer.text)
            _say_read(found)
            assert all(
                each.holds for each in judge(parse_evidence(found.evidence), odd.network.nodes["LT"].directory())
            )
    assert all(is_one_line(line) for line in capsys.readouterr().out.split("\n"))


def test_pages_show_their_numbers(odd: Cast) -> None:
    page = odd.officer("LT", "registrar").post("/check", ASKED)
    assert NUMBERED in page.words
    assert is_shown(page.html)
    sheet, record = page.at.split("sheet=")[-1].split("#")[0], page.field("record")
    read = odd.officer("LT", "registrar").post("/check/read", {"sheet": sheet, "record": record})
    assert is_shown(read.html)


def test_the_form_refuses_it_and_says_which(odd: Cast) -> None:
    clerk = odd.officer("FR", "registrar")
    fields = {"register": "persons", "reference-1": "X\u31641", "status-1": "wanted", "names.family-1": "Common"}
    page = clerk.post("/enter", fields | {"step": "preview", "audience": "all"})
    assert "Character 2 is U+3164" in page.words
    assert "X<U+3164>1" in page.words or page.field("reference-1") == "X<U+3164>1"


@pytest.mark.parametrize("hidden", FEW, ids=lambda each: f"U+{ord(each):04X}")
def test_the_keeper_takes_none_of_a_patched_source(odd: Cast, hidden: str) -> None:
    network = odd.network
    for register, group, field in PLACES[::5]:
        data = make(register, group, field, "Ab cd 12").encode()
        data = data.replace(b"Ab cd 12", json.dumps(f"Ab{hidden}cd 12", ensure_ascii=hidden == "\x1b")[1:-1].encode())
        assert parse_record(data)
        salted = salt_records([data], [network.entropy(32)])
        batch = sign_batch(register, FR, salted, network.now, signer_of(network, "FR"), version=1)
        _frame, receipt = parse_signed(put(network, "FR", batch.encode()), Receipt)
        assert receipt.step == "refused"


def test_registers_of_the_test_are_all_registers() -> None:
    assert {register.name for register, _group, _field in PLACES} == set(REGISTERS)
