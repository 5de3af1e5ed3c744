"""What is asked of a zone: every register speaks, whatever was misread, and what is not sure narrows nothing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.api.document import read_document
from comity.audience import Audience
from comity.errors import ComityError, MalformedError
from comity.ids import CountryCode, MemberCode
from comity.registers.layouts import LAYOUTS
from comity.registers.mrz import Holder, compose_mrz
from comity.registers.persons import PERSONS
from comity.registers.record import make_record
from comity.registers.register import ask_keys
from comity.registers.registry import REGISTERS
from tests.registers.statements import NOW

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
OTTO = Holder("LINDEN", "OTTO", date(1965, 3, 1), "M", CountryCode("UTO"))
NORA = Holder("FALKESEN", "NORA", date(1924, 6, 15), "F", CountryCode("UTO"))


def zone_of(layout: str, holder: Holder = OTTO, country: str = "UTO", number: str = "W7012345") -> str:
    code = {"TD3": "P", "MRV-A": "V", "MRV-B": "V"}.get(layout, "I")
    return compose_mrz(
        LAYOUTS[layout], document_code=code, issuing_country=CountryCode(country), number=number, holder=holder,
        expiry=date(2033, 4, 4),
    )  # fmt: skip


def entered(holder: Holder) -> dict[str, object]:
    return {
        "reference": "X-1", "status": "wanted", "names": [{"given": holder.given_names, "family": holder.surname}],
        "births": [{"from": holder.birth.isoformat()}],
    }  # fmt: skip


def is_found(mrz: str, holder: Holder) -> bool:
    """Whether a check of this zone finds the holder in the register of persons."""
    record = make_record(PERSONS, MemberCode("FR"), entered(holder), Audience.everyone(), now=NOW)
    terms = read_document(mrz=mrz).questions.terms["persons"]
    return bool({*ask_keys(PERSONS, terms)} & {*record.keys}) and PERSONS.matches(record.fields, record.groups, terms)


@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.sampled_from(["FRA", "D", "UTO", "XXA"]),
    st.integers(0, 200),
    st.sampled_from(LETTERS + "0123456789<"),
)
def test_one_misread_character_takes_no_register_out_of_the_answer(
    layout: str, country: str, place: int, other: str
) -> None:
    zone = zone_of(layout, country=country)
    place %= len(zone)
    if zone[place] == "\n":
        return
    document = read_document(mrz=zone[:place] + other + zone[place + 1 :])
    found = document.questions
    assert {*found.terms, *found.unasked} == {*REGISTERS}
    assert not {*found.terms} & {*found.unasked}
    for problem in found.stopped.values():
        assert problem.message
        assert problem.next_step
    if "travel-documents" in found.terms:  # what is asked is a country that issues
        assert ask_keys(REGISTERS[next(iter(found.terms))], found.terms[next(iter(found.terms))])


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
@given(st.data())
def test_a_person_is_found_by_the_own_zone_with_any_character_of_the_birth_misread(
    layout: str, data: st.DataObject
) -> None:
    zone = zone_of(layout).splitlines()
    line, start, stop = LAYOUTS[layout].birth
    place = data.draw(st.integers(start, stop))  # the check digit too
    other = data.draw(st.sampled_from(LETTERS + "0123456789<"))
    zone[line] = zone[line][:place] + other + zone[line][place + 1 :]
    assert is_found("\n".join(zone), OTTO)


@given(st.dates(date(1902, 1, 1), NOW.date()), st.sampled_from(sorted(LAYOUTS)))
def test_a_person_of_any_age_is_found_by_the_own_zone(born: date, layout: str) -> None:
    holder = Holder("FALKESEN", "NORA", born, "F", CountryCode("UTO"))
    assert is_found(zone_of(layout, holder), holder)


def test_each_century_that_is_possible_is_asked_and_no_other() -> None:
    def births(day: date) -> str:
        return read_document(mrz=zone_of("TD3", Holder("A", "B", day, "F", CountryCode("UTO")))).said["birth_date"]

    assert births(date(1924, 6, 15)) == "1924-06-15,2024-06-15"
    assert births(date(1965, 3, 1)) == "1965-03-01"
    assert births(date(1900, 2, 1)) == "2000-02-01"
    assert births(date(2000, 2, 29)) == "2000-02-29"
    assert births(date(1912, 2, 29)) == "1912-02-29,2012-02-29"


STOLEN = "P<FR4MARTIN<<CLAIRE<<<<<<<<<<<<<<<<<<<<<<<<<\n19AC456786FRA8001014F3001019<<<<<<<<<<<<<<00"


@pytest.mark.parametrize(
    ("issuer", "typed", "country", "says"),
    [
        ("FR4", "", "", "The issuing state cannot be read."),
        ("F8A", "", "", "The issuing state cannot be read."),
        ("FRB", "", "", "Nobody issues documents under FRB."),
        ("<<<", "", "", "The issuing state cannot be read."),
        ("FR4", "FRA", "FRA", ""),
        ("FRB", "fra", "FRA", ""),
        ("FRB", "DEU", "D", ""),
        ("FR4", "FRB", "FRB", "Nobody issues documents under FRB."),
        ("D<<", "FRA", "D", ""),
        ("FRA", "LTU", "FRA", ""),
    ],
)
def test_what_is_typed_beside_the_zone_counts_where_its_issuer_cannot_be_read(
    issuer: str, typed: str, country: str, says: str
) -> None:
    found = read_document(mrz=STOLEN.replace("FR4", issuer, 1), country=typed)
    assert found.said.get("country", "") == country
    unasked = found.questions.unasked.get("travel-documents")
    assert (unasked.message if unasked else "") == says
    assert "persons" in found.questions.terms
    if unasked and not typed:
        assert "By the zone, the bearer's nationality is FRA." in unasked.next_step


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"6503019": "6503029"}, ["Date of birth not sure"]),
        ({"6503019": "6503018"}, ["Date of birth not sure"]),
        ({"W7012345<4": "W7012345<5"}, ["Document number not sure", "Date of birth not sure"]),
        ({"OTTO": "0TTO"}, ["Name not sure"]),
        ({"OTTO": "OTTA"}, []),
    ],
)
def test_what_a_zone_itself_doubts_is_said(changed: dict[str, str], says: list[str]) -> None:
    zone = zone_of("TD3")
    for old, new in changed.items():
        assert old in zone
        zone = zone.replace(old, new)
    found = read_document(mrz=zone)
    assert [note.partition(":")[0] for note in found.notes] == says
    assert ("birth_date" in found.said) is ("Date of birth not sure" not in says)
    assert found.said.get("number", "") == "W7012345"


def test_a_typed_date_counts_where_the_zones_own_is_not_sure() -> None:
    sure, doubtful = zone_of("TD3"), zone_of("TD3").replace("6503019", "6503029")
    assert read_document(mrz=sure, birth_date="1970").said["birth_date"] == "1965-03-01"
    assert read_document(mrz=doubtful, birth_date="1965").said["birth_date"] == "1965"


@pytest.mark.parametrize("typed", ["2090-01-01", "2027", "2026-13", "yesterday"])
def test_a_date_that_cannot_be_stops_persons_and_no_other_register(typed: str) -> None:
    found = read_document(number="X1", country="FRA", birth_date=typed).questions
    assert {*found.terms} == {"travel-documents"}
    assert found.unasked["persons"].where == "birth_date"
    with pytest.raises(MalformedError) as refused:
        _ = read_document(name="Otto Linden", birth_date=typed).questions
    assert (refused.value.where, bool(refused.value.next_step)) == ("birth_date", True)


ROWS = """
P<CHELIMACHER<<VRENI<<<<<<<<<<<<<<<<<<<<<<<< / X3F20041<0CHE9103177F3203167<<<<<<<<<<<<<<<0 | X3F20041 | CHE
P<PAKNASREEN<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<< / GH77100231PAK9306118F33061054210100000003<98 | GH7710023 | PAK
P<IND<<KIRANDEEP<<<<<<<<<<<<<<<<<<<<<<<<<<<< / T4432109<4IND8709217M3109203<<<<<<<<<<<<<<06 | T4432109 | IND
IDUTO445566778<88<<<<<<<<<<<<< / 9001022M3301018UTO<<<<<<<<<<<0 / FALKE<<NORA<<<<<<<<<<<<<<<<<<< | 4455667788 | UTO
IDUTOBB7700119<90022334455666< / 9001022M3301018UTO<<<<<<<<<<<4 / FALKE<<NORA<<<<<<<<<<<<<<<<<<< | BB77001199002233445566 | UTO
I<UTOFALKE<<NORA<<<<<<<<<<<<<<<<<<<< / E55667788<UTO9001022M3301018996<<<<8 | E5566778899 | UTO
P<D<<LINDEN<<OTTO<<<<<<<<<<<<<<<<<<<<<<<<<<< / L0FZ4T7214D<<7005059M3305049<<<<<<<<<<<<<<00 | L0FZ4T721 | D
P<UTOFALKE<<NORA<<<<<<<<<<<<<<<<<<<<<<<<<<<< / W7012345<4UTO8809416F3304042<<<<<<<<<<<<<<02 | W7012345 | UTO
P<UTOFALKE<<NORA<<<<<<<<<<<<<<<<<<<<<<<<<<<< / W7012345<4UTO88<<<<0F3304042<<<<<<<<<<<<<<06 | W7012345 | UTO
RPESTPD12345672<<<<<<<<<<<<<<< / 8802288F3301018UKR<<<<<<<<<<<2 / FALKE<<NORA<<<<<<<<<<<<<<<<<<< | PD1234567 | EST
VCD<<FALKE<<NORA<<<<<<<<<<<<<<<<<<<< / M1122334<4UTO9001022F3301018<<<<<<<< | M1122334 | D
P<USAFALKE<<NORA<<<<<<<<<<<<<<<<<<<<<<<<<<<< / 5566778895USA9504051F3304042987654321<045604 | 556677889 | USA
""".strip().splitlines()  # noqa: E501 - zones as they stand


@pytest.mark.parametrize("row", ROWS)
def test_zones_that_other_readers_stumbled_over_are_asked_whole(row: str) -> None:
    mrz, number, country = row.split(" | ")
    found = read_document(mrz=mrz.replace(" / ", "\n"))
    assert (found.said.get("number", ""), found.said.get("country", ""), found.failing) == (number, country, ())
    assert found.questions.stopped == {}
    assert ("birth_date" in found.said) is (not any(odd in mrz for odd in ("UTO880941", "UTO88<<<<")))


def test_an_o_that_was_read_for_a_zero_is_named_by_number_and_whole_zone() -> None:
    mrz = "P<BWAFALKE<<NORA<<<<<<<<<<<<<<<<<<<<<<<<<<<<\nBNO4466211BWA8802288F3301018<<<<<<<<<<<<<<04"  # fmt: skip
    assert [digit.name for digit in read_document(mrz=mrz).failing] == ["number", "composite"]


@pytest.mark.parametrize("mrz", ["CSC1234567<7<3012315<8001014<5", STOLEN.replace("FR4", "FRA")[:-1], "P<FRA"])
def test_what_is_no_zone_is_refused_with_counts_and_next_step(mrz: str) -> None:
    with pytest.raises(ComityError) as refused:
        read_document(mrz=mrz)
    assert "characters" in refused.value.message
    assert refused.value.next_step
