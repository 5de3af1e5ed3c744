"""Dates of birth: what is not known, or not understood, rules nobody out."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import InputError, MalformedError
from comity.registers.births import birth_line, join_dates, may_be_born, normalise_partial_date, parse_asked
from comity.registers.persons import PERSONS
from comity.registers.register import ask_keys

Entry = dict[str, str]
DAYS = st.dates(date(1900, 1, 1), date(2026, 11, 1))


def texts(day: date) -> tuple[str, str, str]:
    """A day as it may be known: to the day, month or year."""
    return day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    first, last = sorted((draw(DAYS), draw(DAYS)))
    at = draw(st.integers(0, 2))
    start, end = texts(first)[at], texts(last)[at]
    return draw(
        st.sampled_from(
            [
                {"from": start},
                {"from": start, "precision": "exact"},
                {"from": start, "precision": "around"},
                {"from": start, "to": end, "precision": "between"},
                {"from": start, "precision": "unknown"},
                {"precision": "unknown", "note": "possibly 1985 to 1989"},
                {"from": start, "note": "from a false passport"},
            ]
        )
    )


NAMES = st.lists(
    st.sampled_from([{"whole": "A"}, {"whole": "B", "birth": "1958-02"}, {"whole": "C", "birth": "early"}])
)


def is_allowed(births: list[Entry], day: str, names: list[Entry] | None = None) -> bool:
    return may_be_born({"births": births, "names": names or []}, day)


@given(st.lists(entries(), min_size=1, max_size=4), NAMES, entries(), DAYS)
def test_a_further_date_never_rules_out_a_day_that_was_allowed_before(
    births: list[Entry], names: list[Entry], more: Entry, day: date
) -> None:
    for text in texts(day):
        if is_allowed(births, text, names):
            assert is_allowed([*births, more], text, names)
            assert is_allowed([more, *births], text, names)
            assert is_allowed(births, text, [*names, {"whole": "D", "birth": more.get("from", "once")}])


@given(st.lists(entries(), min_size=1, max_size=4), DAYS)
def test_each_day_that_an_entry_can_mean_is_allowed(births: list[Entry], day: date) -> None:
    for entry in births:
        start = entry.get("from", "")
        means = (
            "note" in entry
            or entry.get("precision") == "unknown"
            or (entry.get("precision") == "between" and start <= day.isoformat() <= f"{entry['to']}-99")
            or (entry.get("precision") == "around" and abs(int(start[:4]) - day.year) <= 1)
            or day.isoformat().startswith(start)
        )
        if means:
            assert is_allowed(births, day.isoformat())


@pytest.mark.parametrize(
    ("births", "asked", "allowed"),
    [
        ([{"from": "1965", "precision": "unknown"}], "1968", True),
        ([{"from": "1979"}, {"precision": "unknown", "note": "possibly 1985 to 1989"}], "1986", True),
        ([{"from": "1965"}, {"precision": "unknown"}], "1986", True),
        ([{"from": "1965", "precision": "around"}], "1967-12-31", True),
        ([{"from": "1965", "precision": "around"}], "1963-01-01", True),
        ([{"from": "1965", "precision": "around"}], "1962", False),
        ([{"from": "1965", "precision": "around"}], "1968", False),
        ([{"from": "1955", "to": "1958", "precision": "between", "note": "Approximately"}], "1959", True),
        ([{"from": "1964-02-29", "precision": "around"}], "1962-02-28", True),
        ([{"from": "9999", "precision": "around"}], "9999-12", True),
        ([{"from": "0001", "precision": "around"}], "0001-01", True),
        ([{"from": "1965"}], "1966", False),
    ],
)
def test_only_what_is_sure_rules_a_day_out(births: list[Entry], asked: str, *, allowed: bool) -> None:
    assert is_allowed(births, asked) is allowed


def test_the_date_of_one_of_the_names_is_a_date_of_the_person() -> None:
    names = [{"whole": "The Owl", "birth": "1958-02-22"}]
    assert is_allowed([{"from": "1958-02-21"}], "1958-02-22", names)
    assert not is_allowed([{"from": "1958-02-21"}], "1958-02-23", names)


@given(DAYS, DAYS)
def test_one_of_several_dates_asked_is_enough(first: date, second: date) -> None:
    asked = join_dates((first.isoformat(), second.isoformat()))
    assert is_allowed([{"from": first.isoformat()}], asked)
    assert is_allowed([{"from": second.isoformat()}], asked)
    other = (max(first, second) + timedelta(days=1)).isoformat()
    assert not is_allowed([{"from": other}], asked)


@pytest.mark.parametrize("text", ["sometime", "1965,", ",", "1965,,1966", "1965-13", "1965/1970"])
def test_a_question_with_no_date_for_a_date_is_refused_by_whichever_key(text: str) -> None:
    for terms in ({"name": "Arvid"}, {"number": "X1"}):
        with pytest.raises(InputError) as refused:
            ask_keys(PERSONS, terms | {"birth_date": text})
        assert (refused.value.where, bool(refused.value.next_step)) == ("birth_date", True)
    with pytest.raises(MalformedError):
        parse_asked(text)


@pytest.mark.parametrize("text", ["1965-13", "65", "1965-02-30", "0000", "1965-3", "", "1965-03-01T00", "\u0661965"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        normalise_partial_date(text)


def test_a_date_is_shown_with_what_makes_it_unsure() -> None:
    assert birth_line({"from": "1965", "precision": "around"}) == "~1965"
    assert birth_line({"from": "1965", "to": "1966", "precision": "between"}) == "1965/1966"
    assert birth_line({"from": "1965", "precision": "unknown"}) == "1965?"
    assert birth_line({"from": "1958", "note": "Sep."}) == "1958 (Sep.)"
    assert birth_line({"precision": "unknown", "note": "thirty years old"}) == "thirty years old"
