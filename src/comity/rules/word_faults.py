"""What is wrong with a rulebook's words: codes that stand twice, that no word has, or that rules contradict."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from comity.rules.catalogue import TESTS
from comity.rules.rule import Rule, Value, is_about
from comity.rules.wording import SAYINGS, HandlingLevel, Purpose, Role, Wording, codes_of
from comity.texts import N_, _

_TWICE: Final[Mapping[type, str]] = MappingProxyType(
    {
        Purpose: N_("The purpose {code} stands twice in the rulebook."),
        HandlingLevel: N_("The level {code} stands twice in the rulebook."),
        Role: N_("The role {code} stands twice in the rulebook."),
    }
)
_BLANK: Final[Mapping[type, str]] = MappingProxyType(
    {
        Purpose: N_("The purpose {code} has no title."),
        HandlingLevel: N_("The level {code} has no title."),
        Role: N_("The role {code} has no title."),
    }
)
_UNKNOWN: Final[Mapping[type, str]] = MappingProxyType(
    {
        Purpose: N_("Rule {number} names the purpose {code}, which the rulebook does not have."),
        HandlingLevel: N_("Rule {number} names the level {code}, which the rulebook does not have."),
        Role: N_("Rule {number} names the role {code}, which the rulebook does not have."),
    }
)


def find_unknown_word(rule: Rule, words: Wording) -> str:
    """Why a rule names what the rulebook has no words for; empty where it has them all."""
    known: dict[type, tuple[str, ...]] = {
        Purpose: codes_of(words.purposes),
        HandlingLevel: codes_of(words.levels),
        Role: codes_of(words.roles),
    }
    for form, code in _named(rule):
        if code not in known[form]:
            return _(_UNKNOWN[form]).format(number=rule.number, code=code)
    return ""


def find_words_fault(words: Wording, rules: Iterable[Rule]) -> str:
    """What is wrong with the words as a whole, beside what rules name; empty for nothing."""
    rules = tuple(rules)
    faults = (
        *(_find_entry_fault(entries) for entries in (words.purposes, words.levels, words.roles)),
        *(_find_need_fault(purpose, rules) for purpose in words.purposes),
        *(_find_home_fault(role, rules) for role in words.roles),
        *(_find_saying_fault(code, said) for code, said in words.sayings.items()),
    )
    return next(filter(None, faults), "")


def _named(rule: Rule) -> Iterator[tuple[type, str]]:
    """Every code that a rule's test looks for."""
    values = rule.values
    if rule.test in TESTS and TESTS[rule.test].takes("purposes"):
        yield from ((Purpose, code) for code in _texts(values.get("purposes")))
    elif rule.test == "handling_is_known":
        yield from ((HandlingLevel, code) for code in _texts(values.get("levels")))
    elif rule.test == "role_covers_handling":
        for level, roles in values.items():
            yield HandlingLevel, level
            yield from ((Role, code) for code in _texts(roles))
    elif rule.test == "role_includes_act":
        yield from ((Role, code) for code in values)


def _texts(value: Value | None) -> Iterable[str]:
    return value if isinstance(value, list) else ()


def _find_entry_fault(entries: tuple[Purpose, ...] | tuple[HandlingLevel, ...] | tuple[Role, ...]) -> str:
    stands = Counter(codes_of(entries))
    for each in entries:
        if stands[each.code] > 1:
            return _(_TWICE[type(each)]).format(code=each.code)
        if not each.title.strip():
            return _(_BLANK[type(each)]).format(code=each.code)
    return ""


def _find_need_fault(purpose: Purpose, rules: Iterable[Rule]) -> str:
    """Why a purpose says something else of its reference than the rules do, where it can be given at all."""
    listing = [rule for rule in rules if purpose.code in _texts(rule.values.get("purposes"))]
    if not any(rule.test == "purpose_is_listed" for rule in listing):
        return ""
    demanding = next((rule for rule in listing if rule.test == "reference_is_given"), None)
    if demanding is None and purpose.reference != "no":
        return _("The purpose {code} says that it demands a reference, and no rule demands one.").format(
            code=purpose.code
        )
    if demanding is not None and purpose.reference == "no":
        return _("The purpose {code} says that it demands no reference, and rule {number} demands one.").format(
            code=purpose.code, number=demanding.number
        )
    return ""


def _find_home_fault(role: Role, rules: Iterable[Rule]) -> str:
    """Why an officer in this role could not begin where the role is at home; nothing is asked of what has gone."""
    acts = [_texts(rule.values.get(role.code)) for rule in rules if rule.test == "role_includes_act"]
    if not role.home or not any(acts) or any(is_about(tuple(each), role.home) for each in acts):
        return ""
    return _("The role {code} is at home at {kind}, which it does not include.").format(code=role.code, kind=role.home)


def _find_saying_fault(code: str, said: str) -> str:
    if code not in SAYINGS:
        return _("This version does not know what {code} says; it knows: {known}.").format(
            code=code, known=", ".join(SAYINGS)
        )
    return "" if said.strip() else _("The rulebook says nothing for {code}: leave it out.").format(code=code)
