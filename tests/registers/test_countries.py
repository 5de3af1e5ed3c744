"""Issuers: each code that exists is asked under the one that the documents bear, or refused with what to do."""

from itertools import product
from pathlib import Path
from string import ascii_uppercase

import pytest
from babel.core import get_global

from comity.audience import Audience
from comity.errors import MalformedError
from comity.founding import Founder
from comity.ids import MemberCode
from comity.registers.columns import Columns
from comity.registers.countries import ISSUERS, codes_of, issuer_of, parse_issuer
from comity.registers.fields import normalise_country
from comity.registers.lines import LineReader
from comity.registers.record import RecordForm, make_record, parse_record, read_written
from comity.registers.register import ask_keys
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.testing import Network
from tests.registers.statements import NOW, make_fields

WITHDRAWN = (  # noqa: SIM905 - a list of thirty lines says no more
    "AFI ANT ATB ATN BUR BYS CSK CTE DDR DHY FXX GEL HVO JTN MID NHB NTZ PCI PCZ PUS RHO SCG SKM SUN TMP VDR WAK YMD "
    "YUG ZAR"
).split()
GERMANY = Founder(code="DE", title="Germany", countries=("DEU",), desk="+49 0000 0000", time_zone="Europe/Berlin")
CURRENT = sorted({code for code in get_global("territory_aliases") if len(code) == 3 and code[0] != "Q"} & ISSUERS)


@pytest.mark.parametrize("code", [*CURRENT, *WITHDRAWN, "D", "UNO", "UNA", "UNK", "XXA", "XOM", "EUE", "GBD", "RKS"])
def test_each_code_that_may_be_asked_finds_what_is_entered_under_it(code: str) -> None:
    record = make_record(
        TRAVEL_DOCUMENTS, MemberCode("FR"), make_fields(country=code), Audience.everyone(), now=NOW
    )  # fmt: skip
    asked = ask_keys(TRAVEL_DOCUMENTS, {"number": record.fields["number"], "country": code.lower()})
    assert {*record.keys} <= {*asked}
    assert parse_record(record.encode()) == record


def test_every_code_of_three_letters_is_taken_translated_or_refused_with_a_next_step() -> None:
    taken = 0
    for letters in product(ascii_uppercase, repeat=3):
        code = "".join(letters)
        if code not in ISSUERS:
            with pytest.raises(MalformedError, match=code) as refused:
                parse_issuer(code)
            assert refused.value.next_step
            continue
        taken += 1
        issuer = parse_issuer(code)
        assert issuer == code or code in codes_of(issuer)
        assert parse_issuer(issuer) == issuer == issuer_of(code)
    assert taken > 250 + len(WITHDRAWN)


@pytest.mark.parametrize(
    ("typed", "issuer"), [("DEU", "D"), ("d<<", "D"), ("XKX", "RKS"), ("ROM", "ROU"), ("csk", "CSK")]
)
def test_two_codes_of_one_issuer_are_one(typed: str, issuer: str) -> None:
    assert normalise_country(typed) == issuer


def test_a_record_of_before_under_an_issuers_other_code_is_still_read_and_found() -> None:
    new = make_record(TRAVEL_DOCUMENTS, MemberCode("FR"), make_fields(country="D"), Audience.everyone(), now=NOW)
    old = new.encode().replace(b'"country":"D"', b'"country":"DEU"')
    record = parse_record(old)
    assert (record.fields["country"], record.issuing_country) == ("DEU", "D")
    assert record.encode() == old
    for typed in ("D", "DEU"):
        assert {*record.keys} & {*ask_keys(TRAVEL_DOCUMENTS, {"number": record.fields["number"], "country": typed})}


def test_where_it_was_stolen_is_kept_as_it_was_written() -> None:
    fields = make_fields(theft_country="DEU")
    record = make_record(TRAVEL_DOCUMENTS, MemberCode("FR"), fields, Audience.everyone(), now=NOW)
    assert record.fields["theft_country"] == "DEU"


@pytest.mark.parametrize("text", ["", "?", "F1A", "FRANCE", "FR4", "\u0424RA", "1"])
def test_what_is_no_code_is_refused_with_a_next_step(text: str) -> None:
    with pytest.raises(MalformedError) as refused:
        parse_issuer(text)
    assert (refused.value.where, bool(refused.value.next_step)) == ("country", True)


@pytest.mark.parametrize("answered_for", ["D", "DEU"])
@pytest.mark.parametrize("written", ["D", "DEU"])
def test_a_member_enters_under_either_code_of_its_country(answered_for: str, written: str) -> None:
    form = RecordForm(TRAVEL_DOCUMENTS, MemberCode("DE"), Audience.everyone(), now=NOW)
    lines = [f"L0FZ4T721,{written},passport,stolen\n"]
    reader = LineReader(form, Columns(), (answered_for,))
    (data,) = reader.read(["number,country,type,loss\n", *lines])
    assert read_written(data).fields["country"] == "D"


def test_a_record_under_either_code_is_found_by_either_through_nodes(tmp_path: Path) -> None:
    network = Network(tmp_path, members=("LT",), also=(GERMANY,))
    network.enter(network.officer("DE", "anna", "registrar"), "L0FZ4T721", at="DE", country="D")
    network.enter(network.officer("DE", "bernd", "registrar"), "L0FZ4T722", at="DE", country="DEU")
    network.settle(2)
    inspector = network.officer("LT", "ruta", "inspector")
    for number, country in product(("L0FZ4T721", "L0FZ4T722"), ("D", "DEU")):
        terms = {TRAVEL_DOCUMENTS.name: {"number": number, "country": country}}
        checked = network.nodes["LT"].asker.check(inspector, terms, purpose="border-control", reference="")
        assert checked.registers[0].answer == "hit", (number, country)
        assert checked.registers[0].hits[0].shown["country"] == "D"
    for code in tuple(network.nodes):
        network.stop(code)
