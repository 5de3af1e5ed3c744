"""Rulebooks for people at a terminal: the file that they change, and its rules and changes in words."""

from pathlib import Path

import msgspec

from comity.cli.folder import read_file
from comity.cli.speech import say_field
from comity.errors import MalformedError
from comity.rules.amending import Amendment, FieldChange
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.written import RulebookError
from comity.texts import _


def read_rulebook(path: Path) -> Rulebook:
    """The rulebook in a file; MalformedError for one that this program cannot apply."""
    return rulebook_of(read_file(path, _("The rulebook")), str(path))


def rulebook_of(data: bytes, where: str) -> Rulebook:
    """The rulebook that ``data`` is; MalformedError, naming ``where``, if this program cannot apply it."""
    try:
        return parse_rulebook(data)
    except RulebookError as error:
        raise MalformedError(
            str(error), where=where, next_step=_("Correct it, or take one that fits this version of Comity.")
        ) from error


def laid_out(rulebook: Rulebook) -> bytes:
    """A rulebook's file for people to change: a line a member."""
    return msgspec.json.format(rulebook.encode(), indent=2) + b"\n"


def tell_amendment(amendment: Amendment) -> None:
    """Say which rules come, go and change, old beside new."""
    for change in amendment.whole:
        _tell_change(_("rulebook's {name}").format(name=change.name), change)
    for rule in amendment.comes:
        say_field(_("rule comes"), f"{rule.number}  {rule.sentence}")
        tell_rule(rule)
    for rule in amendment.goes:
        say_field(_("rule goes"), f"{rule.number}  {rule.sentence}")
        tell_rule(rule)
    for changed in amendment.changes:
        say_field(_("rule changes"), changed.number)
        for change in changed.fields:
            _tell_change(change.name, change)


def tell_rule(rule: Rule) -> None:
    """What a rule is, beside its number and its sentence."""
    values = msgspec.json.encode(rule.values, order="deterministic").decode()
    for name, said in (
        (_("article"), rule.article),
        (_("effect"), rule.effect),
        (_("about"), ", ".join(rule.kinds)),
        (_("test"), rule.test),
        (_("values"), values if rule.values else ""),
        (_("register"), rule.register),
    ):
        if said:
            say_field(f"  {name}", said)


def _tell_change(name: str, change: FieldChange) -> None:
    say_field(f"  {name}", _("before: {text}").format(text=change.before))
    say_field("", _("after:  {text}").format(text=change.after))
