"""Confirm a hit: whoever got one asks the source of the record whether it still stands, and what is to be done.

A hit is a lead until its source has confirmed it. The question says which record, and nothing of the traveller but what
its asker adds.
"""

from datetime import timedelta
from typing import Final

from comity.exchange.form import (
    ENTRY,
    NOTE,
    RECORD,
    REGISTER,
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
        "The source of the record says whether it still stands, and what is to be done. Nothing about the "
        "traveller is sent but what you write here."
    ),
    fields=(
        FormField(name="record", title=N_("Record"), kind=RECORD, required=True, is_given=True),
        FormField(name="register", title=N_("Register"), kind=REGISTER, required=True, is_given=True),
        FormField(
            name="entry",
            title=N_("Entry of the answer, at the keeper"),
            kind=ENTRY,
            is_given=True,
            hint=N_("The source finds its alert by this."),
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
        FormDeadline(
            "10-minutes", N_("Within 10 minutes (somebody is being held)"), timedelta(minutes=10), "immediate"
        ),
        FormDeadline("1-hour", N_("Within 1 hour"), timedelta(hours=1), "immediate"),
    ),
    answered_by="hit-answer",
    asks_source_of="record",
    is_for_one=True,
    tone="stop",
)
