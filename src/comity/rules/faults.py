"""Why this program cannot apply a rule. Such a rule is never left out in silence: acts that it is about are refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.limits import COUNT_MAX
from comity.rules.catalogue import KINDS, LOOKS_AT, TESTS
from comity.rules.part import ActRuled, RuleTest
from comity.rules.rule import Effect, Rule
from comity.rules.thresholds import ANY_NUMBER, BOUNDS, Values
from comity.texts import _

_OF_EFFECT: Final[Mapping[Effect, frozenset[str]]] = MappingProxyType(
    {"mask": frozenset({"hides"}), "hold": frozenset({"releases", "days", "waits_days"})}
)
"""The values that belong to what a rule does, not to its test. A hold whose test has ``days`` of its own says
``waits_days``; of those of before that do not, both are one.
"""


def find_fault(rule: Rule) -> str:
    """Why this program cannot apply ``rule``, in words; empty where it can."""
    number = rule.number
    test = TESTS.get(rule.test)
    if test is None:
        return _("Rule {number} needs the test {test}, which this version does not know.").format(
            number=number, test=rule.test
        )
    if rule.register:
        kind = next((each.name for each in _about(rule) if "registers" not in each.states), "")
        if kind:
            return _(
                "Rule {number} is about the register {register} alone, and {kind} does not say of which it is."
            ).format(number=number, register=rule.register, kind=kind)
    bad = _find_bad_value(test, _thresholds(rule, test))
    if bad is not None:
        return _("Rule {number} has no value {name} that its test {test} can use.").format(
            number=number, name=bad, test=rule.test
        )
    if fault := _find_hold_fault(rule) or _find_number_fault(rule):
        return fault
    return _find_mask_fault(rule) if rule.effect == "mask" else ""


def find_idle(rule: Rule, before: Rule | None = None) -> str:
    """Why ``rule`` would decide nothing about an act that it speaks of, or always the same; empty where it decides.

    Its test looks at a fact that such acts never state. Nothing is asked about acts of which ``before`` spoke, the rule
    of that number that is in force: it stays what it was.
    """
    looks_at = LOOKS_AT.get(rule.test, frozenset())
    for kind in _about(rule):
        lacks = sorted(looks_at - kind.states)
        if lacks and (before is None or not before.is_about(kind.name)):
            return _(
                "Rule {number} cannot be about {kind}: its test {test} looks at {fact}, which such acts never state."
            ).format(number=rule.number, kind=kind.name, fact=lacks[0], test=rule.test)
    return ""


def _about(rule: Rule) -> list[ActRuled]:
    """The kinds of acts that it is about, as far as this version does them."""
    return [kind for kind in KINDS.values() if rule.is_about(kind.name)]


def _thresholds(rule: Rule, test: RuleTest) -> Values:
    """The rule's values that are its test's: not what a mask hides, nor how a hold keeps an act."""
    of_effect = _OF_EFFECT.get(rule.effect, frozenset()) - test.needs.keys()
    if rule.effect == "hold" and not test.takes("days"):
        of_effect -= {"waits_days"}
    return {name: value for name, value in rule.values.items() if name not in of_effect}


def _find_bad_value(test: RuleTest, values: Values) -> str | None:
    """The name of the first value that ``test`` misses, cannot use or does not know; None where all are as it needs.

    A value that this program does not know may narrow the rule: what it would change is not left out in silence.
    """
    if "*" in test.needs:
        return next((name for name, value in values.items() if not isinstance(value, list)), None)
    found = {name: need for name, need in test.may_have.items() if name in values}
    for name, need in (*test.needs.items(), *found.items()):
        if name not in values or not isinstance(values[name], list if need == "texts" else int | float):
            return name
    return next((name for name in values if not test.takes(name)), None)


def _find_number_fault(rule: Rule) -> str:
    """Which number of the rule cannot become the time, the count or the size that its name means.

    One of its test's that is too small decides nothing, and does no harm: it does not come any more (``unfit.py``), and
    is read.
    """
    of_hold = _OF_EFFECT["hold"] if rule.effect == "hold" else frozenset()
    for name, value in rule.values.items():
        bound = BOUNDS.get(name, ANY_NUMBER)
        least = bound.least if name in of_hold else -bound.most
        if isinstance(value, int | float) and not least <= value <= bound.most:
            return _("Rule {number}: its value {name} is {value}; it is from {least} to {most}.").format(
                number=rule.number, name=name, value=_word(value), least=_word(bound.least), most=_word(bound.most)
            )
    return ""


def _word(number: float) -> str:
    return f"{number:.0f}" if float(number).is_integer() and abs(number) <= COUNT_MAX else f"{number:g}"


def _find_hold_fault(rule: Rule) -> str:
    for name in sorted(_OF_EFFECT["hold"] & rule.values.keys()) if rule.effect == "hold" else ():
        if not isinstance(rule.values[name], int | float):
            return _("Rule {number} has no value {name} by which an act can be held.").format(
                number=rule.number, name=name
            )
    return ""


def _find_mask_fault(rule: Rule) -> str:
    """Why a mask would hide nothing: nobody looks at a part that it names, or it names none where one has to.

    Of acts that this version does not know nothing is said: it does not do them.
    """
    number, kinds = rule.number, _about(rule)
    if "hides" not in rule.values:
        for kind in kinds:
            if not kind.hides_unnamed and rule.test not in kind.hides_whole_by:
                return _("Rule {number} does not say which parts of {kind} it hides.").format(
                    number=number, kind=kind.name
                )
        return ""
    hides = frozenset(rule.hides)
    for kind in kinds:
        if not hides & kind.hides:
            return _("Rule {number} hides no part that {kind} has.").format(number=number, kind=kind.name)
        if kind.hides_by and rule.test != kind.hides_by:
            return _("Rule {number}: of {kind} parts are hidden by the test {test} only.").format(
                number=number, kind=kind.name, test=kind.hides_by
            )
    had = frozenset[str]().union(*(kind.hides for kind in kinds))
    for part in sorted(hides - had) if kinds else ():
        return _("Rule {number} hides {part}, which no act has that it is about.").format(number=number, part=part)
    return ""
