"""How a rulebook is written: the form of each version's file, and the outline that every version has.

Evolution: ``v`` changes when a form does. Each version that was ever in force stays readable for ever, and the outline
stays readable in every version that will come.

- Version 1: rules.
- Version 2: a rule may be about one register alone, and rules that have gone are listed with their meaning, so that a
  number never comes back with another one.
- Version 3: beside its rules the rulebook has the organisation's words (``wording.py``), and what a refusal by a rule
  says and reveals. In versions 1 and 2 these are those of before (``words_of_before.py``). The rules are written as in
  version 2, so that a program that does not know version 3 still finds them word for word in the rulebook before.
"""

from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal, TypeVar

import msgspec

from comity.bounded import Anything, Line, Name, Note
from comity.errors import InputError
from comity.limits import NOTE_CHARS, RETIRED_MAX, RULEBOOK_BYTES, RULES_MAX
from comity.parsing import decode
from comity.rules.rule import Effect, Rule, Value
from comity.rules.wording import Levels, Purposes, Roles, Sayings, Wording
from comity.texts import _

Former = TypeVar("Former", "Rule1", "Rule2")
_Kinds = Annotated[tuple[Name, ...], msgspec.Meta(max_length=RULES_MAX)]


class RulebookError(ValueError):
    """The bytes are no rulebook that this program can apply; its text names the rule."""


class Rule1(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule as version 1 writes it: about all registers."""

    number: Name
    article: Line
    sentence: Note
    effect: Effect
    kinds: _Kinds
    test: Name
    values: Annotated[dict[Name, Value], msgspec.Meta(max_length=RULES_MAX)] = {}
    seen: Literal["yes", "partly", "no"] = "no"


class Rule2(Rule1, frozen=True, forbid_unknown_fields=True):
    """A rule as the versions 2 and 3 write it."""

    register: Name = ""


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What version 3 says of refusals by a rule: the members of that name of ``Rule``."""

    next_step: Note = ""
    reveals: bool = True


class Retired(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule meant that has gone: its number is never given to another."""

    number: Name
    effect: Effect
    test: Name
    kinds: _Kinds
    register: Name = ""


class Written1(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rulebook's file of version 1: JSON."""

    v: Literal[1]
    name: Line
    version: Line
    rules: Annotated[tuple[Rule1, ...], msgspec.Meta(max_length=RULES_MAX)]


class Written2(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rulebook's file of version 2: JSON."""

    v: Literal[2]
    name: Line
    version: Line
    rules: Annotated[tuple[Rule2, ...], msgspec.Meta(max_length=RULES_MAX)]
    retired: Annotated[tuple[Retired, ...], msgspec.Meta(max_length=RETIRED_MAX)] = ()


class Written3(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rulebook's file of version 3: JSON."""

    v: Literal[3]
    name: Line
    version: Line
    rules: Annotated[tuple[Rule2, ...], msgspec.Meta(max_length=RULES_MAX)]
    retired: Annotated[tuple[Retired, ...], msgspec.Meta(max_length=RETIRED_MAX)] = ()
    refusals: Annotated[dict[Name, Refusal], msgspec.Meta(max_length=RULES_MAX)] = {}
    purposes: Purposes = ()
    levels: Levels = ()
    roles: Roles = ()
    sayings: Sayings = {}


Written = Written1 | Written2 | Written3
FORMS: Mapping[int, type[Written]] = MappingProxyType({1: Written1, 2: Written2, 3: Written3})
RULE_FORMS: Mapping[int, type[Rule1]] = MappingProxyType({1: Rule1, 2: Rule2, 3: Rule2})
WITH_RETIRED: Final = 2
"""The first version of the file that has a place for rules that have gone."""

WORDED: Final = 3
"""The first version of the file that has a place for words."""


def as_rule(written: Rule1, refusal: Refusal | None = None) -> Rule:
    """A rule of a file, with what the file says beside of refusals by it."""
    said = msgspec.structs.asdict(written)
    return Rule(**said) if refusal is None else Rule(**said, next_step=refusal.next_step, reveals=refusal.reveals)


def as_written(rule: Rule, form: type[Former]) -> Former:
    """A rule as a version of the file writes it; TypeError where that has no place for its register."""
    if rule.register and "register" not in form.__struct_fields__:
        raise TypeError(rule.number)
    said = msgspec.structs.asdict(rule)
    return form(**{name: said[name] for name in form.__struct_fields__})


def find_strange_refusal(written: Written, numbers: Container[str]) -> str:
    """The number of a rule of whose refusals the file speaks, and which is not among ``numbers``; empty for none."""
    refusals = written.refusals if isinstance(written, Written3) else {}
    return next((number for number in refusals if number not in numbers), "")


def words_written(written: Written) -> Wording | None:
    """The organisation's words in a rulebook's file; None in a version that has no place for them."""
    if not isinstance(written, Written3):
        return None
    return Wording(written.purposes, written.levels, written.roles, written.sayings)


class OutlinedRule(msgspec.Struct, frozen=True):
    """What every program can read of a rule, whichever version wrote it; see ``Outline``."""

    number: Name
    kinds: _Kinds
    sentence: Anything = None

    @property
    def words(self) -> str:
        """Its sentence, where that is a text that this program can read."""
        return self.sentence[:NOTE_CHARS] if isinstance(self.sentence, str) else ""


class Outline(msgspec.Struct, frozen=True):
    """What every program can read of a rulebook: the numbers of its rules, and the kinds of acts that each is about.

    This stays so in every version of the file, for ever: a list ``rules`` at the top, and in each of its members a text
    ``number`` and a list ``kinds`` of acts, nouns or ``*``. Whatever else stands there is left unread. By this a node
    that cannot apply a rule knows which acts it has to refuse.
    """

    rules: Annotated[tuple[OutlinedRule, ...], msgspec.Meta(max_length=RULES_MAX)]
    v: Anything = None

    @property
    def version(self) -> int:
        """The version of the file, 0 where that is nothing that this program knows."""
        return self.v if isinstance(self.v, int) and self.v in FORMS else 0


def read_outline(data: bytes) -> Outline:
    """What every program can read of a rulebook; RulebookError for bytes that no version would write."""
    try:
        return decode(data, Outline, where="rulebook", most=RULEBOOK_BYTES)
    except InputError as error:
        raise RulebookError(_("This is no rulebook: {why}").format(why=error.message)) from error


def read_written(data: bytes) -> Written:
    """A rulebook's file in the form of its version; RulebookError for a version or a form that is not known here."""
    outline = read_outline(data)
    if not outline.version:
        raise RulebookError(
            _("This program reads rulebooks of the versions {known}, and this one is of another.").format(
                known=", ".join(map(str, FORMS))
            )
        )
    form = FORMS[outline.version]
    try:
        return decode(data, form, where="rulebook", most=RULEBOOK_BYTES)
    except InputError as error:
        raise RulebookError(_("This is no rulebook: {why}").format(why=error.message)) from error
