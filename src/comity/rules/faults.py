"""Why this program cannot apply a rule. Such a rule is never left out in silence: acts that it is about are refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.rules.kinds import HIDDEN_BY, HIDDEN_UNNAMED, HIDDEN_WHOLE, KINDS, OF_REGISTERS, PARTS
from comity.rules.predicates import CATALOGUE, NEEDS, Values, find_bad_value
from comity.rules.rule import Effect, Rule
from comity.texts import _

_OF_EFFECT: Final[Mapping[Effect, frozenset[str]]] = MappingProxyType(
    {"mask": frozenset({"hides"}), "hold": frozenset({"releases", "days"})}
)
"""The values that belong to what a rule does, not to its test."""


def find_fault(rule: Rule) -> str:
    """Why this program cannot apply ``rule``, in words; empty where it can."""
    number = rule.number
    if rule.test not in CATALOGUE:
        return _("Rule {number} needs the test {test}, which this version does not know.").format(
            number=number, test=rule.test
        )
    if rule.register:
        kind = next((each for each in KINDS if rule.is_about(each) and each not in OF_REGISTERS), "")
        if kind:
            return _(
                "Rule {number} is about the register {register} alone, and {kind} does not say of which it is."
            ).format(number=number, register=rule.register, kind=kind)
    bad = find_bad_value(rule.test, _thresholds(rule))
    if bad is not None:
        return _("Rule {number} has no value {name} that its test {test} can use.").format(
            number=number, name=bad, test=rule.test
        )
    if rule.effect == "hold":
        return _find_hold_fault(rule)
    return _find_mask_fault(rule) if rule.effect == "mask" else ""


def _thresholds(rule: Rule) -> Values:
    """The rule's values that are its test's: not what a mask hides, nor how a hold keeps an act."""
    of_effect = _OF_EFFECT.get(rule.effect, frozenset()) - NEEDS.get(rule.test, {}).keys()
    return {name: value for name, value in rule.values.items() if name not in of_effect}


def _find_hold_fault(rule: Rule) -> str:
    for name in sorted(_OF_EFFECT["hold"] & rule.values.keys()):
        value = rule.values[name]
        if not isinstance(value, int | float) or value <= 0:
            return _("Rule {number} has no value {name} by which an act can be held.").format(
                number=rule.number, name=name
            )
    return ""


def _find_mask_fault(rule: Rule) -> str:
    """Why a mask would hide nothing: nobody looks at a part that it names, or it names none where one has to.

    Of acts that this version does not know nothing is said: it does not do them.
    """
    number, kinds = rule.number, [kind for kind in KINDS if rule.is_about(kind)]
    if "hides" not in rule.values:
        shown = [kind for kind in kinds if kind not in HIDDEN_UNNAMED and rule.test not in HIDDEN_WHOLE.get(kind, ())]
        if shown:
            return _("Rule {number} does not say which parts of {kind} it hides.").format(number=number, kind=shown[0])
        return ""
    hides = frozenset(rule.hides)
    for kind in kinds:
        if not hides & PARTS.get(kind, frozenset()):
            return _("Rule {number} hides no part that {kind} has.").format(number=number, kind=kind)
        if rule.test != HIDDEN_BY.get(kind, rule.test):
            return _("Rule {number}: of {kind} parts are hidden by the test {test} only.").format(
                number=number, kind=kind, test=HIDDEN_BY[kind]
            )
    had = frozenset[str]().union(*(PARTS[kind] for kind in kinds))
    for part in sorted(hides - had) if kinds else ():
        return _("Rule {number} hides {part}, which no act has that it is about.").format(number=number, part=part)
    return ""
