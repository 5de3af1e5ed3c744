"""The model's rules in a network with rules of its own: what the model brings comes, what the network changed stays.

Three rulebooks are compared: the network's, this program's model, and the model that was taken over last (the *base*).
What differs between network and base is the network's own. Where no base is known, whatever an earlier model said is
the model's; all else is the network's own.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgspec

from comity.rules.amending import MEANING, RuleChange, change_fields
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook
from comity.rules.word_changes import WordChange, compare_words
from comity.rules.wording import Wording
from comity.rules.written import WITH_RETIRED

_DIGITS: Final = 16
_REFUSAL: Final = ("next_step", "reveals")
EARLIER: Final[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
    {
        ("RPD-104.2", "sentence"): ("665669e9e1050747",),
        ("RPD-104.2", "values"): ("65fdccc7f02d2d0a",),
        ("RPD-127.1", "sentence"): ("ef761f89e8dc7793",),
        ("RPD-21.1", "values"): ("b55f708dc8da47e8", "5048c434eff9095c"),
    }
)
"""What earlier models said otherwise than the present one: digests by a rule's number and field. One comes with each
change of a sentence, article, next step or value in the model."""


def digest(said: Any) -> str:
    """A field's text, short, as ``EARLIER`` lists it."""
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()[:_DIGITS]


def take_over(present: Rulebook, model: Rulebook, base: Rulebook | None = None) -> Rulebook:
    """``present`` with what ``model`` brings since ``base``: new rules and words, and what ``present`` left as it was.

    Rules that are in ``present`` alone stay, unless ``model`` has retired them. Rules that the network retired itself
    stay gone. Nothing is checked here.
    """
    taken, gone = {rule.number for rule in model.rules}, {each.number for each in model.retired}
    retired_here = {each.number for each in present.retired} - gone
    words = present.words
    if model.words is not None:
        old = base.wording if base is not None else present.wording if present.words is None else None
        words = _merge_words(present.wording, model.words, old)
    speak: Callable[[Rule], Rule] = present.spoken if words is not None else lambda rule: rule
    here = {rule.number: speak(rule) for rule in present.rules}
    was = {rule.number: base.spoken(rule) if words is not None else rule for rule in base.rules} if base else {}
    unsaid = () if present.words is not None else _REFUSAL
    merged = tuple(
        _merge_rule(here[rule.number], rule, was.get(rule.number), unsaid) if rule.number in here else rule
        for rule in model.rules
        if rule.number in here or (rule.number not in retired_here and rule.number not in was)
    )
    own = tuple(rule for number, rule in here.items() if number not in taken | gone)
    rules = (*merged, *own)
    back = {rule.number for rule in rules}
    retired = (*model.retired, *(each for each in present.retired if each.number not in gone | back))
    is_same = set(map(_text, here.values())) == set(map(_text, rules)) and set(present.retired) == set(retired)
    if is_same and present.words == words:
        return present
    version = max(present.v, model.v, WITH_RETIRED if retired else 1)
    since = base or present
    name = _merge(present.name, model.name, [since.name])
    edition = _merge(present.version, model.version, [since.version])
    return Rulebook(version, name, edition, rules, retired, words)


class Own(NamedTuple):
    """What of a rulebook is the network's own where the model says otherwise, which is ``before`` in changes.

    ``missing`` are the model's rules that the network has retired.
    """

    changes: tuple[RuleChange, ...]
    words: tuple[WordChange, ...]
    missing: tuple[str, ...]


def find_own(taken: Rulebook, model: Rulebook) -> Own:
    """What of ``taken`` is the network's own, for whoever takes the model over."""
    here = {rule.number: taken.spoken(rule) for rule in taken.rules}
    changes = (change_fields(model.spoken(rule), here[rule.number]) for rule in model.rules if rule.number in here)
    words = compare_words(model.wording, taken.wording)
    sayings = model.wording.sayings
    return Own(
        tuple(each for each in changes if each.fields),
        tuple(
            each for each in words if each.code and not each.is_new and (each.noun != "sayings" or each.code in sayings)
        ),
        tuple(rule.number for rule in model.rules if rule.number not in here),
    )


def _merge_rule(mine: Rule, theirs: Rule, was: Rule | None, unsaid: Sequence[str]) -> Rule:
    """One rule: field by field, and of its thresholds one by one. A file of before has no place for ``unsaid``."""
    if any(getattr(mine, name) != getattr(theirs, name) for name in MEANING):
        return theirs  # which may not follow: whoever amends is told
    said: dict[str, Any] = {}
    said["kinds"] = theirs.kinds if set(mine.kinds) <= set(theirs.kinds) else _union(mine.kinds, theirs.kinds)
    for name in ("article", "sentence", "seen", "next_step", "reveals"):
        before = [getattr(was, name)] if was is not None else _said_before(mine, name)
        before += [getattr(mine, name)] if name in unsaid else []
        said[name] = _merge(getattr(mine, name), getattr(theirs, name), before)
    if was is None:
        said["values"] = _merge(mine.values, theirs.values, _said_before(mine, "values"))
    else:
        said["values"] = dict(_merge_values(mine.values, theirs.values, was.values))
    return msgspec.structs.replace(theirs, **said)


def _merge_values(
    mine: Mapping[str, Any], theirs: Mapping[str, Any], was: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    nothing = object()
    for name in dict.fromkeys((*mine, *theirs)):
        found = _merge(mine.get(name, nothing), theirs.get(name, nothing), [was.get(name, nothing)])
        if found is not nothing:
            yield name, found


def _merge(mine: Any, theirs: Any, before: Sequence[Any]) -> Any:
    """Theirs where mine is still as it was, else mine."""
    return theirs if mine in before else mine


def _said_before(mine: Rule, name: str) -> list[Any]:
    """What a rule says in a field, where an earlier model said so."""
    said = getattr(mine, name)
    return [said] if digest(said) in EARLIER.get((mine.number, name), ()) else []


def _union(mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    """All kinds of both: a rule loses none, and what the model added is spoken of."""
    return (*mine, *(each for each in theirs if each not in mine))


def _merge_words(present: Wording, model: Wording, base: Wording | None) -> Wording:
    return Wording(
        tuple(_merge_entries(present.purposes, model.purposes, base.purposes if base else ())),
        tuple(_merge_entries(present.levels, model.levels, base.levels if base else ())),
        tuple(_merge_entries(present.roles, model.roles, base.roles if base else ())),
        dict(_merge_values(present.sayings, model.sayings, base.sayings if base else {})),
    )


def _merge_entries(present: Sequence[Any], model: Sequence[Any], base: Sequence[Any]) -> list[Any]:
    """Those of ``present``, each three ways; a new one comes behind the one that it follows in ``model``."""
    taken = {each.code: each for each in model}
    was = {each.code: each for each in base}
    merged = [_merge(each, taken[each.code], [was.get(each.code)]) if each.code in taken else each for each in present]
    before = -1  # where the one before it in the model stands
    for each in model:
        place = next((number for number, known in enumerate(merged) if known.code == each.code), None)
        if place is None:
            place = before + 1
            merged.insert(place, each)
        before = place
    return merged


def _text(rule: Rule) -> bytes:
    return msgspec.json.encode(rule, order="deterministic")
