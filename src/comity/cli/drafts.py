"""Drafts on the command line: what they say and change, told before anybody signs."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from comity.cli.bureau import write_draft
from comity.cli.rulebook_file import tell_amendment
from comity.cli.speech import say, say_field, when
from comity.members.ceremony import Draft
from comity.members.changes import Change, Holders, KeyLine, Listed, describe
from comity.members.member import Bureau
from comity.members.roles import form_of, parse_role
from comity.texts import N_, _

_CHANGES: Final = {
    Change.NEW: N_("new"),
    Change.CHANGED: N_("changed"),
    Change.GONE: N_("gone"),
    Change.SAME: N_("as before"),
}


def write_and_tell(path: Path, draft: Draft) -> None:
    """Write a draft and say what it says; nothing is written of one at odds with itself."""
    describe(draft)
    write_draft(path, draft)
    say(_("Written: {path}").format(path=path))
    tell(draft)


def tell(draft: Draft) -> None:
    """Say what a draft says, what of it is new, and its words; what ``changes.describe`` raises."""
    said = describe(draft)
    expires_at = parse_role(draft.role, draft.metadata, form_of(draft.role)).signed.expires
    say_field(_("draft"), _("{role}, version {version}").format(role=draft.role, version=draft.version))
    say_field(_("until"), when(expires_at))
    if draft.before is not None:
        say_field(
            _("before"),
            _("version {version}, words {words}").format(version=draft.before.version, words=draft.before.words),
        )
    if isinstance(said, Holders):
        _tell_holders(said)
    elif isinstance(said, Listed):
        _tell_list(said)
    else:
        _tell_bureau(said)
    say_field(_("words"), draft.words)


def _tell_holders(said: Holders) -> None:
    changed = said.threshold_before not in {None, said.threshold}
    say_field(_("signing"), _("{count} holders").format(count=said.threshold) + (
        " " + _("(before: {count})").format(count=said.threshold_before) if changed else ""
    ))  # fmt: skip
    _tell_keys(_("holder"), said.holders)
    _tell_keys(_("online key"), said.online)


def _tell_list(said: Listed) -> None:
    say_field(_("network"), said.network)
    _tell_keys(_("rulebook"), [said.rulebook])
    if said.amendment is not None:
        _tell_keys(_("rulebook"), [KeyLine(Change.GONE, said.rulebook_before)])
        tell_amendment(said.amendment)
    for line in said.members:
        countries = ", ".join(line.member.countries) or "-"
        change = _(_CHANGES[line.change])
        say_field(_("member"), f"{change}: {line.member.code}  {line.member.title}  {countries}")
        if line.change in {Change.NEW, Change.CHANGED}:
            say_field(_("request"), line.words)


def _tell_keys(name: str, lines: Iterable[KeyLine]) -> None:
    for line in lines:
        say_field(name, f"{_(_CHANGES[line.change])}: {line.words}")


def _tell_bureau(said: Bureau) -> None:
    say_field(_("member"), said.code)
    say_field(_("duty desk"), said.desk)
