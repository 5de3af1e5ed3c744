"""What may change when a rulebook does, and what a change is, in words for those who sign it.

Numbers are for ever. Under one number a rule's sentence, article and thresholds may change, and it may be about more
kinds of acts than before; its effect, its test and its register are its meaning, and change with a new number only. A
rule that goes is listed as retired, with its meaning.

Codes of purposes, levels and roles are for ever too, since ledgers, messages and officers carry them: titles and what
else is said of them may change, none of them goes, and levels keep their order (``word_changes.py``).
"""

from collections.abc import Container, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from comity.bounded import RuleNumber
from comity.errors import MalformedError
from comity.limits import RULE_NUMBER_CHARS
from comity.rules.fitting import find_misfit
from comity.rules.rule import Rule, is_about
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.unfit import find_unfit
from comity.rules.word_changes import FieldChange, WordChange, change, compare_words, shown, verify_words
from comity.rules.written import WITH_RETIRED, Retired, RulebookError
from comity.texts import _

MEANING: Final = ("effect", "test", "register")
"""What never changes under one number."""

SAID: Final = ("article", "sentence", "kinds", "values", "seen", "next_step", "reveals")
"""What may change under one number; of the kinds none is lost."""


class RuleChange(NamedTuple):
    """A rule that stays and says something otherwise."""

    number: str
    fields: tuple[FieldChange, ...]


