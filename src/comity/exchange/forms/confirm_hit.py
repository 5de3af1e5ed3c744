"""Confirm a hit: whoever got one asks the source of the record whether it still stands, and what is to be done.

A hit is a lead until its source has confirmed it. The question says which record, and nothing of the traveller but what
its asker adds.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from comity.exchange.form import (
    CHOICE,
    ENTRY,
    NOTE,
    RECORD,
    REGISTER,
    FieldFault,
    FormChoice,
    FormDeadline,
    FormDeclaration,
    FormField,
    Sentence,
)
from comity.limits import REFERENCE_CHARS, REMARK_CHARS
from comity.texts import N_

CONFIRM_HIT: Final = FormDeclaration(
    name="confirm-hit",
    version=1,
    title=N_("Confirm a hit"),
    sent_by="any-bureau",
    subject=N_("Confirm a hit in {register}: record {record}"),
    verb=N_("Ask the source to confirm"),
    about=N_(
        "The source of the record says whether it still stands, and what is to be done. It is asked for nothing "
        "about the traveller: write below only what it needs in order to answer."
    ),
    fields=(
        FormField(name="record", title=N_("Record"), kind=RECORD, required=True, is_given=True),
        FormField(name="register", title=N_("Register"), kind=REGISTER, required=True, is_given=True),
        FormField(
            name="entry",
            title=N_("Entry of the answer, at the keeper"),
            kind=ENTRY,
            is_given=True,
            hint=N_("By this the source finds the word that it had of this very hit."),
        ),
        FormField(name="reference", title=N_("Your reference"), most_chars=REFERENCE_CHARS),
        FormField(name="remark", title=N_("Remark"), kind=NOTE, most_chars=REMARK_CHARS),
    ),
    sentences=(
        Sentence(
            text=N_(
                "{sender} says that it has had a hit on a record of {recipient} in {register}, and asks {recipient} "
                "to confirm it."
            )
        ),
        Sentence(text=N_("Its reference is {reference}."), given=("reference",)),
    ),
    # NCIC 2000 operating manual, hit confirmation: urgent within 10 minutes, routine within 1 hour
    deadlines=(
        FormDeadline("10-minutes", N_("Within 10 minutes: somebody is being held"), timedelta(minutes=10), "immediate"),
        FormDeadline("1-hour", N_("Within 1 hour"), timedelta(hours=1), "immediate"),
    ),
    answered_by="hit-answer",
    asks_source_of="record",
    is_for_one=True,
    tone="stop",
)


def _verify_instruction(fields: Mapping[str, str]) -> FieldFault | None:
    """Only on a hit that is confirmed anything is to be done."""
    if "instruction" in fields and fields.get("answer") != "confirmed":
        return FieldFault("instruction", N_("It goes with a hit that is confirmed, and with no other."))
    return None


HIT_ANSWER: Final = FormDeclaration(
    name="hit-answer",
    version=1,
    title=N_("Answer about a hit"),
    sent_by="whoever-was-asked",
    subject=N_("Hit: {answer}"),
    verb=N_("Answer on the record"),
    fields=(
        FormField(
            name="answer",
            title=N_("Answer"),
            kind=CHOICE,
            required=True,
            choices=(
                FormChoice("confirmed", N_("Confirmed"), "stop"),
                FormChoice("denied", N_("Denied"), "clear"),
                FormChoice("not-known", N_("Not known"), "care"),
            ),
        ),
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
        FormField(name="remark", title=N_("Remark"), kind=NOTE, most_chars=REMARK_CHARS),
    ),
    sentences=(Sentence(text=N_("{sender} says of the hit: {answer}.")),
               Sentence(text=N_("What to do: {instruction}."), given=("instruction",))),
    checks=(_verify_instruction,),
    is_for_one=True,
)  # fmt: skip
"""May be given again: the latest stands, and both are in the thread."""
