"""The secretariat's word of a hit, to the source of the record: whose query it was, and why."""

from typing import Final

from comity.exchange.form import (
    ENTRY,
    MEMBER,
    MOMENT,
    PURPOSE,
    RECORD,
    REGISTER,
    FormDeclaration,
    FormField,
    Sentence,
)
from comity.texts import N_

_LEFT_OUT: Final = N_("Left out, as the rulebook asks.")

HIT_ALERT: Final = FormDeclaration(
    name="hit-alert",
    version=1,
    title=N_("Hit on your record"),
    sent_by="secretariat",
    subject=N_("Hit on your record"),
    fields=(
        FormField(name="asker", title=N_("Who asked"), kind=MEMBER, left_out=_LEFT_OUT),
        FormField(name="purpose", title=N_("For what"), kind=PURPOSE),
        FormField(name="at", title=N_("When"), kind=MOMENT, left_out=_LEFT_OUT),
        FormField(name="post", title=N_("Where")),
        FormField(name="register", title=N_("Register"), kind=REGISTER, required=True),
        FormField(name="record", title=N_("Record"), kind=RECORD, required=True),
        FormField(name="entry", title=N_("Entry in the keeper's ledger"), kind=ENTRY),
    ),
    sentences=(
        Sentence(
            text=N_("{asker} asked for {purpose} and was shown a record of yours in {register}."), given=("asker",)
        ),
        Sentence(
            text=N_("A member asked for {purpose} and was shown a record of yours in {register}."), lacking=("asker",)
        ),
        Sentence(text=N_("Who asked, when and where is left out, as the rulebook asks."), lacking=("asker",)),
        Sentence(text=N_("Time and place are left out, as the rulebook asks."), given=("asker",), lacking=("at",)),
        Sentence(text=N_("This was {at}, at {post}."), given=("asker", "at", "post")),
        Sentence(text=N_("This was {at}."), given=("asker", "at"), lacking=("post",)),
        Sentence(text=N_("It stands in the ledger of {sender}.")),
    ),
    urgency="immediate",
    is_for_one=True,
    by_hand=False,
    head="alert",
    tone="stop",
    is_first=True,
)
"""Made from the keeper's ledger. Nobody reads an answer: whoever hears of it asks, or writes to, who asked."""
