"""A rulebook: numbered rules in one signed file, and the verdict that they give together."""

import hashlib
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

import msgspec

from comity.rules.catalogue import TESTS
from comity.rules.facts import Facts
from comity.rules.faults import find_fault
from comity.rules.part import RuleTest
from comity.rules.rule import Effect, Rule
from comity.rules.verdict import Hold, Verdict, allowed, held, masked, refused
from comity.rules.word_faults import find_unknown_word, find_words_fault
from comity.rules.wording import Wording
from comity.rules.words_of_before import NEXT_STEPS, NOT_HERE, words_of
from comity.rules.written import (
    FORMS,
    WORDED,
    Refusal,
    Retired,
    Rule1,
    Rule2,
    RulebookError,
    Written,
    Written1,
    Written2,
    Written3,
    as_rule,
    as_written,
    find_strange_refusal,
    read_written,
    words_written,
)
from comity.texts import _


class _Test(NamedTuple):
    rule: Rule
    test: RuleTest

    def holds(self, facts: Facts) -> bool:
        try:
            return self.test.holds(facts, self.rule.values)
        except (KeyError, TypeError):
            return False  # a threshold that cannot be read decides against the act


class Rulebook(msgspec.Struct, frozen=True, dict=True):
    """An organisation's rules, and what those meant that have gone (``retired``).

    ``v`` says in which form it is written (``written.py``). Numbers are never reused. A node that cannot apply a rule
    goes on with the rulebook that it has (``in_force.py``); ``amending.py`` says what may change. ``words`` are the
    organisation's own, None in the forms 1 and 2: ``wording`` and ``spoken`` have what holds.
    """

    v: int
    name: str
    version: str
    rules: tuple[Rule, ...]
    retired: tuple[Retired, ...] = ()
    words: Wording | None = None

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical bytes, hexadecimal: what a verdict and the directory name."""
        return hashlib.sha256(self.encode()).hexdigest()

    def encode(self) -> bytes:
        """Canonical JSON bytes, in the form of its version."""
        if self.v not in FORMS or (self.words is None) != (self.v < WORDED) or (self.v == 1 and self.retired):
            raise TypeError(self.v)
        written: Written
        said = {rule.number: Refusal(rule.next_step, rule.reveals) for rule in self.rules}
        refusals = {number: refusal for number, refusal in said.items() if refusal != Refusal()}
        if refusals and self.v < WORDED:
            raise TypeError(self.v)
        rules = tuple(as_written(rule, Rule2) for rule in self.rules)
        if self.v == 1:
            written = Written1(1, self.name, self.version, tuple(as_written(rule, Rule1) for rule in self.rules))
        elif self.v < WORDED:
            written = Written2(2, self.name, self.version, rules, self.retired)
        else:
            words = self.wording
            written = Written3(
                3, self.name, self.version, rules, self.retired, refusals, words.purposes, words.levels, words.roles,
                words.sayings,
            )  # fmt: skip
        return msgspec.json.encode(written, order="deterministic")

    @cached_property
    def _by_kind(self) -> dict[tuple[str, frozenset[str] | None], dict[Effect, list[_Test]]]:
        return {}

    @cached_property
    def _registers(self) -> frozenset[str]:
        """Those that some rule is about alone."""
        return frozenset(rule.register for rule in self.rules if rule.register)

    def _tests(self, kind: str, registers: frozenset[str] | None) -> dict[Effect, list[_Test]]:
        """The rules that speak on an act; registers that no rule names are alike."""
        named = registers and frozenset(each if each in self._registers else "" for each in registers)
        tests = self._by_kind.get((kind, named))
        if tests is None:
            tests = {"ground": [], "condition": [], "mask": [], "hold": []}
            for rule in self.rules:
                if rule.is_about(kind) and rule.speaks_of(named):
                    tests[rule.effect].append(_Test(rule, TESTS[rule.test]))
            self._by_kind[kind, named] = tests
        return tests

    @cached_property
    def _grounds_by_kind(self) -> dict[str, list[_Test]]:
        return {}

    def _grounds(self, kind: str) -> list[_Test]:
        """The grounds of an act, of whichever register it will be."""
        grounds = self._grounds_by_kind.get(kind)
        if grounds is None:
            about = (rule for rule in self.rules if rule.effect == "ground" and rule.is_about(kind))
            grounds = self._grounds_by_kind[kind] = [_Test(rule, TESTS[rule.test]) for rule in about]
        return grounds

    def judge(self, facts: Facts) -> Verdict:
        """Give the verdict on ``facts``. Rules about one register alone speak where the act is about it.

        1. Conditions that do not hold refuse, all of them named.
        2. Where no ground holds, the act is refused; the grounds that were sought are named, if there are any. An act
           that no rule speaks about is refused by the empty set.
        3. Holds that do not hold, and that not as many others have released as they ask for, keep the act.
        4. Masks that do not hold hide what was asked for, or parts of it. The same rules are asked, and named, where
           nothing is hidden.
        """
        tests = self._tests(facts.kind, facts.registers)
        broken = tuple(test.rule.number for test in tests["condition"] if not test.holds(facts))
        if broken:
            return refused(broken, self.hash)
        grounds = tuple(test.rule.number for test in tests["ground"] if test.holds(facts))
        if not grounds:
            return refused(tuple(test.rule.number for test in tests["ground"]), self.hash)
        holding = [test.rule for test in tests["hold"] if not test.holds(facts)]
        if waiting := [rule for rule in holding if facts.releases < rule.hold.releases]:
            return held(tuple(rule.number for rule in waiting), self.hash, _strictest(waiting))
        spoke = grounds + tuple(test.rule.number for test in (*tests["condition"], *tests["hold"], *tests["mask"]))
        hiding = [test.rule for test in tests["mask"] if not test.holds(facts)]
        if not hiding:
            return allowed(spoke, self.hash)
        hides = frozenset(part for rule in hiding for part in rule.hides)
        return masked(spoke, tuple(rule.number for rule in hiding), self.hash, hides)

    def judge_ground(self, facts: Facts) -> Verdict:
        """Whether somebody may do such an act at all, before anything is known of it: of ``facts``, kind and actor.

        Refused where grounds are sought in vain. An act that no rule speaks about is left to ``judge``.
        """
        grounds = self._grounds(facts.kind)
        if not grounds or any(test.holds(facts) for test in grounds):
            return allowed((), self.hash)
        return refused(tuple(test.rule.number for test in grounds), self.hash)

    @cached_property
    def wording(self) -> Wording:
        """The words by which it is shown: its own, or those of before."""
        return self.words if self.words is not None else words_of(self.rules)

    def spoken(self, rule: Rule) -> Rule:
        """One of its rules as faces speak of it: with the next step and the silence of before, in forms without any."""
        if self.words is not None:
            return rule
        step, reveals = NEXT_STEPS.get(rule.number, ""), rule.number not in NOT_HERE
        return msgspec.structs.replace(rule, next_step=step, reveals=reveals)

    def may(self, roles: Iterable[str], kind: str) -> bool:
        """Whether a ground lets officers in these roles do acts of ``kind``: what faces offer, never what they let."""
        facts = Facts(kind=kind, actor="officer", is_proven=True, roles=frozenset(roles))
        return any(test.holds(facts) for test in self._tests(kind, None)["ground"])

    @cached_property
    def _by_number(self) -> dict[str, Rule]:
        return {rule.number: rule for rule in self.rules}

    def find_rule(self, number: str) -> Rule | None:
        """The rule with that number."""
        return self._by_number.get(number)

    @cached_property
    def _by_test(self) -> dict[str, tuple[Rule, ...]]:
        tests = dict.fromkeys(rule.test for rule in self.rules)
        return {test: tuple(rule for rule in self.rules if rule.test == test) for test in tests}

    def rules_asking(self, kind: str, test: str) -> tuple[Rule, ...]:
        """The rules about acts of ``kind`` that ask what ``test`` asks: a face shows it, and names them."""
        return tuple(rule for rule in self._by_test.get(test, ()) if rule.is_about(kind))


def _strictest(rules: list[Rule]) -> Hold:
    """The strictest of what several rules ask for: the most releases, the least time."""
    return Hold(max(rule.hold.releases for rule in rules), min(rule.hold.days for rule in rules))


def parse_rulebook(data: bytes) -> Rulebook:
    """Read a rulebook; RulebookError if it is none, repeats a number, or has a rule that this program cannot apply."""
    written = read_written(data)
    refusals = written.refusals if isinstance(written, Written3) else {}
    rules = tuple(as_rule(each, refusals.get(each.number)) for each in written.rules)
    retired = () if isinstance(written, Written1) else written.retired
    words = words_written(written)
    numbers: set[str] = set()
    for number in (*(rule.number for rule in rules), *(each.number for each in retired)):
        if number in numbers:
            raise RulebookError(_("Rule {number} stands twice in the rulebook.").format(number=number))
        numbers.add(number)
    if strange := find_strange_refusal(written, {rule.number for rule in rules}):
        raise RulebookError(
            _("The rulebook speaks of refusals by {number}, and has no such rule.").format(number=strange)
        )
    for rule in rules:
        if fault := find_fault(rule) or (find_unknown_word(rule, words) if words is not None else ""):
            raise RulebookError(fault)
    if words is not None and (fault := find_words_fault(words, rules)):
        raise RulebookError(fault)
    return Rulebook(written.v, written.name, written.version, rules, retired, words)
