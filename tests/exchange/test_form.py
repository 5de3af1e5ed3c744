"""Declarations of forms: what may be filled in, and what is wrong with the rest."""

from pathlib import Path

import msgspec
import pytest

from comity.errors import InputError, MalformedError, NewerError, TooLargeError
from comity.exchange.asked import LIFE, AskedEvent, AskedState
from comity.exchange.form import Filled, FormDeclaration, is_well_filled, read_fields
from comity.exchange.forms import FORMS, by_name, form_of, forms_by_hand, newest_form
from comity.exchange.forms.confirm_hit import CONFIRM_HIT
from comity.exchange.forms.hit_answer import HIT_ANSWER, HIT_ANSWER_1
from comity.exchange.forms.letter import LETTER
from comity.exchange.message import Text, TextV1
from comity.ids import RegisterName
from comity.limits import FILLED_FIELDS_MAX, MEMBERS_MAX, REMARK_CHARS
from comity.registers.registry import REGISTERS, instructions_of

RECORD = "b" * 64 + ".0"
ASKED = {"record": RECORD, "register": "travel-documents"}
EVERY = [pytest.param(form, id=f"{name}-{v}") for name, versions in FORMS.items() for v, form in versions.items()]


@pytest.mark.parametrize("form", EVERY)
def test_a_declaration_names_its_fields_once_and_speaks_of_no_others(form: FormDeclaration) -> None:
    names = [each.name for each in form.fields]
    assert len(set(names)) == len(names) <= FILLED_FIELDS_MAX
    words = dict.fromkeys(names, "x") | {"sender": "LT", "recipient": "FR"}
    for text in (form.subject, *(each.text for each in form.sentences)):
        assert text.format(**words)
    for each in form.sentences:
        assert {*each.given, *each.lacking} <= set(names)
    assert not form.answered_by or form.answered_by in FORMS
    assert not form.asks_source_of or form.asks_source_of in names
    assert not {"to", "reply_to", "within", "handling"} & set(names), "what the faces send beside the fields"
    codes = [each.code for each in form.deadlines]
    assert len(set(codes)) == len(codes)
    assert all(field.kind.name == "choice" for field in form.fields if field.choices)


GOLDEN = Path(__file__).parent / "data" / "forms"


def test_every_version_of_a_form_has_its_golden_file_and_no_other_has() -> None:
    """The free message alone travels in fields of its own."""
    declared = {f"{name}-{v}" for name, versions in FORMS.items() for v in versions if name != LETTER.name}
    assert {path.stem for path in GOLDEN.iterdir()} == declared
    assert all([*versions] == [*range(1, len(versions) + 1)] for versions in FORMS.values()), "the versions before stay"


@pytest.mark.parametrize("path", sorted(GOLDEN.iterdir()), ids=lambda path: path.stem)
def test_what_was_filled_in_once_is_read_for_ever(path: Path) -> None:
    filled = msgspec.json.decode(path.read_bytes(), type=Filled)
    form = form_of(filled)
    assert is_well_filled(form, filled, instructions_of)
    assert f"{form.name}-{form.version}" == path.stem
    assert form.subject.format(**dict.fromkeys((each.name for each in form.fields), "x") | {"sender": "LT"})


def test_a_form_that_is_declared_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="confirm-hit"):
        by_name((CONFIRM_HIT, CONFIRM_HIT))


def test_what_is_answered_by_a_form_is_answered_by_one_that_answers() -> None:
    for versions in FORMS.values():
        for form in versions.values():
            if form.answered_by and not form.is_first:
                assert newest_form(form.answered_by).sent_by == "whoever-was-asked"


