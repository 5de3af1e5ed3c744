"""Columns of a table: whatever the titles are, each column is read, refused by its name, or left out as it was said."""

import csv
import io
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.audience import Audience
from comity.blobs.text_files import read_lines
from comity.errors import InputError, MalformedError
from comity.ids import MemberCode
from comity.limits import BODY_BYTES, GROUP_ENTRIES_MAX
from comity.peer.brought import FILE_REPORT, FileReport
from comity.registers.columns import Columns, known_columns, parse_columns
from comity.registers.lines import LineReader, RefusedFileError
from comity.registers.persons import PERSONS
from comity.registers.record import Record, RecordForm, read_written
from comity.registers.register import Register
from comity.registers.registry import REGISTERS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLAIN = Columns()


def reader(register: Register = PERSONS, columns: Columns = PLAIN) -> LineReader:
    return LineReader(RecordForm(register, MemberCode("FR"), Audience.everyone(), now=NOW), columns, ("FRA",))


def read(text: str, register: Register = PERSONS, columns: Columns = PLAIN) -> list[Record]:
    lines = read_lines(io.BytesIO(text.encode("utf-8", "surrogatepass")))
    return [read_written(each) for each in reader(register, columns).read(lines)]


def table(*rows: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


SAME = ("", ".1", ".01", ".001", ".2", ".02", ".100")
STRANGE = (".0", ".101", ".-1", ".+2", ".1_0", ".\u0662", ".\u00b2", ".2.2", ".999", ".1e1", ". 2", "." + "9" * 5_000,
           "." + "0" * 5_000 + "1")  # fmt: skip


def places(numbers: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Titles of a name's columns, in any dress."""
    names, parts = st.sampled_from(["names", "Names", " names"]), st.sampled_from(["whole", "WHOLE ", "family"])
    return st.builds("{}{}.{}".format, names, st.sampled_from(numbers), parts)


PLACES = st.lists(places(SAME), min_size=1, max_size=4) | st.lists(places((*SAME, *STRANGE)), min_size=1, max_size=4)


@given(PLACES)
def test_each_column_of_a_table_that_is_taken_is_in_its_record(titles: list[str]) -> None:
    said = [f"Ona {chr(ord('a') + at)}" for at in range(len(titles))]
    try:
        [record] = read(table(["reference", "status", *titles], ["A-1", "wanted", *said]))
    except InputError as error:
        assert error.where == "columns"  # noqa: PT017 - either is right
        return
    assert sorted(text for entry in record.groups["names"] for text in entry.values()) == sorted(said)


@given(
    st.sampled_from(sorted(REGISTERS)),
    st.lists(st.text(max_size=12) | st.sampled_from(["names.1.", ".", "..", "-", "names..whole", "reference."])),
    st.lists(st.text(max_size=20), max_size=4),
    st.data(),
)
def test_whatever_the_titles_and_cells_are_nothing_but_a_named_problem_comes_out(
    name: str, more: list[str], cells: list[str], data: st.DataObject
) -> None:
    register = REGISTERS[name]
    titles = data.draw(st.permutations([*known_columns(register)[:6], *more]))
    try:
        read(table(list(titles), [*cells, *[""] * (len(titles) - len(cells))]), register)
    except InputError as error:
        assert error.message  # noqa: PT017 - either is right


@given(st.text(), st.binary(max_size=200))
def test_whatever_the_file_is_nothing_but_a_named_problem_comes_out(text: str, data: bytes) -> None:
    for each in (text.encode("utf-8", "surrogatepass"), data, b"reference,status,names.whole\n" + data):
        with pytest.raises(InputError):
            list(reader().read(read_lines(io.BytesIO(each))))


@pytest.mark.parametrize(
    ("titles", "field"),
    [
        ("names.family,names.1.family", "names.family"),
        ("names.1.family,names.family", "names.family"),
        ("names.2.family,names.02.family", "names.2.family"),
        ("births.from,births.1.from", "births.from"),
        ("documents.number,documents.1.number", "documents.number"),
        ("nationalities.country,nationalities.01.country", "nationalities.country"),
        ("sex,Sex", "sex"),
    ],
)
def test_two_columns_that_mean_the_same_are_both_named(titles: str, field: str) -> None:
    first, second = titles.split(",")
    with pytest.raises(MalformedError) as refused:
        read(f"reference,status,names.whole,{titles}\nA-1,wanted,Ona,1965,1975\n")
    assert f"{field} (column 4 {first}, column 5 {second})" in refused.value.message


@pytest.mark.parametrize("number", ["0", "101", "x", "-1", "\u0662", "1.1", "9" * 5_000])
def test_a_number_that_no_entry_has_is_named_with_those_that_there_are(number: str) -> None:
    with pytest.raises(MalformedError) as refused:
        read(f"reference,status,names.whole,names.{number}.family\nA-1,wanted,Ona,Other\n")
    assert f"no fields of the register: names.{number}"[:80] in refused.value.message
    assert len(refused.value.message) < 500
    assert f"from 1 to {GROUP_ENTRIES_MAX}, as names.2." in refused.value.next_step


def test_a_column_without_a_title_is_named_by_its_place() -> None:
    with pytest.raises(MalformedError, match="register: column 2 without a title, <U\\+202E>x"):
        read("reference,,status,names.whole,\u202ex\nA-1,,wanted,Ona,\n")


def test_many_columns_that_are_wrong_are_counted() -> None:
    with pytest.raises(MalformedError, match="and 4990 more") as refused:
        read(",".join(f"c{number}" for number in range(5_000)) + "\n")
    assert len(refused.value.message) < 1_000


@pytest.mark.parametrize(
    "mapping",
    [
        "[columns]\n'Doc No' = 'reference'\n'doc  no' = 'comment'",
        "[constants]\n'names.family' = 'A'\n'names.1.family' = 'B'",
        "[values.'names.2.family']\na = 'b'\n[values.'names.02.family']\na = 'c'",
    ],
)
def test_a_mapping_says_nothing_twice(mapping: str) -> None:
    with pytest.raises(MalformedError, match="twice") as refused:
        reader(columns=parse_columns(mapping.encode()))
    assert refused.value.where == "mapping"


def test_a_mapping_and_a_title_that_mean_the_same_are_both_named() -> None:
    columns = parse_columns(b"[columns]\nNachname = 'names.1.family'")
    with pytest.raises(MalformedError, match=r"names.family \(column 3 Nachname, column 4 names.family\)"):
        read("reference,status,Nachname,names.family\nA-1,wanted,Ona,Other\n", columns=columns)


def test_a_mapping_reaches_a_place_by_any_of_its_names() -> None:
    columns = parse_columns(
        b"[columns]\nNachname = 'names.01.family'\n[values.'names.1.family']\nx = 'Ona'\n"
        b"[constants]\n'names.02.whole' = 'Other'"
    )
    [record] = read("reference,status,Nachname\nA-1,wanted,x\n", columns=columns)
    assert record.groups["names"] == [{"family": "Ona"}, {"whole": "Other"}]


def test_a_title_of_the_mapping_that_the_table_does_not_have_is_said() -> None:
    lines = reader(columns=parse_columns(b"[columns]\nNoSuch = 'comment'\nName = 'names.whole'"))
    assert len(list(lines.read(["reference,status,name\n", "A-1,wanted,Ona\n"]))) == 1
    assert lines.notes == ("The mapping names columns that the table does not have: NoSuch.",)


@pytest.mark.parametrize(("row", "field"), [("Ona,,2090", "births.7.from"), ("Ona,2090,1979", "births.3.from")])
def test_a_problem_is_named_by_the_column_in_which_it_stands(row: str, field: str) -> None:
    with pytest.raises(RefusedFileError) as refused:
        read(f"reference,status,names.whole,births.3.from,births.7.from\nA-1,wanted,{row}\n")
    [refusal] = refused.value.refusals
    assert (refusal.fields, refusal.reason.partition(":")[0]) == (field, field)


def test_the_report_of_the_worst_file_can_be_kept() -> None:
    columns = [f"updates.{number}.on" for number in range(1, 101)] + [
        f"births.{number}.from" for number in range(1, 101)
    ]
    wrong = ",".join(["\u202e"] * 100 + ["99999"] * 100)
    text = f"reference,status,names.whole,{','.join(columns)}\n" + f"A,wanted,Ona,{wrong}\n" * 1_200
    with pytest.raises(RefusedFileError) as refused:
        read(text)
    error = refused.value
    report = FileReport(error.message, error.next_step, error.where, error.refusals, error.count)
    assert FILE_REPORT.read(msgspec.json.encode(report), where="file", most=BODY_BYTES) == report
