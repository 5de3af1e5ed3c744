"""Numbers of documents: what a table made of a number, or wrote for none, is refused and becomes nobody's number."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path

import pytest
from anyascii import anyascii
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_scientific,
)
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from comity.errors import MalformedError
from comity.registers.numbers import fold_number, is_others_number, normalise_number, normalise_others_number
from comity.registers.persons import PERSONS
from comity.registers.record import parse_record
from comity.registers.register import parse_fields
from comity.registers.written_dates import LANGUAGES, months
from tests.registers.statements import NOW, make_fields, make_statement

MONTHS = months()
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
FORMS = ("%Y-%m-%d", "%Y-%m-%d 00:00:00", "%d-%b", "%d-%b-%y", "%d-%b-%Y", "%b-%y", "%d-%B-%Y", "%d.%m.%Y", "%d-%m-%Y",
         "%m-%d-%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y.%m.%d", "%m.%d.%Y", "%d.%m.%y", "%m/%d/%y", "%d %b %Y",
         "%d %B %Y", "%d. %B %Y", "%d/%b/%Y", "%d.%b.%y", "%b %d, %Y", "%B %d %Y", "%Y-%b-%d", "%b %Y", "%B-%Y",
         "%A, %d %B %Y", "%a %d %b %Y", "%m/%d/%Y %H:%M", "%d.%m.%Y 00:00:00", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y, 00:00",
         "%m/%d/%Y 12:00 AM")  # fmt: skip
EMPTY = ("undefined", "Undefined", "undef", "DBNull", "System.DBNull", "DBNull.Value", "Nothing", "[object Object]",
         "System.Object", "System.String", "java.lang.Object", "java.lang.String", "np.nan", "numpy.nan", "pd.NA",
         "pd.NaT", "float.nan", "math.nan", "Number.NaN", "Double.NaN", "NoneType", "<class 'NoneType'>",
         "nullptr", "Optional.empty", "#ERROR", "VRAI", "faux", "WAHR", "Falsch", "n.a.", "N.A.", "NULL.", "<NA>",
         "(null)", "\\N",
         "nan", "NaN", "NaT", "None", "NULL", "NA", "N/A", "#N/A", "inf", "-inf", "TRUE", "#NUM!", "#REF!", "#VALUE!",
         "#DIV/0!", "#NAME?")  # fmt: skip


def person_with(number: str) -> dict[str, object]:
    names = [{"whole": "Ona Hidden"}]
    return {"reference": "FR-1", "status": "wanted", "names": names, "documents": [{"number": number}]}


def is_taken(number: str) -> bool:
    """Whether a register takes it, documents or persons."""
    taken = 0
    for normalise in (normalise_number, normalise_others_number):
        try:
            normalise(number)
        except MalformedError:
            continue
        taken += 1
    return taken > 0


@given(DAYS, st.sampled_from(FORMS))
def test_a_date_is_no_number(day: date, form: str) -> None:
    written = day.strftime(form)
    assert not is_taken(written), written
    assert not is_taken(written.upper()), written


GROUPS = [",", ".", " ", "'", "\u2019", "\u00a0", "\u202f", ""]
DECIMALS = ["", ".", ",", ".0", ".00", ",0", ",00", ".000", ",000", " .0", ".0-", ".0."]


@given(st.integers(1, 10**13), st.sampled_from(GROUPS), st.sampled_from(DECIMALS))
def test_an_amount_is_read_as_the_number_that_it_was_or_refused_in_every_register(
    number: int, group: str, decimals: str
) -> None:
    assume(not group or group not in decimals)  # a program has two marks
    written = f"{number:,}".replace(",", group) + decimals
    for normalise in (normalise_number, normalise_others_number):
        with suppress(MalformedError):
            assert fold_number(normalise(written)) == str(number), written


@given(
    st.integers(1, 10**13), st.sampled_from(GROUPS), st.sampled_from([".5", ",5", ".25", ",75", ".125000", ",00001"])
)
def test_an_amount_with_decimals_is_no_number(number: int, group: str, decimals: str) -> None:
    assume(group != decimals[0])
    assert not is_taken(f"{number:,}".replace(",", group) + decimals)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("912,345,678.00", "912345678"), ("912.345.678,00", "912345678"), ("12,345,678.0", "12345678"),
        ("912 345 678,0", "912345678"), ("912,345,678", "912345678"), ("912'345'678", "912345678"),
        ("1,23,45,678.00", "12345678"), ("\u0669\u0661\u0662", "912"), ("1,5", ""), ("45.000", ""), ("45.123", ""),
        ("12.345.678.0", ""), ("9.12345678\u00d710^8", ""), ("9.12*10^8", ""), ("0x1.b3p+29", ""),
        ("1234567, 2345678", ""),
    ],
)  # fmt: skip
def test_of_a_persons_document_an_amount_is_its_number_or_is_refused_with_what_to_do(written: str, number: str) -> None:
    if number:
        assert fold_number(normalise_others_number(written)) == number
        return
    with pytest.raises(MalformedError) as refused:
        normalise_others_number(written)
    assert refused.value.next_step


def doubles_written(number: float) -> list[str]:
    """A double as programs write it."""
    return [repr(number), *(f"{number:.{digits}g}" for digits in (15, 16, 17)), f"{number:f}"]


@given(
    st.floats(1e-4, 1e15).filter(lambda number: number % 1 > 0)
    | st.builds(lambda day, second: day + second / 86_400, st.integers(1, 80_000), st.integers(1, 86_399)),
    st.sampled_from([".", ","]),
)
def test_no_double_that_a_program_writes_becomes_a_number(number: float, point: str) -> None:
    for written in doubles_written(number):
        if written.replace(".", "").strip("0") and not written.endswith(".000000"):
            assert not is_taken(written.replace(".", point)) or written.isdigit(), written


@pytest.mark.parametrize("written", ["3219222002.2181558", "45123.604166666664", "701815.90800000005", "0.123456789"])
def test_a_number_that_is_as_a_program_writes_a_double_is_unknown(written: str) -> None:
    assert not is_taken(written)
    assert fold_number(written) == ""


@pytest.mark.parametrize("written", ["3219222002.21815581", "123456789.1234567891"])
def test_more_digits_around_a_dot_than_a_double_has_are_a_number(written: str) -> None:
    assert normalise_number(written) == fold_number(normalise_others_number(written)) == written.replace(".", "")


DRESSES = ["({})", "[{}]", '"{}"', "*{}*", "~{}", "{}/1", "{};", "{} EUR", "USD {}", "{} kr", "{} z\u0142", "{}\u20ac",
           "${}", "R$ {}", "{}%", "{}d", "{} Mio", "({})-", "_{}", "={}*1", '=TEXT({};"0")', "=A1+{}"]  # fmt: skip


@given(
    st.integers(1, 10**13),
    st.sampled_from(["", ",", "."]),
    st.sampled_from([".0", ".00", ",00", ".5", ",25"]),
    st.sampled_from(DRESSES),
)
def test_an_amount_with_decimals_in_any_dress_is_no_number(number: int, group: str, decimals: str, dress: str) -> None:
    assume(group != decimals[0])
    assert not is_taken(dress.format(f"{number:,}".replace(",", group) + decimals))


@pytest.mark.parametrize(
    "written",
    ["$912,345,678", "91234567800%", "\u00a3912345678", "912345678\u00bd", "912345678\u00b2", "12:30", "12:30:00",
     "(12:30:00)", "9.12345678d+08", "9.12345678D8", "0.912345678D+09", "(9.1E+08)", "~9.1E8", "2.5e8f", "9.12^8",
     "912345678\u00b70/1", "912_345_678.0", "=A1", "=912345678*1", "USD 912,345,678", "1.#QNAN", "Err:502"],
)  # fmt: skip
def test_an_amount_a_time_or_a_formula_is_no_number(written: str) -> None:
    assert not is_taken(written)


@pytest.mark.parametrize(
    "written",
    ["AB 123.456", "12.345.678-9", "12.345.678/0001-95", "CHE-309.842.573", "CH-660.0.559.011-2", "V-6.919.272",
     "BE0686.896.689", "85.07.30-033.28", "T-0001/234", "96/184442", "12CP63882.3FRA", "R.E. 201000798316",
     "Passport No.: 28642163", "N\u00b0 235/A", "381110042 (Expired 25 Jan. 2016)", "R00005943, South Sudan",
     "A 12.34", "AG 1950", "RS 123.456", "12.345.678-J", "FR 12.345.678", "12-34-56", "32-13-26", "12ABC2026",
     "JAN2026X", "MAY A 27", "MAY 271", "32JAN2026", "02JAN20261", "MILLE 12A", "912 MX", "25 Jan. 2016/123",
     "1234-JAN-2016"],
)  # fmt: skip
def test_a_real_number_with_marks_stays(written: str) -> None:
    assert fold_number(normalise_others_number(written)) == "".join(filter(str.isalnum, anyascii(written))).upper()


LISTED = Path(__file__).parents[3] / "shared" / "data"


def test_the_numbers_of_a_real_list_stay() -> None:
    if not (listed := LISTED / "ofac" / "sdn.csv").exists():
        pytest.skip("the list is not on this machine")
    said = re.findall(
        r"(?:Passport|C\.C\.|Cedula No\.|ID No\.|Tax ID No\.) ([A-Z0-9][A-Z0-9./-]*[0-9])[ ;]", listed.read_text()
    )
    assert len(said) > 1000
    refused = {number for number in said if not is_others_number(number)}
    assert refused <= {"3219222002.2181558", "98.805"}  # what a program may have written


@pytest.mark.parametrize(
    "language", ["de", "en", "es", "fi", "fr", "hu", "it", "lt", "nl", "pl", "pt", "ro", "sv", "tr"]
)
@pytest.mark.parametrize("form", ["d-MMM", "dd-MMM-yy", "d. MMM", "d MMMM y", "MMM-yy", "d/MMM/yyyy", "EEEE, d MMMM y"])
def test_a_date_in_a_language_of_latin_script_is_no_number(language: str, form: str) -> None:
    for month in range(1, 13):
        written = format_date(date(2026, month, 12), form, language)
        for each in (written, written.upper(), anyascii(written)):
            assert not is_taken(each), each


LOCALES = (*LANGUAGES, "de_CH", "en_CA", "en_GB", "en_IN", "en_ZA", "es_MX", "fr_CH")
DATES = [partial(format_date, format=width) for width in ("short", "medium", "long", "full")]
SKELETONS = [
    partial(format_skeleton, name)
    for name in ("yMMMM", "yMMM", "yMd", "yMMMd", "yMMMEd", "yMMMMEEEEd", "MMMd", "MMMMd")
]
MOMENTS = [partial(format_datetime, format=width) for width in ("short", "medium", "long", "full")]
AMOUNTS = [
    partial(format_decimal, format="#,##0.00"), partial(format_decimal, format="0.0"), format_scientific,
    partial(format_currency, currency="EUR"), partial(format_currency, currency="EUR", format_type="name"),
    partial(format_currency, currency="INR"), partial(format_compact_decimal, fraction_digits=2),
    partial(format_compact_decimal, format_type="long", fraction_digits=2),
    partial(format_compact_currency, currency="EUR", fraction_digits=2),
]  # fmt: skip
FIGURES = re.compile(
    "[0-9]{1,2}/[0-9]{4}|[0-9]{1,4}[-/][0-9]{2}|[0-9]{2}/[0-9]{1,2}/[0-9]{1,2}"
)  # too little for a day


@given(st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)), st.sampled_from(LOCALES), st.data())  # noqa: DTZ001
def test_a_day_as_any_of_the_languages_writes_it_is_no_number(
    moment: datetime, locale: str, data: st.DataObject
) -> None:
    write = data.draw(st.sampled_from([*DATES, *MOMENTS, *SKELETONS]))
    written = write(moment, locale=locale)
    # Basque inflects its months; the Catalan August has two letters, and AG 1950 is a number; so may 2 D be.
    assume(not FIGURES.fullmatch(written) and not re.search("ko |ag[.]|[(]a[)]| d[.]$", written))
    for each in (written, written.upper(), anyascii(written)):
        assert not is_taken(each), (each, locale)


@given(st.integers(1_000_000, 10**13), st.sampled_from(LOCALES), st.sampled_from(AMOUNTS))
def test_an_amount_as_any_of_the_languages_writes_it_is_its_number_or_refused(
    number: int, locale: str, write: Callable[..., str]
) -> None:
    try:
        written = write(number, locale=locale)
    except KeyError:
        reject()  # the language has no such form
    plain = anyascii(written)  # 912M may be a number; J is juta, and the end of many numbers
    assume(re.search("[0-9][^0-9A-Za-z]+[0-9]", plain) and not re.fullmatch("(EUR)?[0-9.,]+J", plain))
    for each in (written, anyascii(written)):
        for normalise in (normalise_number, normalise_others_number):
            with suppress(MalformedError):
                assert fold_number(normalise(each)) == str(number), (each, locale)


@pytest.mark.parametrize(
    "written",
    ["02-01-26", "31-12-99", "12-31-99", "2. 1. 2026", "02. 01. 2026.", "2026. 01. 02.", "2.1.2026 13.05", "2. 1. 26",
     "2. jan. 2026 13.05.09", "2026-01-02 13 h 05", "02JAN2026", "2jan2026", "02Mai2026", "02JANUARY2026",
     "2026. január 2., péntek", "2026 m. sausio 2 d.", "pi 2. 1. 2026", "27 May 2019 Pzt", "2026-01-02, pn",
     "enero de 2026", "Il-Ġimgħa, 2 ta\u2019 Jannar 2026", "912.35 million", "912,35 milhões", "912.35 Mn",
     "912.35 mn", "912.35 jt", "91.23 Cr", "91.23 crore", "9.12 lakh", "91,23 mil M", "912.35 MEUR", "EUR912.35 M",
     "Rs 9.50", "Rs. 912345678.50", "kr 9,50", "912 million", "91 milers de milions", "1.05 PM", "May 27",
     "Fri, Jan 2", "Januar 2"],
)  # fmt: skip
def test_dates_and_amounts_that_were_taken_for_numbers_are_none(written: str) -> None:
    assert not is_taken(written)


CLOCKS = ("%H.%M.%S {}", "%I.%M.%S %p", "%I.%M.%S%p", "%H.%M.%S{}")
ZONES = ("UTC", "GMT", "Z", "CET", "MEZ", "EEST", "MSK", "PST", "GMT+1", "UTC-03", "+0100")


@given(st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)), st.sampled_from(CLOCKS), st.sampled_from(ZONES))  # noqa: DTZ001
def test_a_time_between_dots_with_its_zone_or_half_of_the_day_is_no_number(
    moment: datetime, form: str, zone: str
) -> None:
    written = moment.strftime(form).format(zone)
    for each in (written, written.lower(), written.removeprefix("0")):
        assert not is_taken(each), each


PACKED = ("%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M", "%Y%m%dT%H%M%S+0100", "%Y%b%d", "%G-W%V-%u")


@given(st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)), st.sampled_from(PACKED))  # noqa: DTZ001
def test_a_moment_in_the_forms_that_machines_write_is_no_number(moment: datetime, form: str) -> None:
    assert not is_taken(moment.strftime(form))
    assert not is_taken(moment.strftime(form).lower())


@given(DAYS, st.sampled_from(sorted(LOCALES)))
def test_a_day_without_its_year_behind_a_weekday_that_was_cut_short_is_no_number(day: date, locale: str) -> None:
    weekday = anyascii(format_date(day, "EEE", locale=locale)).rstrip(".")
    assume(weekday.isalpha() and len(weekday) > 1)
    for written in (
        f"{weekday}. {day.day}. {day.month}.",
        f"{weekday}., {day.day}.{day.month:02}",
        f"{weekday}, {day.day}.{day.month}.",
    ):
        assert not is_taken(written), written


@given(DAYS)
def test_a_short_korean_day_is_no_number(day: date) -> None:
    for written in (f"{day:%y}. {day.month}. {day.day}.", f"{day:%y}. {day.month}. {day.day}"):
        assert not is_taken(written), written


@given(st.integers(0, 10**6), st.sampled_from(["{} days", "{} days 01:02:03", "{} Days", "-{} days"]))
def test_a_stretch_of_time_is_no_number(count: int, form: str) -> None:
    assert not is_taken(form.format(count))


@given(st.integers(0, 10**20), st.sampled_from(["", ".0", ".5", "E+11"]), st.sampled_from(["-", "+", "- ", "\u2212"]))
def test_an_amount_with_a_sign_is_no_number(amount: int, end: str, sign: str) -> None:
    assert not is_taken(f"{sign}{amount}{end}")


@pytest.mark.parametrize("written", EMPTY)
def test_what_stands_for_an_empty_cell_is_no_number(written: str) -> None:
    with pytest.raises(MalformedError):
        normalise_number(written)
    with pytest.raises(MalformedError):
        normalise_others_number(written)


@given(st.text("0123456789", min_size=1, max_size=9), st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=3))
def test_real_numbers_stay(digits: str, letters: str) -> None:
    assume(MONTHS.isdisjoint({letters.lower(), f"x{letters.lower()}"}))  # 12 MAI is a day
    forms = (digits + letters, letters + digits, f"{letters} {digits}", f"{digits} {letters}", f"X{letters}-{digits}")
    for written in forms:
        assert normalise_number(written) == written.replace(" ", "").replace("-", "")
        assert normalise_others_number(written) == written


@pytest.mark.parametrize(
    "written",
    [
        "12DEC",
        "02JAN26",
        "JAN2026",
        "12MAY",
        "12MARS",
        "12.345.678-9",
        "1234-05-06",
        "123-456-789",
        "99-12-2026",
        "19AC-45678",
        "DEC45678",
        "NA1",
        "2026-01",
        "01-2026",
        "2026-W01",
        "Q1 2026",
        "5 day",
        "Err 502",
        "912 MIO",
        "FR 2.1",
        "26.1.2-A",
        "20261302T000000",
        "2026ABC02",
        "13.65.09 UTC",
    ],
)
def test_what_only_resembles_a_date_is_a_number(written: str) -> None:
    assert normalise_number(written) == re.sub("[-. ]", "", written).upper()


@given(
    st.text(max_size=12)
    | st.sampled_from(["9.1235E+11", "9,1235E+11", "1E5", "---", "912345678.0", '="0012"', "12-Dec"])
)
def test_a_number_of_a_persons_document_is_found_or_refused(written: str) -> None:
    try:
        found = parse_fields(PERSONS, person_with(written), NOW)
    except MalformedError as error:
        assert "number" in error.where  # noqa: PT017 - either is right
        return
    for entry in found.groups.get("documents", ()):
        assert fold_number(entry["number"])


def test_the_report_names_the_field_and_says_why() -> None:
    with pytest.raises(MalformedError, match="spreadsheet") as refused:
        parse_fields(PERSONS, person_with("9.1235E+11"), NOW)
    assert refused.value.where == "documents[0].number"


def test_what_was_kept_before_stays_readable() -> None:
    data = make_statement("X0000001").encode().replace(b"X0000001", b"NAN")
    assert parse_record(data).fields["number"] == "NAN"
    with pytest.raises(MalformedError):
        parse_record(data, is_new=True)
    assert make_fields("NAN")["number"] == "NAN"
