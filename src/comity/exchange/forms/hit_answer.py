"""Answer about a hit: whoever was asked says whether its record still stands, and what is to be done.

What is to be done is one of the instructions that the record's register declares, in that register's words.
"""

from collections.abc import Mapping
from typing import Final

from comity.exchange.form import (
    CHOICE,
    INSTRUCTION,
    NOTE,
    RECORD,
    REGISTER,
    FieldFault,
    FormChoice,
    FormDeclaration,
    FormField,
    Sentence,
)
from comity.limits import REMARK_CHARS
from comity.texts import N_


def _verify_instruction(fields: Mapping[str, str]) -> FieldFault | None:
    """Only on a hit that is confirmed anything is to be done."""
    if "instruction" in fields and fields.get("answer") != "confirmed":
        return FieldFault("instruction", N_("It goes with a hit that is confirmed, and with no other."))
    return None


_ANSWER: Final = FormField(
    name="answer",
    title=N_("Answer"),
    kind=CHOICE,
    required=True,
    choices=(
        FormChoice("confirmed", N_("Confirmed"), "stop"),
        FormChoice("denied", N_("Denied"), "clear"),
        FormChoice("not-known", N_("Not known"), "care"),
    ),
)
_REMARK: Final = FormField(name="remark", title=N_("Remark"), kind=NOTE, most_chars=REMARK_CHARS)

HIT_ANSWER_1: Final = FormDeclaration(
    name="hit-answer",
    version=1,
    title=N_("Answer about a hit"),
    sent_by="whoever-was-asked",
    subject=N_("Hit: {answer}"),
    verb=N_("Answer on the record"),
    fields=(
        _ANSWER,
        FormField(
            name="instruction",
            title=N_("What to do"),
            kind=CHOICE,
            choices=(
                FormChoice("hold", N_("Hold the document")),
                FormChoice("seize", N_("Seize the document")),
                FormChoice("detain", N_("Detain the person")),
                FormChoice("locate", N_("Let them go on, and tell us where they are")),
                FormChoice("inform", N_("Do nothing further; this was worth knowing")),
            ),
        ),
        _REMARK,
    ),
    sentences=(Sentence(text=N_("{sender} says of the hit: {answer}.")),
               Sentence(text=N_("What to do: {instruction}."), given=("instruction",))),
    checks=(_verify_instruction,),
    is_for_one=True,
)  # fmt: skip
"""Its instructions are about documents and persons, whatever the hit is on."""

HIT_ANSWER: Final = FormDeclaration(
    name="hit-answer",
    version=2,
    title=N_("Answer about a hit"),
    sent_by="whoever-was-asked",
    subject=N_("Hit: {answer} ({register}: {record})"),
    verb=N_("Answer on the record"),
    fields=(
        FormField(name="record", title=N_("Record"), kind=RECORD, required=True, is_given=True, is_repeated=True),
        FormField(name="register", title=N_("Register"), kind=REGISTER, required=True, is_given=True, is_repeated=True),
        _ANSWER,
        FormField(
            name="instruction", title=N_("What to do"), kind=INSTRUCTION, choices_of_register="register",
            unchosen=N_("Not said here"),
        ),
        _REMARK,
    ),
    sentences=(Sentence(text=N_("{sender} says of the hit in {register}: {answer}.")),
               Sentence(text=N_("What to do: {instruction}."), given=("instruction",))),
    checks=(_verify_instruction,),
    is_for_one=True,
)  # fmt: skip
"""May be given again: the latest stands, and both are in the thread."""