class Amendment(NamedTuple):
    """What becomes of a rulebook: ``whole`` says what changes beside its rules and words, ``words`` what of those."""

    whole: tuple[FieldChange, ...]
    comes: tuple[Rule, ...]
    goes: tuple[Rule, ...]
    changes: tuple[RuleChange, ...]
    words: tuple[WordChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not any(self)


def compare(old: Rulebook, new: Rulebook) -> Amendment:
    """What changes from ``old`` to ``new``, after checking that it may.

    1. The version of the file does not go back.
    2. A rule that stays means the same, and is still about all that it was about.
    3. A rule that goes is listed as retired, by its meaning; what was retired stays so, or comes back as it was.
    4. What comes is numbered so that receipts can say it.
    5. What comes or changes can decide something (``unfit.py``).
    6. Rules fit one another: every kind of act that this program knows has a ground, and what is held can be released
       (``fitting.py``).
    7. No purpose, level or role goes, and levels keep their order.

    MalformedError otherwise, with the rule, or the code, in ``where``.
    """
    if new.v < old.v:
        raise MalformedError(
            _("The rulebook in force is written in version {old}, and this one in version {new}.").format(
                old=old.v, new=new.v
            ),
            where="v",
            next_step=_("Write it in version {old}.").format(old=old.v),
        )
    before = {rule.number: old.spoken(rule) for rule in old.rules}
    after = {rule.number: new.spoken(rule) for rule in new.rules}
    _verify_remembered(old, new)
    _verify_numbers(new, before)
    _verify_fit(new, before)
    _verify_together(new, old)
    if new.words is not None:  # without any, its words are those that its rules list
        verify_words(old.wording, new.words)
    changes = (change_fields(before[number], rule) for number, rule in after.items() if number in before)
    return Amendment(
        tuple(_of_whole(old, new)),
        tuple(rule for rule in new.rules if rule.number not in before),
        tuple(rule for rule in old.rules if rule.number not in after),
        tuple(each for each in changes if each.fields),
        compare_words(old.wording, new.wording) if new.words is not None else (),
    )


def _verify_together(new: Rulebook, old: Rulebook | None) -> None:
    """Raise MalformedError where rules do not fit one another: acts would be stopped for good, or kept for ever."""
    if found := find_misfit(new, old):
        raise MalformedError(found.what, where=found.where, next_step=found.next_step)


def amend(old: bytes | None, new: bytes) -> Amendment | None:
    """What changes from one rulebook's file to another; None where the first is a network's first.

    MalformedError as from ``compare``, or where this program cannot apply one of them.
    """
    after = _read(new, _("This rulebook cannot be applied."), _("Correct it, or take one that fits this version."))
    if old is None:
        _verify_numbers(after, ())
        _verify_fit(after, {})
        _verify_together(after, None)
        return None
    before = _read(old, _("The rulebook in force cannot be read here."), _("Update Comity here, then do it again."))
    return compare(before, after)


def _read(data: bytes, what: str, next_step: str) -> Rulebook:
    try:
        return parse_rulebook(data)
    except RulebookError as error:
        raise MalformedError(f"{what} {error}", where="rulebook", next_step=next_step) from error


def _verify_remembered(old: Rulebook, new: Rulebook) -> None:
    """Raise MalformedError where a rule goes and is not remembered, or a number comes to mean something else."""
    after = {rule.number: _retire(rule) for rule in new.rules} | {each.number: each for each in new.retired}
    for meant in (*map(_retire, old.rules), *old.retired):
        if meant.number in after:
            _verify_same_meaning(meant, after[meant.number])
            continue
        line = msgspec.json.encode(meant).decode()
        raise MalformedError(
            _("Rule {number} is gone, and its number is not listed as retired.").format(number=meant.number),
            where=meant.number,
            next_step=_('In version {v} of the file, add to "retired": {line}').format(v=WITH_RETIRED, line=line),
        )


def _verify_numbers(new: Rulebook, before: Container[str]) -> None:
    """Raise MalformedError for a rule that comes with a number that no node could tell another, in a receipt."""
    for number in (rule.number for rule in new.rules if rule.number not in before):
        try:
            msgspec.convert(number, RuleNumber)
        except msgspec.ValidationError as error:
            raise MalformedError(
                _("The number of a rule has letters, digits, dots and hyphens, at most {most}.").format(
                    most=RULE_NUMBER_CHARS
                ),
                where=number,
                next_step=_("Give it another number."),
            ) from error


def _verify_fit(new: Rulebook, before: Mapping[str, Rule]) -> None:
    """Raise MalformedError for a rule that comes, or changes, and would decide nothing by what is new in it."""
    for rule in new.rules:
        if why := find_unfit(rule, before.get(rule.number)):
            raise MalformedError(why, where=rule.number, next_step=_("Correct the rule, or leave it out."))


def _verify_same_meaning(before: Retired, after: Retired) -> None:
    """Raise MalformedError where one number means something else, or is about less than before."""
    number = before.number
    for name in MEANING:
        if getattr(before, name) != getattr(after, name):
            raise MalformedError(
                _("Rule {number} would mean something else: its {name} was {before}, and is {after}.").format(
                    number=number, name=name, before=shown(getattr(before, name)), after=shown(getattr(after, name))
                ),
                where=number,
                next_step=_("Give the new rule a new number, and list the old one as retired."),
            )
    lost = [kind for kind in before.kinds if not is_about(after.kinds, kind)]
    if lost:
        raise MalformedError(
            _("Rule {number} would not be about {kind} any more.").format(number=number, kind=lost[0]),
            where=number,
            next_step=_("A rule may gain kinds and loses none. Give a new rule a new number, and retire this one."),
        )


def _retire(rule: Rule) -> Retired:
    return Retired(rule.number, rule.effect, rule.test, rule.kinds, rule.register)


def _of_whole(old: Rulebook, new: Rulebook) -> Iterator[FieldChange]:
    for name in ("name", "version", "v"):
        yield from change(name, getattr(old, name), getattr(new, name))
    before, after = [rule.number for rule in old.rules], [rule.number for rule in new.rules]
    if sorted(before) == sorted(after):
        yield from change("order", before, after)
    yield from change("retired", [each.number for each in old.retired], [each.number for each in new.retired])


def change_fields(before: Rule, after: Rule) -> RuleChange:
    """What one rule says otherwise than another of its number."""
    fields = (each for name in SAID for each in change(name, getattr(before, name), getattr(after, name)))
    return RuleChange(after.number, tuple(fields))
