"""What no rule comes to say any more, though one that says it already is read: it would decide nothing, or everything.

An older program took such rules into its rulebook. They stay what they were, and a change of theirs is not asked about
what it leaves as it was.
"""

from collections.abc import Iterator

from comity.rules.catalogue import KINDS, REGISTERS, TESTS
from comity.rules.faults import find_idle
from comity.rules.rule import Rule, is_about
from comity.rules.thresholds import BOUNDS, COUNTS, NEW_MOST, Bound
from comity.texts import _


def find_unfit(rule: Rule, before: Rule | None = None) -> str:
    """Why ``rule`` may not come, or follow ``before`` of the same number, in words; empty where it may."""
    found = (
        *_sentence(rule, before),
        *_registers(rule, before),
        *_kinds(rule, before),
        *_acts_of_roles(rule, before),
        *_values(rule, before),
        *_lasting(rule, before),
        *_waiting(rule, before),
    )
    return found[0] if found else find_idle(rule, before)


def _sentence(rule: Rule, before: Rule | None) -> Iterator[str]:
    if not _is_seen(rule.sentence) and (before is None or _is_seen(before.sentence)):
        yield _("Rule {number} has no sentence: whoever it refuses would not be told why.").format(number=rule.number)
    if not _is_seen(rule.article) and (before is None or _is_seen(before.article)):
        yield _("Rule {number} has no article: nobody would be told where it is agreed.").format(number=rule.number)


def _registers(rule: Rule, before: Rule | None) -> Iterator[str]:
    if before is None and rule.register and rule.register not in REGISTERS:
        yield _(
            "Rule {number} is about the register {register}, which this version does not have; it has: {known}."
        ).format(number=rule.number, register=rule.register, known=", ".join(sorted(REGISTERS)))


def _kinds(rule: Rule, before: Rule | None) -> Iterator[str]:
    """What a later program added before stays: it does such acts."""
    if not rule.kinds and (before is None or before.kinds):
        yield _("Rule {number} is about no kind of act.").format(number=rule.number)
    for name in rule.kinds:
        if not _is_known(name) and (before is None or name not in before.kinds):
            yield _("Rule {number} is about {kind}, and this version knows no such acts.").format(
                number=rule.number, kind=name
            )


def _acts_of_roles(rule: Rule, before: Rule | None) -> Iterator[str]:
    if rule.test != "role_includes_act":
        return
    for role, acts in rule.values.items():
        was = before.values.get(role) if before is not None else None
        for name in acts if isinstance(acts, list) else ():
            if not _is_known(name) and not (isinstance(was, list) and name in was):
                yield _("Rule {number} lets {role} do {kind}, and this version knows no such acts.").format(
                    number=rule.number, role=role, kind=name
                )


def _values(rule: Rule, before: Rule | None) -> Iterator[str]:
    """A number out of its bounds, or zero where that lets nothing pass; a list of nothing; half a release."""
    test = TESTS[rule.test]
    needs = {**test.needs, **test.may_have}
    for name, value in rule.values.items():
        if before is not None and before.values.get(name) == value:
            continue
        need = needs.get(name)
        if isinstance(value, int | float):
            is_wrong = _is_out_of_bounds(name, value) or (need == "positive" and value == 0)
        else:
            is_wrong = not value and (need == "texts" or rule.test == "role_covers_handling")
        if is_wrong:
            yield _("Rule {number} says {name} {value}: its test {test} would decide nothing by it.").format(
                number=rule.number, name=name, value=value, test=rule.test
            )
    if "*" in test.needs and not any(rule.values.values()) and (before is None or any(before.values.values())):
        yield _("Rule {number} lists nothing: its test {test} would let nothing pass.").format(
            number=rule.number, test=rule.test
        )


def _is_out_of_bounds(name: str, value: float) -> bool:
    is_broken = name in COUNTS and value % 1 != 0
    return is_broken or not BOUNDS.get(name, Bound(0, 0)).least <= value <= NEW_MOST.get(name, value)


def _lasting(rule: Rule, before: Rule | None) -> Iterator[str]:
    """What is signed for longer than the rule lets it last would be refused, whatever it says."""
    if rule.test != "is_in_time":
        return
    was = before if before is not None and before.values == rule.values else None
    days = rule.values.get("days")
    for kind in KINDS.values():
        is_new = was is None or not was.is_about(kind.name)
        if is_new and rule.is_about(kind.name) and isinstance(days, int | float) and days < kind.lasts_days:
            yield _("Rule {number} says days {days}: {kind} needs {least}, and would always be refused.").format(
                number=rule.number, days=days, kind=kind.name, least=kind.lasts_days
            )


def _waiting(rule: Rule, before: Rule | None) -> Iterator[str]:
    if rule.effect != "hold":
        return
    for kind in KINDS.values():
        is_new = before is None or not before.is_about(kind.name)
        if is_new and rule.is_about(kind.name) and not kind.is_holdable:
            yield unreleasable(rule.number, kind.name)
    if TESTS[rule.test].takes("days") and "waits_days" not in rule.values and before is None:
        yield _("Rule {number}: days is what its test {test} goes by; say in waits_days how long acts wait.").format(
            number=rule.number, test=rule.test
        )


def unreleasable(number: str, kind: str) -> str:
    """What to say of a hold that would keep such acts for ever."""
    return _("Rule {number} would hold {kind}, and nobody could release it.").format(number=number, kind=kind)


def _is_seen(text: str) -> bool:
    """Whether there is a letter or a digit in it: other characters may show as nothing."""
    return any(map(str.isalnum, text))


def _is_known(name: str) -> bool:
    """Whether ``name`` is an act, a noun (``query.*``), or all, of this version."""
    return any(is_about((name,), kind) for kind in KINDS)
