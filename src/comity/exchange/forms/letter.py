"""The free message: a subject and a text, answered by another one. Its page is drawn by hand."""

from datetime import timedelta
from typing import Final

from comity.exchange.form import PASSAGE, FormDeadline, FormDeclaration, FormField, Sentence
from comity.texts import N_

LETTER: Final = FormDeclaration(
    name="message",
    version=1,
    title=N_("Message"),
    sent_by="any-bureau",
    subject="{subject}",
    fields=(
        FormField(name="subject", title=N_("Subject"), required=True),
        FormField(name="text", title=N_("Text"), kind=PASSAGE, required=True),
    ),
    sentences=(Sentence(text="{text}", given=("text",)),),
    deadlines=(
        # NCIC hit confirmation; Directive (EU) 2023/977, article 5
        FormDeadline("immediate", N_("Immediate: answer within 1 hour"), timedelta(hours=1), "immediate"),
        FormDeadline("urgent", N_("Urgent: answer within 8 hours"), timedelta(hours=8), "urgent"),
        FormDeadline("routine", N_("Routine: answer within 7 days"), timedelta(days=7), "routine"),
    ),
    answered_by="message",
    is_first=True,
)
"""It travels as subject and text, with no form; every program reads it."""
