"""Why this program cannot apply a rule. Such a rule is never left out in silence: acts that it is about are refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.rules.kinds import HIDDEN_BY, HIDDEN_UNNAMED, HIDDEN_WHOLE, KINDS, PARTS
from comity.rules.predicates import CATALOGUE, Values, find_bad_value
from comity.rules.rule import Rule
from comity.texts import _

_ASIDE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"mask": ("hides",), "hold": ("releases", "days")})
"""Values that belong to a rule's effect, not to its test."""


def find_fault(rule: Rule) -> str:
    """Why this program cannot apply ``rule``, in words; empty where it can."""
    number = rule.number
    if rule.test not in CATALOGUE:
        return _("Rule {number} needs the test {test}, which this version does not know.").format(
            number=number, test=rule.test
        )
    if rule.register:
        return _("Rule {number} is about the register {register} alone, which this version cannot tell apart.").format(
            number=number, register=rule.register
        )
    bad = find_bad_value(rule.test, _thresholds(rule))
    if bad is not None:
        return _("Rule {number} has no value {name} that its test {test} can use.").format(
            number=number, name=bad, test=rule.test
        )
    return _find_mask_fault(rule) if rule.effect == "mask" else _find_hold_fault(rule)


def _thresholds(rule: Rule) -> Values:
    """The rule's values, but for what a mask hides, and how a hold holds."""
    aside = _ASIDE.get(rule.effect, ())
    return {name: value for name, value in rule.values.items() if name not in aside}


def _find_hold_fault(rule: Rule) -> str:
    """Why nobody could tell how a hold is ended."""
    for name in _ASIDE["hold"] if rule.effect == "hold" else ():
        value = rule.values.get(name)
        if not isinstance(value, int | float) or not value > 0:
            return _("Rule {number} does not say in its value {name} how an act is held: a number above 0.").format(
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
