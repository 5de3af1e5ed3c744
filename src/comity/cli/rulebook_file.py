"""Rulebooks for people at a terminal: the file that they change, and its rules and changes in words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from comity.cli.folder import read_file
from comity.cli.speech import say, say_field
from comity.errors import MalformedError
from comity.rules.amending import Amendment, RuleChange
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.word_changes import FieldChange, WordChange
from comity.rules.wording import HandlingLevel, Purpose, Role, Wording
from comity.rules.written import RulebookError
from comity.texts import N_, _

NOUNS: Final = {"purposes": N_("purpose"), "levels": N_("level"), "roles": N_("role"), "sayings": N_("saying")}


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
    """Say which rules and words come, go and change, old beside new."""
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
    for word in amendment.words:
        _tell_word(word)


def tell_own(changes: Sequence[RuleChange], words: Sequence[WordChange], missing: Sequence[str]) -> None:
    """Say what of a rulebook is the network's own, beside what the model says (``before`` in each change)."""
    if not (changes or words or missing):
        return
    say(_("These stay as the network has them. Change the file where what the model says is wanted:"))
    for each in changes:
        say_field(_("own rule"), each.number)
        _tell_own(each.fields)
    for word in words:
        say_field(_("own word"), f"{_(NOUNS[word.noun])} {word.code}")
        _tell_own(word.fields)
    for number in missing:
        say_field(_("retired here"), number)


def _tell_own(fields: Sequence[FieldChange]) -> None:
    for field in fields:
        say_field(f"  {field.name}", _("model: {text}").format(text=field.before))
        say_field("", _("here:  {text}").format(text=field.after))


def tell_words(words: Wording) -> None:
    """The organisation's words: codes as they are given, with their titles."""
    for noun, entries in (("purposes", words.purposes), ("levels", words.levels), ("roles", words.roles)):
        for each in entries:
            say_field(_(NOUNS[noun]), f"{each.code}  {each.title}")
            _tell_more(each)
    for code, text in words.sayings.items():
        say_field(_(NOUNS["sayings"]), f"{code}  {text}")


def _tell_more(word: Purpose | HandlingLevel | Role) -> None:
    """What a word says beside its title, where it says anything."""
    match word:
        case Purpose(reference=need) if need != "no":
            say_field(_("  reference"), _("demanded") if need == "given" else _("demanded; else the shift's"))
        case HandlingLevel(hides_subject=True):
            say_field(_("  subject"), _("no list shows it"))
        case Role(home=home) if home:
            say_field(_("  begins with"), home)


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
        (_("next step"), rule.next_step),
        (_("reveals"), "" if rule.reveals else _("a refusal does not tell whether the thing is there")),
    ):
        if said:
            say_field(f"  {name}", said)


def _tell_word(word: WordChange) -> None:
    said = " ".join(filter(None, (_(NOUNS[word.noun]), word.code)))
    say_field(_("word comes") if word.is_new else _("word changes"), said)
    for change in word.fields:
        if word.is_new:
            say_field(f"  {change.name}", change.after)
        else:
            _tell_change(change.name, change)


def _tell_change(name: str, change: FieldChange) -> None:
    say_field(f"  {name}", _("before: {text}").format(text=change.before))
    say_field("", _("after:  {text}").format(text=change.after))
