"""Entering files of records: brought with a bar, resumed after a cut, looked at, entered as a whole, followed."""

import sys
import time
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import typer

from comity.api.file_wire import FileShown
from comity.cli.bars import bar
from comity.cli.caller import Caller, part
from comity.cli.exits import FINE, INPUT, REFUSED
from comity.cli.speech import ask_first, say, say_field, say_json, say_rules, say_table
from comity.errors import InputError, OursError, UnavailableError
from comity.limits import FILE_BYTES
from comity.peer.brought import FileReport
from comity.peer.comparing import Difference
from comity.texts import _

_PART_BYTES: Final = 4_000_000  # what a cut costs at most
_TRIES_MAX: Final = 5  # in a row without a byte coming through
_POLL_S: Final = 0.2
_FOLLOW_S: Final = 60.0  # how long an entered file is followed; it goes on by itself
_SHOWN_MAX: Final = 20  # refused lines; all that are named come with --json


class Word(NamedTuple):
    """What the officer says with the file: that the law allows it, not to be asked, and how many records go out."""

    is_lawful: bool
    is_sure: bool
    going_out: int


def enter_file(caller: Caller, path: Path, about: dict[str, Any], word: Word, *, as_json: bool) -> int:
    """Enter a file; the exit code. What is wrong is said line by line, and then nothing was entered."""
    with _open(path) as file:
        size = path.stat().st_size
        _verify_size(path, size)
        changed_ms = max(0, path.stat().st_mtime_ns // 1_000_000)
        form = {"name": path.name, "size": size, "changed_ms": changed_ms, **about}
        found = _bring(caller, file, size, caller.post("/v1/files", FileShown, form))
    if found.held:  # brought before, and waiting for others: entering it again says so
        return _enter(caller, found, word, as_json=as_json)
    found = _wait_until_read(caller, size, found)
    is_unusable = found.stage == "unusable" and found.report is not None
    if as_json and (is_unusable or _changes_nothing(found)):
        say_json(found)
    elif not as_json:
        _say_read(found)
    if is_unusable or _changes_nothing(found):
        caller.delete(f"/v1/files/{part(found.id)}")  # corrected, it is another file
        return INPUT if is_unusable else FINE
    try:
        word = _ask(found, word)
    except typer.Abort:  # looked at, and not wanted
        caller.delete(f"/v1/files/{part(found.id)}")
        raise
    return _enter(caller, found, word, as_json=as_json)


def _changes_nothing(found: FileShown) -> bool:
    return found.difference is not None and found.difference.is_empty


def _say_read(found: FileShown) -> None:
    """What was read, and what entering it would do."""
    if found.report is not None:
        _say_report(found.report)
        return
    say(*found.notes)
    if found.difference is not None:
        _say_difference(found.difference)
    if not _changes_nothing(found):
        _say_sight(found)


def _ask(found: FileShown, word: Word) -> Word:
    """The officer's word, completed at the terminal; InputError where nobody is there to be asked."""
    if found.difference is not None and found.difference.is_drastic and not word.going_out and sys.stdin.isatty():
        told: int = typer.prompt(_("Is the list whole? If so, type how many records go out"), type=int)
        return word._replace(going_out=told)
    if not word.is_sure:
        ask_first(
            _("Enter it?"),
            unasked=_("Nobody is there to be asked."),
            next_step=_("Look at what it would do and say --yes; nothing is brought again."),
        )
    return word


def _enter(caller: Caller, found: FileShown, word: Word, *, as_json: bool) -> int:
    path = f"/v1/files/{part(found.id)}"
    form = {"is_lawful": word.is_lawful, "going_out": word.going_out}
    record = caller.post(f"{path}/enter", FileShown, form).record
    found = caller.get(path, FileShown)
    ends_at = time.monotonic() + _FOLLOW_S
    while found.consignment and found.consignment.state == "underway" and time.monotonic() < ends_at:
        time.sleep(_POLL_S)
        found = caller.get(path, FileShown)
    entered = found.consignment
    if entered is None:
        raise OursError(_("The node does not know any more what it entered."), where=found.id)
    if as_json:
        say_json(found)
    else:
        say(_("Records that came in: {count}; that went out: {removed}. {word}").format(
            count=entered.count, removed=entered.removed, word=entered.word
        ))  # fmt: skip
        say_field(_("file"), entered.id)
        if record is not None:
            say_field(_("entry"), record.entry)
        if entered.receipt is not None:
            place = _("entry {entry}, position {position}").format(
                entry=entered.receipt.entry, position=entered.position
            )
            say_field(_("at {member}").format(member=entered.receipt.member), place)
            if entered.state == "refused":
                say_rules((rule.number, rule.sentence) for rule in entered.receipt.rules)
        if entered.state == "underway":
            say(_("  Next: nothing. The keeper takes it as soon as it is there."))
    return REFUSED if entered.state == "refused" else FINE


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(_("The file cannot be read: {why}.").format(why=error.strerror), where=str(path)) from error


def _verify_size(path: Path, size: int) -> None:
    if not path.is_file():
        raise InputError(
            _("It is no file whose size is known before it is read."), where=str(path),
            next_step=_("Write it into a file first."),
        )  # fmt: skip
    if not size:
        raise InputError(_("The file is empty."), where=str(path))
    if size > FILE_BYTES:
        most = FILE_BYTES // 1_000_000
        raise InputError(
            _("A file has at most {most} MB.").format(most=most), where=str(path), next_step=_("Split it.")
        )


def _bring(caller: Caller, file: BinaryIO, size: int, found: FileShown) -> FileShown:
    """Send what the node has not yet, part by part; after a cut it is asked where to go on."""
    path, tries = f"/v1/files/{part(found.id)}", 0
    with bar(found.name, size) as step:
        step(found.received)
        while found.received < size:
            file.seek(found.received)
            before = found.received
            try:
                found = caller.append(path, FileShown, file.read(_PART_BYTES), offset=before)
                tries = 0
            except UnavailableError:
                tries += 1
                if tries == _TRIES_MAX:
                    raise
                time.sleep(tries)
                found = caller.get(path, FileShown)
            step(found.received - before)
    return found


def _wait_until_read(caller: Caller, size: int, found: FileShown) -> FileShown:
    with bar(_("Reading"), size) as step:
        while found.stage in ("coming", "reading"):
            time.sleep(_POLL_S)
            before = found.read
            found = caller.get(f"/v1/files/{part(found.id)}", FileShown)
            step(max(0, found.read - before))
    return found


def _say_sight(found: FileShown) -> None:
    if found.difference is None:
        say(_("Records to come in: {count}").format(count=found.records))
    if found.sight is not None:
        say_field(_("seen by"), " ".join(found.sight.seeing))
        say_field(_("not by"), " ".join(found.sight.not_seeing))


def _say_difference(difference: Difference) -> None:
    if difference.is_empty:
        say(_("Nothing has changed: {count} records are as they were.").format(count=difference.same))
        return
    for title, count, names in (
        (_("New"), difference.added, difference.added_names),
        (_("Changed"), difference.changed, difference.changed_names),
        *([(_("Of these, seen or found by fewer"), difference.hidden, ())] if difference.hidden else []),
        (_("Gone, to be taken out"), difference.removed, difference.removed_names),
        *([(_("Entered more than once, to be taken out"), difference.repeated, ())] if difference.repeated else []),
        (_("As before"), difference.same, ()),
    ):
        say(f"{title}: {count}")
        for name in names[:_SHOWN_MAX]:
            say(f"  {name}")
        if names and count > _SHOWN_MAX:
            say(_("  and {count} more").format(count=count - _SHOWN_MAX))


def _say_report(report: FileReport) -> None:
    say(report.message)
    if report.refusals:
        rows = [(str(refusal.line), refusal.reason) for refusal in report.refusals[:_SHOWN_MAX]]
        say_table((_("Line"), _("Why")), rows)
        if report.count > _SHOWN_MAX:
            say(_("  and {count} more (--json names {named})").format(
                count=report.count - _SHOWN_MAX, named=len(report.refusals)
            ))  # fmt: skip
    if report.next_step:
        say(_("  Next: {step}").format(step=report.next_step))
