"""What the rules of one rulebook say against one another: each would do, and together they stop acts for good.

What was so before may stay: an older program took it in.
"""

from collections.abc import Iterator
from typing import NamedTuple

from comity.rules.catalogue import KINDS
from comity.rules.predicates import is_in_time, role_includes_act
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook
from comity.rules.unfit import unreleasable
from comity.texts import _

RELEASE = "held.release"
"""The act by which a held act goes on."""


class Misfit(NamedTuple):
    """What is wrong, at which rule, or ``rulebook`` for the whole; and what to do."""

    where: str
    what: str
    next_step: str


def find_misfit(new: Rulebook, old: Rulebook | None = None) -> Misfit | None:
    """What of ``new`` does not fit the rest of it, and was not so in ``old``; None where all does."""
    found = (*_groundless(new, old), *_unreleasable(new, old), *_released_too_late(new, old))
    return found[0] if found else None


def every_role(rulebook: Rulebook) -> frozenset[str]:
    """All roles that it has a word for, or acts."""
    listed = (rule.values for rule in rulebook.rules if rule.test == role_includes_act.__name__)
    return frozenset(role.code for role in rulebook.wording.roles).union(*listed)


def _may(rulebook: Rulebook, kind: str) -> bool:
    """Whether an officer in all roles may do such acts: if not, nobody does them, nor releases one."""
    return rulebook.may(every_role(rulebook), kind)


def _groundless(new: Rulebook, old: Rulebook | None) -> Iterator[Misfit]:
    """Kinds of acts that nobody could do any more, and no rule would say why."""
    for kind in KINDS:
        if not any(rule.is_about(kind) for rule in new.rules):
            yield Misfit(
                "rulebook",
                _("No rule speaks of {kind}: such acts would be refused to everybody.").format(kind=kind),
                _("Give it a ground, or take over what the model says of it."),
            )
        elif not _has_ground(new, kind) and (old is None or _has_ground(old, kind)):
            yield Misfit(
                "rulebook",
                _("No ground lets anybody do {kind}: such acts would be refused, and no rule would say why.").format(
                    kind=kind
                ),
                _("Give it a ground. Where such acts are not wanted, add a condition that refuses them and says why."),
            )


def _has_ground(rulebook: Rulebook, kind: str) -> bool:
    return any(rule.effect == "ground" and rule.is_about(kind) for rule in rulebook.rules)


def _unreleasable(new: Rulebook, old: Rulebook | None) -> Iterator[Misfit]:
    """Holds of what no officer may do, where that is new; any hold, where nobody may release any longer."""
    can_release, could_release = _may(new, RELEASE), old is None or _may(old, RELEASE)
    for rule in _holds(new):
        before = old.find_rule(rule.number) if old is not None else None
        for kind in filter(rule.is_about, KINDS):
            is_new = before is None or not before.is_about(kind)
            if (is_new and not _may(new, kind)) or ((is_new or could_release) and not can_release):
                yield Misfit(
                    rule.number, unreleasable(rule.number, kind), _("Let a role do such acts, and release them.")
                )


def _released_too_late(new: Rulebook, old: Rulebook | None) -> Iterator[Misfit]:
    """Holds that keep an act longer than it may be released before its end: nobody could release it until then."""
    for within in new.rules_asking(RELEASE, is_in_time.__name__):
        days = within.values.get("days")
        for hold in _holds(new):
            if isinstance(days, int | float) and hold.hold.days > days and not _stood(old, within, hold):
                yield Misfit(
                    hold.number,
                    _(
                        "Rule {number} keeps an act for {days} days, and by rule {other} it can only be released "
                        "within the last {most}."
                    ).format(number=hold.number, days=f"{hold.hold.days:g}", other=within.number, most=f"{days:g}"),
                    _("Let rule {other} allow as many days, or let it wait less long.").format(other=within.number),
                )


def _stood(old: Rulebook | None, *rules: Rule) -> bool:
    """Whether these said the same before, as far as numbers go."""
    before = [old.find_rule(rule.number) for rule in rules] if old is not None else [None]
    return all(each is not None and each.values == rule.values for each, rule in zip(before, rules, strict=False))


def _holds(rulebook: Rulebook) -> Iterator[Rule]:
    return (rule for rule in rulebook.rules if rule.effect == "hold")
