"""Files of records are read as a whole, and each line that is refused is named."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from comity.audience import Audience
from comity.blobs.text_files import read_lines
from comity.errors import ComityError, MalformedError, TooLargeError
from comity.ids import MemberCode
from comity.registers.columns import Columns, parse_columns
from comity.registers.lines import LineReader, RefusedFileError
from comity.registers.persons import PERSONS
from comity.registers.record import Record, RecordForm, read_written
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.registers.vehicles import VEHICLES

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TITLES = "number,country,type,loss,theft_date"
PLAIN = Columns()


def reader(columns: Columns = PLAIN) -> LineReader:
    form = RecordForm(TRAVEL_DOCUMENTS, MemberCode("FR"), Audience.everyone(), now=NOW)
    return LineReader(form, columns, ("FRA",))


def read(text: str | bytes, columns: Columns = PLAIN) -> list[Record]:
    data = text.encode() if isinstance(text, str) else text
    return [read_written(each) for each in reader(columns).read(read_lines(io.BytesIO(data)))]


def table(*lines: str, titles: str = TITLES) -> str:
    return "\n".join((titles, *lines)) + "\n"


GOOD = "19AC45678,FRA,passport,stolen,2026-01-02"


def test_a_file_is_read_line_by_line_in_the_stored_form() -> None:
    first, second = read(table("19ac-45678,FRA,passport,stolen,2026-01-02", "20BD1,FRA,visa,lost,"))
    assert first.fields == {
        "number": "19AC45678", "country": "FRA", "type": "passport", "loss": "stolen", "theft_date": "2026-01-02",
    }  # fmt: skip
    assert "theft_date" not in second.fields


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_tables_as_other_systems_export_them_are_read(delimiter: str, ending: str, mark: bytes) -> None:
    text = table(GOOD).replace(",", delimiter).replace("\n", ending)
    assert [each.fields["number"] for each in read(mark + text.encode())] == ["19AC45678"]


def test_what_is_wrong_in_a_group_is_named_as_the_tables_title_has_it() -> None:
    form = RecordForm(PERSONS, MemberCode("FR"), Audience.everyone(), now=NOW)
    text = (
        "reference,status,names.whole,births.from,births.2.from\nA-1,missing,Ona,2090,1979\nA-2,missing,Ona,1979,2090\n"
    )
    with pytest.raises(RefusedFileError) as caught:
        list(LineReader(form, PLAIN, ("FRA",)).read(read_lines(io.BytesIO(text.encode()))))
    assert [each.fields for each in caught.value.refusals] == ["births.from", "births.2.from"]
    assert [each.reason.partition(":")[0] for each in caught.value.refusals] == ["births.from", "births.2.from"]
    assert caught.value.message.startswith("2 lines cannot")


def test_a_table_without_what_is_needed_is_told_what_is() -> None:
    with pytest.raises(MalformedError) as caught:
        read("number,country\n1,FRA\n")
    assert "Needed are number; country; type; loss." in caught.value.next_step


def test_titles_are_found_whatever_their_case_and_spaces() -> None:
    assert len(read(table(GOOD, titles="Number, COUNTRY ,Type,loss,Theft Date"))) == 1


def test_a_mapping_file_names_columns_values_constants_and_dates() -> None:
    columns = parse_columns(
        b"""
        dates = "%d.%m.%Y"
        constants = { country = "FRA" }
        [columns]
        "Doc No" = "number"
        Art = "type"
        Verlust = "loss"
        Datum = "theft_date"
        Remark = "-"
        [values.type]
        P = "passport"
        [values.loss]
        gestohlen = "stolen"
        """
    )
    [record] = read("Doc No;Art;Verlust;Datum;Remark\n19AC45678;P;gestohlen;02.01.2026;whatever\n", columns)
    assert record.fields == {
        "number": "19AC45678", "country": "FRA", "type": "passport", "loss": "stolen", "theft_date": "2026-01-02",
    }  # fmt: skip


@pytest.mark.parametrize(("titles", "named"), [
    ("number,country,type,loss,colour", "no fields of the register: colour."),
    ("number,country,type,loss,number", "more than one column: number."),
    ("number,type", "have no column: country, loss."),
    ("", "have no column: number, country, type, loss."),
])  # fmt: skip
def test_wrong_columns_are_named_before_any_line_is_read(titles: str, named: str) -> None:
    with pytest.raises(MalformedError, match=named) as caught:
        read(table(GOOD, titles=titles))
    assert caught.value.where == "columns"


@pytest.mark.parametrize(("line", "fields", "reason"), [
    ("19AC45678,FRA,passport,stolen,2027-01-01", "theft_date", "future"),
    ("19AC45678,FRA,passport,stolen,01/02/2026", "theft_date", "2026-11-23"),
    ("19AC45678,FRA,donkey,stolen,", "type", "one of passport"),
    ("19AC45678,France,passport,stolen,", "country", "characters"),
    ("19AC45678,ZZZZ,passport,stolen,", "country", "characters"),
    (f"{'9' * 41},FRA,passport,stolen,", "number", "more than 40"),
    ("19?C45678,FRA,passport,stolen,", "number", "Character 3"),
    (",FRA,passport,stolen,", "number", "missing"),
    ("19AC45678,FRA,passport", "columns", "3 columns"),
    ("20BD12345,FRA,passport,stolen,", "number, country", "same as line 2"),
])  # fmt: skip
def test_each_refused_line_is_named_with_its_reason_and_keeps_the_file_out(line: str, fields: str, reason: str) -> None:
    with pytest.raises(RefusedFileError, match=reason) as caught:
        read(table("20BD12345,FRA,passport,stolen,", "21BD12345,FRA,passport,stolen,", line))
    [refusal] = caught.value.refusals
    assert (refusal.line, refusal.fields) == (4, fields)
    assert "19?C45678" not in refusal.reason


def test_all_refused_lines_are_counted_and_the_first_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comity.registers.lines.FILE_REPORT_MAX", 3)
    lines = [f"{number},FRA,passport,{'gone' if number % 2 else 'lost'}," for number in range(1, 21)]
    with pytest.raises(RefusedFileError) as caught:
        read(table(*lines))
    assert caught.value.count == 10
    assert [each.line for each in caught.value.refusals] == [2, 4, 6]


def test_nothing_is_given_beside_a_line_that_is_refused_or_behind_it() -> None:
    many = [f"{number:09},FRA,passport,lost," for number in range(5_000)]
    lines = reader().read(table(*many[:3_000], "?,FRA,passport,lost,", *many[3_000:]).splitlines(keepends=True))
    given: list[bytes] = []
    with pytest.raises(RefusedFileError):
        given.extend(lines)
    numbers = [read_written(each).fields["number"] for each in given]
    assert numbers == [line.partition(",")[0] for line in many[:2_000]]


@pytest.mark.parametrize(("data", "error", "where"), [
    (table(GOOD).encode("utf-16"), MalformedError, "encoding"),
    (TITLES.encode() + b"\n19AC45678,FRA,passport,stolen,\n\xe9,FRA,passport,stolen,\n", MalformedError, "encoding"),
    (table('"19AC45678,FRA,passport,stolen,'), MalformedError, "line 2"),
    (table("9" * 70_000), MalformedError, "line 2"),
    (TITLES, MalformedError, "file"),
    (b"", MalformedError, "columns"),
    (b"\x00" * 100, MalformedError, "columns"),
])  # fmt: skip
def test_what_is_no_table_is_refused_and_named(data: bytes | str, error: type[ComityError], where: str) -> None:
    with pytest.raises(error) as caught:
        read(data)
    assert caught.value.where == where


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_the_file_has_them(ending: str) -> None:
    """Empty ones too, and those within a column in quotes."""
    long = '20AC00001,FRA,passport,stolen,2026-01-02,"one' + ending + ending + 'three"'
    lines = [f"{TITLES},national_reference", f"{GOOD},x", "", long, "?,FRA,passport,stolen,,x", "", "?,FRA,x,lost,,"]
    with pytest.raises(RefusedFileError) as caught:
        read(ending.join(lines) + ending)
    assert [each.line for each in caught.value.refusals] == [7, 9]


def test_a_file_longer_than_any_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comity.registers.lines.FILE_LINES_MAX", 3)
    with pytest.raises(RefusedFileError, match="at most 3 lines"):
        read(table(*(f"{number},FRA,passport,lost," for number in range(5))))


@pytest.mark.parametrize(
    "data", [b"\xff", b"dates = " + b"9" * 5_000, b"columns = 3", b"colour = 'red'", b"[columns", b"dates = 4"]
)
def test_a_mapping_file_that_says_nothing_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError, match="mapping file cannot be read"):
        parse_columns(data)


def test_a_mapping_of_unknown_fields_or_dates_is_refused() -> None:
    with pytest.raises(MalformedError, match="no field"):
        reader(Columns(columns={"A": "colour"}))
    with pytest.raises(MalformedError, match="no field"):
        reader(Columns(values={"colour": {}}))
    with pytest.raises(MalformedError, match="this form"):
        reader(Columns(dates="%Q"))
    with pytest.raises(TooLargeError):
        parse_columns(b"#" * 64_001)


def test_an_audience_without_the_source_keeps_every_line_out_at_once() -> None:
    with pytest.raises(MalformedError, match="audience"):
        RecordForm(TRAVEL_DOCUMENTS, MemberCode("FR"), Audience.parse("LT"), now=NOW)


@pytest.mark.parametrize("wrong", [1, 2, 3, 700, 5_000])
def test_the_line_that_is_not_utf_8_is_named(wrong: int) -> None:
    lines = [b"19AC%05d,FRA,passport,stolen,\n" % number for number in range(5_001)]
    lines[wrong - 1] = b"Jos\xe9" + lines[wrong - 1]
    with pytest.raises(MalformedError, match=rf"not UTF-8 in line {wrong}\."):
        list(read_lines(io.BytesIO(b"".join(lines))))


def test_the_tables_that_the_documentation_shows_are_entered_as_they_stand() -> None:
    text = (Path(__file__).parents[2] / "docs" / "entering.md").read_text(encoding="utf-8")
    documents, persons, vehicles = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    assert len(read(documents)) == 2
    form = RecordForm(PERSONS, MemberCode("DE"), Audience.everyone(), now=NOW)
    lines = read_lines(io.BytesIO(persons.encode()))
    found = [read_written(each) for each in LineReader(form, PLAIN, ()).read(lines)]
    assert [each.groups["births"][0].get("precision") for each in found] == [None, "around"]
    form = RecordForm(VEHICLES, MemberCode("FR"), Audience.everyone(), now=NOW)
    lines = read_lines(io.BytesIO(vehicles.encode()))
    found = [read_written(each) for each in LineReader(form, PLAIN, ()).read(lines)]
    assert [each.fields["status"] for each in found] == ["stolen", "plates-stolen"]
