"""What a record may have is what an answer may have: one set of characters, for source and keeper."""

from collections.abc import Iterator, Mapping

import msgspec
import pytest

from comity.audience import Audience
from comity.characters import is_one_line, join_spaces, normalise_text
from comity.errors import MalformedError
from comity.ids import MemberCode
from comity.registers.fields import Field
from comity.registers.names import fold_name
from comity.registers.record import Record, make_record, parse_record
from comity.registers.register import Register, show_on_hit
from comity.registers.registry import REGISTERS
from tests.registers.statements import FR, NOW, make_fields

EVERY = tuple(chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000)  # no JSON has halves
HIDDEN = tuple(each for each in EVERY if not is_one_line(each) and not each.isspace())
FEW = ("\u034f", "\u1160", "\u17b4", "\u2800", "\u3164", "\uffa0", "\u200b", "\u202e", "\x1b", "\U000e0041")
SEEN = ("\u200c", "\u200d", "\ufe0f", "\u0600", "\u0301")
WHOLE: Mapping[str, dict[str, object]] = {
    "travel-documents": make_fields("19AC00001"),
    "vehicles": {"vin": "WVWZZZ1JZXW000001", "plate": "AB 1", "plate_country": "FRA", "status": "stolen"},
    "persons": {"reference": "FR-1", "status": "wanted", "names": [{"whole": "Ona Hidden"}]},
}


def text_fields(register: Register) -> Iterator[tuple[str, Field]]:
    """Every field that takes any text, and its group's name."""
    for group, fields in (("", register.fields), *((each.name, each.fields) for each in register.groups)):
        yield from ((group, field) for field in fields if not field.choices and takes_any_text(field))


def takes_any_text(field: Field) -> bool:
    try:
        return field.normalise("Ab 1 (c)") == "Ab 1 (c)"
    except MalformedError:
        return False


PLACES = [(register, group, field.name) for register in REGISTERS.values() for group, field in text_fields(register)]
placed = pytest.mark.parametrize(("register", "group", "field"), PLACES, ids=lambda each: getattr(each, "name", each))


def test_each_register_has_a_whole_record_here() -> None:
    assert set(REGISTERS) - set(WHOLE) == set(), "write a record of the register into WHOLE"


def said_with(register: Register, group: str, field: str, text: str) -> dict[str, object]:
    whole = WHOLE.get(register.name)
    if whole is None:
        pytest.skip("Another test says that there is no whole record of this register.")
    if not group:
        return whole | {field: text}
    first = {"names": {"whole": "Ona Hidden"}, "births": {"from": "1979"}}.get(group, {})
    return whole | {group: [first | {field: text}]}


def make(register: Register, group: str, field: str, text: str) -> Record:
    said = said_with(register, group, field, text)
    return make_record(register, MemberCode(FR), said, Audience.everyone(), now=NOW)


def as_a_patched_source_signs_it(record: Record, old: str, new: str) -> bytes:
    data = record.encode()
    assert old.encode() in data
    return msgspec.json.decode(data, type=Record).encode().replace(old.encode(), msgspec.json.encode(new)[1:-1])


def test_no_text_is_taken_in_that_an_answer_could_not_show() -> None:
    assert len(HIDDEN) > 3900
    for each in EVERY:
        try:
            assert is_one_line(normalise_text(f"a{each}b")), f"U+{ord(each):04X}"
        except MalformedError as error:
            assert f"U+{ord(each):04X}" in error.message  # noqa: PT017 - the whole set in one test
            assert each in HIDDEN


@placed
def test_each_field_refuses_what_nobody_sees_and_names_it(register: Register, group: str, field: str) -> None:
    plain = make(register, group, field, "Ab cd 12")
    for hidden in FEW:
        with pytest.raises(MalformedError, match=f"Character 3 is U\\+{ord(hidden):04X}") as refused:
            make(register, group, field, f"Ab{hidden}cd 12")
        assert refused.value.where.endswith(field)
        patched = as_a_patched_source_signs_it(plain, "Ab cd 12", f"Ab{hidden}cd 12")
        with pytest.raises(MalformedError, match=f"U\\+{ord(hidden):04X}"):
            parse_record(patched, is_new=True)
    for seen in SEEN:
        data = make(register, group, field, f"Ab{seen}cd 12").encode()
        assert parse_record(data, is_new=True) == parse_record(data)


@placed
def test_what_was_kept_before_is_read_and_shown_and_found(register: Register, group: str, field: str) -> None:
    plain = make(register, group, field, "Ab cd 12")
    for hidden in FEW:
        kept = parse_record(as_a_patched_source_signs_it(plain, "Ab cd 12", f"Ab{hidden}cd 12"))
        assert kept.keys
        assert show_on_hit(register, kept.fields, kept.groups)


@pytest.mark.parametrize("hidden", [*FEW, "\u200c", "\u200d", "\ufe0f"], ids=lambda each: f"U+{ord(each):04X}")
def test_a_name_with_what_nobody_sees_is_found_by_the_plain_name_or_refused(hidden: str) -> None:
    try:
        name = normalise_text(f"Ona{hidden}Hidden")
    except MalformedError:
        return
    assert set(fold_name(name)) & set(fold_name("OnaHidden"))


def test_white_space_of_any_kind_is_a_space() -> None:
    spaces = [each for each in EVERY if each.isspace()]
    assert {normalise_text(f"Ona{each}Hidden") for each in spaces} == {"Ona Hidden"}
    assert {join_spaces(f" Ona{each} Hidden{each}") for each in spaces} == {"Ona Hidden"}
