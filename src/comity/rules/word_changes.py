"""What may change of a rulebook's words when it does, and what a change of them is, for those who sign it."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from comity.errors import MalformedError
from comity.rules.wording import HandlingLevel, Purpose, Role, Wording, codes_of
from comity.texts import N_, _

_LISTS: Final = ("purposes", "levels", "roles")
_GONE: Final = {
    "purposes": N_("The purpose {code} is gone, and ledgers name it."),
    "levels": N_("The level {code} is gone, and messages and records are kept at it."),
    "roles": N_("The role {code} is gone, and officers have it."),
}


class FieldChange(NamedTuple):
    """One thing that a rule, a word, or the rulebook as a whole, says otherwise: its name, and both as text."""

    name: str
    before: str
    after: str


class WordChange(NamedTuple):
    """A word that comes, goes, or says something otherwise: one of ``noun``, which is a member of ``Wording``.

    Of purposes, levels and roles none goes. Of one that comes, ``before`` is empty in each field.
    """

    noun: str
    code: str
    is_new: bool
    fields: tuple[FieldChange, ...]


def change(name: str, before: object, after: object) -> Iterator[FieldChange]:
    """The change of one thing said; nothing where both are the same."""
    if before != after:
        yield FieldChange(name, shown(before), shown(after))


def shown(said: object) -> str:
    """What is said in one field, as text; lists and values as they stand in the file."""
    return (said or "-") if isinstance(said, str) else msgspec.json.encode(said, order="deterministic").decode()


def verify_words(old: Wording, new: Wording) -> None:
    """Raise MalformedError where a code goes, or the levels that stay would protect in another order."""
    for noun in _LISTS:
        known = codes_of(getattr(new, noun))
        for code in codes_of(getattr(old, noun)):
            if code not in known:
                raise MalformedError(
                    _(_GONE[noun]).format(code=code),
                    where=code,
                    next_step=_("Keep it with its title, and take it out of the rules that list it."),
                )
    before, after = codes_of(old.levels), codes_of(new.levels)
    kept = tuple(code for code in after if code in before)
    if kept != before:
        code = next(code for code, was in zip(kept, before, strict=True) if code != was)
        raise MalformedError(
            _("The levels would protect in another order: it was {before}, and is {after}.").format(
                before=", ".join(before), after=", ".join(kept)
            ),
            where=code,
            next_step=_("Keep their order. A new level may stand between any two."),
        )


def compare_words(old: Wording, new: Wording) -> tuple[WordChange, ...]:
    """Every word that comes or changes, in the order of ``new``; then the sayings, of which some may go."""
    found = []
    for noun in _LISTS:
        before = {each.code: each for each in getattr(old, noun)}
        found += [_compare(noun, before.get(each.code), each) for each in getattr(new, noun)]
        if order := tuple(change("order", codes_of(getattr(old, noun)), codes_of(getattr(new, noun)))):
            found.append(WordChange(noun, "", False, order))
    for code in dict.fromkeys((*old.sayings, *new.sayings)):
        said = tuple(change("says", old.sayings.get(code, ""), new.sayings.get(code, "")))
        found.append(WordChange("sayings", code, False, said))
    return tuple(each for each in found if each.fields)


Entry = Purpose | HandlingLevel | Role


def _compare(noun: str, before: Entry | None, after: Entry) -> WordChange:
    said = msgspec.structs.asdict(after)
    was: dict[str, Any] = msgspec.structs.asdict(before) if before is not None else {}
    fields = (
        each
        for name, value in said.items()
        if name != "code"
        for each in (change(name, was[name], value) if was else [FieldChange(name, "", shown(value))])
    )
    return WordChange(noun, after.code, before is None, tuple(fields))
