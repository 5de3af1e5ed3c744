"""What a whole list changes: a record that a question does not find any more is out of sight, whatever the reason."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.audience import Audience
from comity.ids import MemberCode
from comity.peer.comparing import sight_of
from comity.registers.fields import Groups
from comity.registers.persons import PERSONS
from comity.registers.record import Record, make_record
from comity.registers.register import Narrowing, Register, Terms, ask_keys
from comity.registers.vehicles import VEHICLES

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = st.dates(date(1950, 1, 1), date(1990, 12, 31))
NAMES = ("Ona Hidden", "Petras Seen")


def made(fields: dict[str, object], register: Register = PERSONS) -> Record:
    return make_record(register, MemberCode("FR"), fields, Audience.everyone(), now=NOW)


def person(births: list[dict[str, str]], names: list[dict[str, str]]) -> Record:
    return made({"reference": "A-1", "status": "wanted", "names": names, "births": births})


def is_hidden(before: Record, after: Record, register: Register = PERSONS) -> bool:
    return sight_of(register, after).hides(sight_of(register, before), register)


@st.composite
def births(draw: st.DrawFn) -> dict[str, str]:
    first, last = sorted((draw(DAYS), draw(DAYS)))
    cut = draw(st.sampled_from((4, 7, 10)))
    start, end = first.isoformat()[:cut], last.isoformat()[:cut]
    return draw(
        st.sampled_from(
            [
                {"from": start},
                {"from": start, "precision": "around"},
                {"from": start, "to": end, "precision": "between"},
                {"from": start, "precision": "unknown"},
                {"from": start, "note": "by another passport"},
            ]
        )
    )


BIRTHS = st.lists(births(), max_size=3)
NAMED = st.lists(
    st.sampled_from([{"whole": NAMES[0]}, {"whole": NAMES[1]}, {"whole": NAMES[0], "birth": "1958-02"}]), min_size=1
)


def finds(record: Record, terms: dict[str, str]) -> bool:
    return bool({*ask_keys(PERSONS, terms)} & {*record.keys}) and PERSONS.matches(record.fields, record.groups, terms)


def edges(record: Record) -> set[str]:
    """Days at which what a person's dates allow begins or ends, and those beside them."""
    at = [day for span in PERSONS.room_of(record.fields, record.groups) for day in span]
    near = {day + timedelta(days=by) for day in at for by in (-1, 0, 1) if date.min < day < date.max}
    return {day.isoformat() for day in {*near, date(1, 1, 1), date(1970, 1, 1), date(9999, 12, 31)}}


@given(BIRTHS, NAMED, BIRTHS, NAMED)
def test_a_person_is_out_of_sight_where_a_question_that_found_it_does_not_any_more(
    births: list[dict[str, str]], names: list[dict[str, str]], later: list[dict[str, str]], then: list[dict[str, str]]
) -> None:
    before, after = person(births, names), person(later, then)
    questions = [{"name": name, "birth_date": day} for name in NAMES for day in edges(before) | edges(after)]
    is_lost = any(finds(before, each) and not finds(after, each) for each in questions)
    assert is_hidden(before, after) == is_lost


@pytest.mark.parametrize(
    ("births", "later", "is_lost"),
    [
        ([{"from": "1965-03-01"}], [{"from": "1865-03-01"}], True),
        ([{"from": "1965-03-01"}], [{"from": "2001"}], True),
        ([], [{"from": "1965"}], True),
        ([{"from": "1965", "precision": "around"}], [{"from": "1965"}], True),
        ([{"from": "1965"}], [{"from": "1965", "precision": "around"}], False),
        ([{"from": "1965-03-01"}], [{"from": "1965"}], False),
        ([{"from": "1965"}], [{"from": "1970"}, {"from": "1965"}], False),
        ([{"from": "1965"}], [], False),
    ],
)
def test_another_date_of_birth_takes_a_person_out_of_sight(
    births: list[dict[str, str]], later: list[dict[str, str]], *, is_lost: bool
) -> None:
    name = [{"whole": "Ona Hidden"}]
    assert is_hidden(person(births, name), person(later, name)) == is_lost


def test_what_a_further_register_narrows_by_counts_as_well() -> None:
    def matches(fields: Mapping[str, str], _groups: Groups, terms: Terms) -> bool:
        return terms.get("make", "") in ("", fields.get("make", ""))

    narrowing = Narrowing(
        matches=matches, room=lambda fields, _groups: fields.get("make", ""), covers=lambda make, other: make == other
    )
    fields: dict[str, object] = {"vin": "1HGCM82633A004352", "status": "stolen", "make": "Honda"}
    before, after = made(fields, VEHICLES), made({**fields, "make": "Fiat"}, VEHICLES)
    assert not is_hidden(before, after, VEHICLES)
    assert is_hidden(before, after, msgspec.structs.replace(VEHICLES, narrowing=narrowing))