def test_fields_are_read_in_the_forms_order_and_empty_ones_are_left_out() -> None:
    typed = {
        "remark": " a\r\nb ",
        "reference": " DEMO   1 ",
        "register": "travel-documents",
        "record": RECORD,
        "entry": "",
    }
    assert list(read_fields(CONFIRM_HIT, typed).items()) == [
        ("record", RECORD), ("register", "travel-documents"), ("reference", "DEMO 1"), ("remark", "a\nb"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "where", "words"),
    [
        ({"record": ""}, "record", "It is missing"),
        ({"record": "b" * 64}, "record", "It is no record"),
        ({"record": RECORD + "\n1"}, "record", "It is no record"),
        ({"register": "Travel documents"}, "register", "It is no register"),
        ({"entry": "e"}, "entry", "It is no entry"),
        ({"name": "Somebody"}, "name", "There is no such field"),
        ({"reference": "\u202eDEMO"}, "reference", "U+202E"),
    ],
    ids=str,
)
def test_what_is_missing_unknown_or_of_another_kind_is_named(changed: dict[str, str], where: str, words: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read_fields(CONFIRM_HIT, ASKED | changed)
    assert caught.value.where == where
    assert words in caught.value.message


def test_every_problem_is_named_at_once_and_what_is_too_long_is_called_so() -> None:
    with pytest.raises(TooLargeError) as caught:
        read_fields(CONFIRM_HIT, {"remark": "A" * (REMARK_CHARS + 1), "register": "travel-documents", "more": "1"})
    assert caught.value.where == "more, record, remark"
    assert f"remark: It has {REMARK_CHARS + 1} characters, and may have {REMARK_CHARS}." in caught.value.message
    assert read_fields(CONFIRM_HIT, ASKED | {"remark": "A" * REMARK_CHARS})["remark"]


def test_a_choice_is_one_of_those_declared() -> None:
    with pytest.raises(MalformedError, match="It is one of confirmed, denied, not-known") as caught:
        read_fields(HIT_ANSWER, {**ASKED, "answer": "perhaps"})
    assert caught.value.where == "answer"


@pytest.mark.parametrize("answer", ["denied", "not-known"])
def test_only_on_a_confirmed_hit_anything_is_to_be_done(answer: str) -> None:
    confirmed = {**ASKED, "answer": "confirmed", "instruction": "hold"}
    assert read_fields(HIT_ANSWER, confirmed, instructions_of)["instruction"] == "hold"
    with pytest.raises(MalformedError, match="goes with a hit that is confirmed") as caught:
        read_fields(HIT_ANSWER, confirmed | {"answer": answer}, instructions_of)
    assert caught.value.where == "instruction"


CODES = {code for name in REGISTERS for code in instructions_of(name)} | {"detain"}


@pytest.mark.parametrize("register", REGISTERS)
def test_an_instruction_is_one_that_the_records_own_register_declares(register: str) -> None:
    for code in sorted(CODES):
        said = {"answer": "confirmed", "instruction": code, "record": RECORD, "register": register}
        is_declared = code in REGISTERS[RegisterName(register)].instructions
        assert is_well_filled(HIT_ANSWER, Filled("hit-answer", 2, said), instructions_of) == is_declared, code


@pytest.mark.parametrize("form", EVERY)
def test_no_form_has_codes_of_its_own_for_what_registers_declare(form: FormDeclaration) -> None:
    """The first version of an answer had: it is read for ever, and sent to whoever reads no other."""
    if form is not HIT_ANSWER_1:
        assert not [each for each in form.fields if CODES & {one.code for one in each.choices}]


@pytest.mark.parametrize(
    "fields", [{**ASKED, "reference": " a"}, {**ASKED, "reference": ""}, {**ASKED, "more": "1"}, {}]
)
def test_what_no_node_of_ours_would_write_is_not_well_filled(fields: dict[str, str]) -> None:
    assert is_well_filled(CONFIRM_HIT, Filled("confirm-hit", 1, ASKED))
    assert not is_well_filled(CONFIRM_HIT, Filled("confirm-hit", 1, fields))


@pytest.mark.parametrize(("name", "v", "up_to"), [("confirm-hit", 2, 1), ("case-file", 1, 0)])
def test_a_form_that_is_not_known_is_newer_and_neither_malformed_nor_changed(name: str, v: int, up_to: int) -> None:
    with pytest.raises(NewerError, match=f"of version {v} of the form {name}; this node reads up to {up_to}") as caught:
        form_of(Filled(name, v, {}))
    assert caught.value.next_step == "Update Comity at this node."


def test_the_first_version_of_a_text_refuses_what_it_cannot_say() -> None:
    text = Text(2, "", "", form=Filled("confirm-hit", 1, ASKED))
    with pytest.raises(InputError, match="does not know this form"):
        text.before()
    assert Text(2, "s", "t").before() == TextV1(1, "s", "t")


def test_there_is_no_form_of_another_name() -> None:
    with pytest.raises(MalformedError, match="no form of this name") as caught:
        newest_form("confirm")
    assert caught.value.next_step == f"The forms are: {', '.join(sorted(forms_by_hand()))}."
    assert {"confirm-hit", "hit-answer"} <= set(forms_by_hand())
    assert "hit-alert" not in forms_by_hand()
    assert len(FORMS) < MEMBERS_MAX


def test_a_question_lives_as_its_table_says() -> None:
    assert set(LIFE) == set(AskedState)
    answered = {state: LIFE[state].get(AskedEvent.ANSWER) for state in AskedState}
    assert answered == {
        "waiting": "answered", "overdue": "answered-late", "answered": "answered", "answered-late": "answered-late",
        "coming": "answered", "unreached": "answered-late", "refused": None, "ended": "answered-late",
    }  # fmt: skip
    assert [state for state in AskedState if AskedEvent.TIME_PASSED in LIFE[state]] == ["coming", "waiting"]
