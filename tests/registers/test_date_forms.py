"""Days in another system's form: what is said, digit by digit, or a refusal; never a day that nobody said."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comity.audience import Audience
from comity.errors import MalformedError
from comity.ids import MemberCode
from comity.registers.columns import Columns, parse_columns
from comity.registers.date_forms import date_form, read_day
from comity.registers.lines import LineReader, RefusedFileError
from comity.registers.persons import PERSONS
from comity.registers.record import RecordForm, read_written
from comity.registers.travel_documents import TRAVEL_DOCUMENTS

PACKED = ("%d%m%Y", "%d%m%y", "%y%m%d", "%Y%m%d", "%m%d%Y", "%m%d%y", "%Y%j", "%Y%m%d%H%M", "%d%m%Y %H%M%S", "1%d%m%Y")
MARKED = ("%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%Y-%m-%d", "%d %b %Y", "%B %d, %Y", "%d%b%Y", "%a %d.%m.%Y", "%Y-%j",
          "%A, %d %B %Y", "%G-W%V-%u", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %I:%M %p", "%d.%m.%Y %H:%M %z")  # fmt: skip
DAYS = st.dates(date(1970, 1, 1), date(2068, 12, 31))


def written(day: date, form: str) -> str:
    return f"{datetime(day.year, day.month, day.day, 13, 5, 9, tzinfo=UTC):{form}}"


@given(DAYS, st.sampled_from((*PACKED, *MARKED)))
def test_a_day_in_any_form_is_that_day(day: date, form: str) -> None:
    assert read_day(written(day, form), form) == day.isoformat()
    assert read_day(f" {written(day, form).upper()} ", form) == day.isoformat()


@given(DAYS, st.sampled_from(PACKED))
@example(date(2026, 11, 1), "%d%m%Y")
@example(date(2026, 2, 1), "%d%m%y")
@example(date(2001, 2, 3), "%y%m%d")
def test_a_day_whose_zero_was_dropped_is_refused(day: date, form: str) -> None:
    text = written(day, form)
    for at in [place for place, digit in enumerate(text) if digit == "0"]:
        assert read_day(text[:at] + text[at + 1 :], form) == ""


@given(st.text("0123456789", min_size=1, max_size=14), st.sampled_from(PACKED[:7]))
def test_what_is_read_from_digits_is_written_with_those_digits(text: str, form: str) -> None:
    if day := read_day(text, form):
        assert written(date.fromisoformat(day), form).zfill(len(text)) == text


@given(st.text("0123456789. ", min_size=1, max_size=12))
def test_between_marks_a_zero_may_lack_and_nothing_else(text: str) -> None:
    if day := read_day(text, "%d.%m.%Y"):
        assert [int(each) for each in text.split(".")] == [int(each) for each in reversed(day.split("-"))]


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("1.2.2026", "%d.%m.%Y", "2026-02-01"), ("01.02.26", "%d.%m.%Y", ""), ("1.2.026", "%d.%m.%Y", ""),
        ("31.02.2026", "%d.%m.%Y", ""), ("02JAN2026", "%d%b%Y", "2026-01-02"), ("2 Jan 2026", "%d%b%Y", ""),
        ("Mon 02.01.2026", "%a %d.%m.%Y", ""), ("Fri 02.01.2026", "%a %d.%m.%Y", "2026-01-02"),
        ("100% 02.01.2026", "100%% %d.%m.%Y", "2026-01-02"), ("", "%d.%m.%Y", ""), ("1112026", "%d%m%Y", ""),
    ],
)  # fmt: skip
def test_a_text_is_what_its_form_says_or_none(text: str, form: str, day: str) -> None:
    assert read_day(text, form) == day


@pytest.mark.parametrize(
    ("form", "why"),
    [
        *((form, "open") for form in ("%m/%Y", "%Y", "%d.%m", "%d.%y", "%H:%M", "today", "%%d%%m%%Y", "%G-%V", "%Y%U")),
        *((form, "no part of a day") for form in ("%c", "%x", "%s", "%Q", "%-d.%m.%Y", "%d.%m.%Y %", "%d.%m.%Y %Z")),
        *((form, "twice") for form in ("%d.%d.%Y", "%d.%m.%Y %Y")),
    ],
)  # fmt: skip
def test_a_form_that_is_no_whole_day_is_refused_with_what_to_say(form: str, why: str) -> None:
    with pytest.raises(MalformedError, match=why) as refused:
        date_form(form)
    assert refused.value.where == "dates"
    assert "%d.%m.%Y" in refused.value.next_step


@given(st.text("%dmyYbBjHMaAGVuUWwzpIfS. %-", max_size=12), st.text(max_size=12))
def test_whatever_form_and_text_are_a_day_comes_out_or_a_named_problem(form: str, text: str) -> None:
    try:
        day = date_form(form).read(text)
    except MalformedError as error:
        assert error.next_step  # noqa: PT017 - either is right
    else:
        assert day is None or date.min <= day <= date.max


def reader(columns: Columns) -> LineReader:
    now = datetime.fromisoformat("2026-11-23T12:00:00Z")
    return LineReader(RecordForm(TRAVEL_DOCUMENTS, MemberCode("FR"), Audience.everyone(), now=now), columns, ("FRA",))


def test_a_file_whose_days_lost_their_zeros_stays_out() -> None:
    lines = reader(Columns(dates="%d%m%Y")).read(
        ["number,country,type,loss,theft_date\n", "19AC45678,FRA,passport,stolen,1112025\n"]
    )
    with pytest.raises(RefusedFileError, match="theft_date: It is not written as %d%m%Y"):
        list(lines)


def test_what_a_mapping_turns_into_nothing_is_no_day() -> None:
    columns = parse_columns(b'dates = "%d.%m.%Y"\n[values.theft_date]\n"00.00.0000" = ""')
    lines = reader(columns).read(
        ["number,country,type,loss,theft_date\n", "19AC45678,FRA,passport,stolen,00.00.0000\n"]
    )
    [record] = map(read_written, lines)
    assert "theft_date" not in record.fields


def persons(columns: Columns, table: str) -> list[dict[str, str]]:
    now = datetime.fromisoformat("2026-11-23T12:00:00Z")
    lines = LineReader(RecordForm(PERSONS, MemberCode("FR"), Audience.everyone(), now=now), columns, ())
    [record] = map(read_written, lines.read(table.splitlines(keepends=True)))
    return record.groups["births"]


@given(st.dates(date(1900, 1, 1), date(2025, 12, 31)), st.sampled_from(("%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d %B %Y")))
def test_every_column_of_dates_comes_in_the_form_that_the_mapping_says(day: date, form: str) -> None:
    said = written(day, form)
    table = (
        "reference,status,names.whole,births.from,births.2.precision,births.2.from,births.2.to,listed_on\n"
        f'A-1,wanted,Ona,"{said}",between,"{said}","{said}","{said}"\n'
    )
    iso = day.isoformat()
    assert persons(Columns(dates=form), table) == [{"from": iso}, {"precision": "between", "from": iso, "to": iso}]


@pytest.mark.parametrize("said", ["1965", "1965-03"])
def test_a_month_or_a_year_of_birth_needs_no_form(said: str) -> None:
    table = f"reference,status,names.whole,births.from\nA-1,wanted,Ona,{said}\n"
    assert persons(Columns(dates="%d.%m.%Y"), table) == [{"from": said}]


@pytest.mark.parametrize("said", ["1965-03-01", "1965-01-31", "03.1965", "1.3.65"])
def test_a_day_of_birth_in_another_form_than_the_mapping_says_is_refused(said: str) -> None:
    with pytest.raises(RefusedFileError, match=r"births\.from: It is not written as"):
        persons(Columns(dates="%d.%m.%Y"), f"reference,status,names.whole,births.from\nA-1,wanted,Ona,{said}\n")


@pytest.mark.parametrize(
    "form", ["%Y-%j", "%Y-%d-%m", "%Y-%U-%w", "%G-%V-%u", "%H:%M %Y-%j", "%Y-%j %H:%M", "%d.%Y-%m"]
)
@pytest.mark.parametrize("said", ["1965-12", "1965-01"])
def test_a_month_is_none_where_the_form_has_another_part_behind_the_year(form: str, said: str) -> None:
    """12 January whose zero was dropped, a week, or December: nobody says which, and it would rule the person out."""
    table = f"reference,status,names.whole,births.from\nA-1,wanted,Ona,{said}\n"
    if "%Y-%m" in form:
        assert persons(Columns(dates=form), table) == [{"from": said}]
        return
    with pytest.raises(RefusedFileError, match=r"births\.from: .* may be a month"):
        persons(Columns(dates=form), table)


@given(st.dates(date(1900, 1, 1), date(2025, 12, 31)), st.sampled_from((*PACKED, *MARKED)))
def test_a_day_of_birth_is_never_read_as_a_month_or_a_year_of_another_one(day: date, form: str) -> None:
    """With its zeros or without: that day, or a refusal."""
    text = written(day, form)
    texts = {text, text.lstrip("0"), re.sub(r"(?<![0-9])0+(?=[0-9])", "", text)}
    for each in filter(str.strip, texts):
        table = f'reference,status,names.whole,births.from\nA-1,wanted,Ona,"{each}"\n'
        try:
            found = persons(Columns(dates=form), table)
        except MalformedError:
            continue
        assert found == [{"from": day.isoformat()}], (each, form)


@pytest.mark.parametrize("form", ["%d.%m.%y", "%d%m%y", "%y%m%d", "%m/%d/%y", "%y-%j"])
@pytest.mark.parametrize("title", ["births.from", "births.2.to", "births.1.from"])
def test_a_year_of_two_digits_is_no_year_of_birth(form: str, title: str) -> None:
    """02.05.26 may be a child, or a hundred years old."""
    table = f"reference,status,names.whole,{title}\nA-1,wanted,Ona,{written(date(1968, 5, 2), form)}\n"
    with pytest.raises(MalformedError, match="leaves the century open") as refused:
        persons(Columns(dates=form), table)
    assert refused.value.where == "dates"
    assert "%d.%m.%Y" in refused.value.next_step


def test_a_year_of_two_digits_is_no_year_of_expiry_and_is_one_of_what_is_past() -> None:
    columns = Columns(dates="%d.%m.%y")
    begin, line = "number,country,type,loss", "19AC45678,FRA,passport,stolen"
    for title in (name for name, field in TRAVEL_DOCUMENTS.dates.items() if not field.is_past):
        with pytest.raises(MalformedError, match="leaves the century open"):
            list(reader(columns).read([f"{begin},{title}\n", f"{line},02.05.68\n"]))
    [record] = map(read_written, reader(columns).read([f"{begin},theft_date\n", f"{line},02.05.25\n"]))
    assert record.fields["theft_date"] == "2025-05-02"


def test_a_constant_is_in_our_form() -> None:
    columns = parse_columns(b'dates = "%d.%m.%Y"\n[constants]\ntheft_date = "2026-01-02"')
    lines = reader(columns).read(["number,country,type,loss\n", "19AC45678,FRA,passport,stolen\n"])
    [record] = map(read_written, lines)
    assert record.fields["theft_date"] == "2026-01-02"
