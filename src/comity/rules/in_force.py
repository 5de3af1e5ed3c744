"""The rules that a node goes by: the last rulebook that it could apply, and those rules that it cannot.

A rulebook comes with the directory, and may need what only a newer program has. Then a node goes on with the last one
that it could apply, and refuses whatever the rules are about that it cannot apply.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from comity.errors import InputError
from comity.limits import RULEBOOK_BYTES
from comity.parsing import decode
from comity.rules.catalogue import TESTS
from comity.rules.facts import Facts
from comity.rules.faults import find_fault, find_idle
from comity.rules.rule import Rule, is_about
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.verdict import Verdict, refused
from comity.rules.word_faults import find_unknown_word, find_words_fault
from comity.rules.wording import Wording
from comity.rules.written import (
    FORMS,
    RULE_FORMS,
    OutlinedRule,
    Rule1,
    Rule2,
    RulebookError,
    Written,
    as_rule,
    as_written,
    find_strange_refusal,
    read_outline,
    words_written,
)
from comity.texts import N_, _

NOTHING_READ = OutlinedRule("CTY-0", ("*",), N_("Nothing is done under a rulebook that cannot be read at all."))
"""In the place of all rules of what was signed as a rulebook, and is none in any version."""


class InForce(msgspec.Struct, frozen=True):
    """What gate and faces ask: ``rulebook`` is applied, ``unread`` are the rules that this program cannot apply.

    ``why`` says why the rulebook of the directory is not the one that is applied; it is empty where it is.
    """

    rulebook: Rulebook
    unread: tuple[OutlinedRule, ...] = ()
    why: str = ""

    def judge(self, facts: Facts) -> Verdict:
        """The verdict on ``facts``, as ``Rulebook.judge``; what an unread rule is about is refused, by its number.

        The verdict names the rulebook that was applied.
        """
        return self._refuse_unread(facts.kind) or self.rulebook.judge(facts)

    def judge_ground(self, facts: Facts) -> Verdict:
        """Whether somebody may do such an act at all, as ``Rulebook.judge_ground``."""
        return self._refuse_unread(facts.kind) or self.rulebook.judge_ground(facts)

    def find_unread(self, number: str) -> OutlinedRule | None:
        """The rule of that number, if this program cannot apply it."""
        return next((rule for rule in self.unread if rule.number == number), None) if self.unread else None

    def sentence(self, number: str) -> str:
        """The rule's plain sentence; of one that there is not, or that is unread, that it is so."""
        unread = self.find_unread(number)
        if unread is None:
            rule = self.rulebook.find_rule(number)
            return rule.sentence if rule else _("Unknown rule: the rulebook here has none so numbered.")
        return " ".join(
            filter(None, (_("This version of Comity cannot apply this rule; update it at this node."), unread.words))
        )

    def name(self, number: str) -> str:
        """The rule's number, for where numbers alone stand; of one that there is not, that it is unknown."""
        is_known = self.find_unread(number) is not None or self.rulebook.find_rule(number) is not None
        return number if is_known else _("unknown rule {number}").format(number=number)

    @property
    def wording(self) -> Wording:
        """The words by which faces show what they show."""
        return self.rulebook.wording

    def next_step(self, rules: Iterable[str]) -> str:
        """What a person does about a refusal by ``rules``: what the first says that says anything; empty if none does.

        It is the rulebook's own text; ``{purposes}`` in it stands for those that can be given.
        """
        spoken = filter(None, map(self._spoken, rules))
        return next((rule.next_step for rule in spoken if rule.next_step), "")

    def reveals(self, rules: Iterable[str]) -> bool:
        """Whether a refusal by ``rules`` may tell that the thing is there: one of them reveals it anyway."""
        spoken = tuple(map(self._spoken, rules))
        return not spoken or any(rule is None or rule.reveals for rule in spoken)

    def passing_of(self, rules: Iterable[str]) -> list[str]:
        """Those of ``rules`` whose refusal passes by itself, or once this program is a newer one."""
        return [number for number in rules if self.find_unread(number) or self._passes(number)]

    def _passes(self, number: str) -> bool:
        rule = self.rulebook.find_rule(number)
        test = TESTS.get(rule.test) if rule is not None else None
        return test is not None and test.passes

    def _spoken(self, number: str) -> Rule | None:
        """The rule of that number as faces speak of it; None for one that is not applied here."""
        rule = self.rulebook.find_rule(number)
        return self.rulebook.spoken(rule) if rule is not None and self.find_unread(number) is None else None

    def _refuse_unread(self, kind: str) -> Verdict | None:
        unread = tuple(dict.fromkeys(rule.number for rule in self.unread if is_about(rule.kinds, kind)))
        return refused(unread, self.rulebook.hash) if unread else None


def take_up(data: bytes, last: Rulebook) -> InForce:
    """The rules by which a node goes that was given ``data`` as its rulebook, and could apply ``last`` before.

    A rule that comes and is idle here is unread too: where it was published, it may decide something.
    """
    try:
        taken = parse_rulebook(data)
    except RulebookError as error:
        return InForce(last, _find_unread(data, last), str(error))
    idle = next(filter(None, (find_idle(rule, last.find_rule(rule.number)) for rule in taken.rules)), "")
    return InForce(last, _find_unread(data, last), idle) if idle else InForce(taken)


def _find_unread(data: bytes, last: Rulebook) -> tuple[OutlinedRule, ...]:
    """The rules in ``data`` that this program cannot apply.

    Where the file's form is not known, nothing tells them apart: all that are not word for word among those of
    ``last``.
    """
    try:
        outline, written = read_outline(data), _members(data)
    except RulebookError:
        return (NOTHING_READ,)
    form = RULE_FORMS.get(outline.version)
    rules = [_read_rule(each, form or Rule2) for each in written.pop("rules")]
    frame = _read_frame(written, outline.version) if form is not None else None
    words = words_written(frame) if frame is not None else None
    stands = Counter(each.number for each in outline.rules)
    if (
        frame is None
        or find_strange_refusal(frame, stands)
        or (words is not None and find_words_fault(words, filter(None, rules)))
    ):
        known = [as_rule(as_written(rule, Rule2)) for rule in last.rules]  # what refusals say is not the rule
        return tuple(each for each, rule in zip(outline.rules, rules, strict=True) if rule not in known)
    stands.update(each["number"] for each in written.get("retired", ()))
    return tuple(
        each
        for each, rule in zip(outline.rules, rules, strict=True)
        if rule is None
        or find_fault(rule)
        or find_idle(rule, last.find_rule(each.number))
        or (words is not None and find_unknown_word(rule, words))
        or stands[each.number] > 1
    )


def _members(data: bytes) -> dict[str, Any]:
    """The members of a rulebook's file, whatever its form, once its outline was read."""
    try:
        found = decode(data, object, where="rulebook", most=RULEBOOK_BYTES)
    except InputError as error:
        raise RulebookError(error.message) from error
    return dict(found) if isinstance(found, dict) else {}


def _read_frame(members: dict[str, Any], version: int) -> Written | None:
    """What a rulebook of a known version says beside its rules; None where this program does not know all of it."""
    try:
        return msgspec.convert({**members, "rules": []}, FORMS[version])
    except msgspec.ValidationError:
        return None


def _read_rule(written: object, form: type[Rule1]) -> Rule | None:
    """One rule; None where its form is not known here."""
    try:
        return as_rule(msgspec.convert(written, form))
    except msgspec.ValidationError:
        return None
