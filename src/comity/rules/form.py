"""Rules about forms of messages: who sends them, and what they say."""

from dataclasses import dataclass
from typing import Final

from comity.rules.act import ActFacts
from comity.rules.part import RulesPart, RuleTest
from comity.rules.rule import Rule
from comity.rules.thresholds import Values
from comity.texts import N_


@dataclass(frozen=True, kw_only=True)
class FormFacts(ActFacts):
    """Facts of a form; a free message is one too, and always as it should be."""

    may_send_form: bool = False  # whoever sent the form is one of those who may, as the form declares it
    is_well_filled: bool = False  # the form has what it asks for, within its bounds, of what it offers, and no more
    answers_its_form: bool = False  # an answer's form is for the question that it answers; what is no answer: true
    is_asked_of_source: bool = False  # what asks the source of a record came to the source; what asks none: true


def may_send_form(facts: FormFacts, _: Values) -> bool:
    """Whoever sends the form is one of those who may."""
    return facts.may_send_form


def is_well_filled(facts: FormFacts, _: Values) -> bool:
    """The form says what it asks for, and nothing else."""
    return facts.is_well_filled


def answers_its_form(facts: FormFacts, _: Values) -> bool:
    """A form that answers another answers the one that it is for."""
    return facts.answers_its_form


def is_asked_of_source(facts: FormFacts, _: Values) -> bool:
    """What asks about a record asks its source."""
    return facts.is_asked_of_source


_TESTS = (
    RuleTest(may_send_form),
    RuleTest(is_well_filled),
    RuleTest(answers_its_form),
    RuleTest(is_asked_of_source),
)

OF_FORMS: Final = frozenset({"may_send_form", "is_well_filled", "answers_its_form", "is_asked_of_source"})
"""The facts of whatever judges forms."""

_FORMS = ("message.send", "message.deliver")
"""By what judges forms."""

_RULES = (
    Rule(
        "CTY-4.12",
        "Comity 4",
        N_("A form is sent by those who may: word of a hit by the secretariat, an answer by whoever was asked."),
        "condition",
        _FORMS,
        "may_send_form",
        seen="yes",
    ),
    Rule(
        "CTY-4.13",
        "Comity 4",
        N_("A form says what it asks for, within its bounds and of what it offers, and nothing else."),
        "condition",
        _FORMS,
        "is_well_filled",
        seen="yes",
    ),
    Rule(
        "CTY-4.14",
        "Comity 4",
        N_("A form that is an answer refers to a question of the form that it is for."),
        "condition",
        _FORMS,
        "answers_its_form",
        seen="yes",
    ),
    Rule(
        "CTY-4.15",
        "Comity 4",
        N_("A hit is confirmed by the source of the record: nobody else is asked."),
        "condition",
        ("message.deliver",),
        "is_asked_of_source",
        seen="yes",
    ),
    Rule(
        "CTY-4.16",
        "Comity 4",
        N_("A source that a measure keeps from entering records is not asked to confirm a hit: the duty desk is."),
        "condition",
        ("message.send",),
        "source_is_not_suspended",
        seen="yes",
        next_step=N_("Ask the duty desk."),
    ),
)
PART: Final = RulesPart(tests=_TESTS, rules=_RULES)
