"""What the command line prints: answers on standard output, errors on standard error.

Nothing else writes to a terminal, so that whatever came from elsewhere can do nothing to it.
"""

import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec
import typer

from comity.api.wire import DamagedShown, RuleSpoke
from comity.characters import escape_json, show_line
from comity.errors import ComityError, HeldError, InputError, RefusedError
from comity.texts import _

_ROOMY: Final = 150  # columns for a table with a hash of 64 digits
_WIDE: Final = 250  # columns where nobody looks: a pipe's reader wants whole lines


class RefusedThereError(RefusedError):
    """A refusal that a node told, with the sentence of each rule that spoke."""

    def __init__(self, message: str, spoke: Sequence[tuple[str, str]], *, entry: str, next_step: str) -> None:
        super().__init__(message, rules=tuple(rule for rule, _ in spoke), entry=entry, next_step=next_step)
        self.spoke = tuple(spoke)


class HeldThereError(HeldError):
    """What a node told of an act that it holds, with the sentence of each rule that holds it."""

    def __init__(self, message: str, spoke: Sequence[RuleSpoke], *, held: str, next_step: str) -> None:
        super().__init__(message, held=held, rules=tuple(rule.number for rule in spoke), next_step=next_step)
        self.spoke = tuple((rule.number, rule.sentence) for rule in spoke)


def say(*lines: str, is_aside: bool = False) -> None:
    """Print lines; on standard error where they are beside what a program reads (``is_aside``)."""
    for line in lines:
        typer.echo(show_line(line), err=is_aside)


def ask_first(question: str, *, unasked: str, next_step: str) -> None:
    """Go on only where a person says yes; InputError ``unasked`` where nobody sits at the terminal."""
    if not sys.stdin.isatty():
        raise InputError(unasked, where="--yes", next_step=next_step)
    typer.confirm(question, abort=True)


def say_field(name: str, value: object) -> None:
    """Print one line of a list of names and values; nothing for an empty value."""
    if str(value):
        say(f"  {name:<12} {value}")


def say_json(value: Any) -> None:
    """Print a value as JSON, indented."""
    typer.echo(escape_json(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()))


def say_damaged(damaged: Iterable[DamagedShown]) -> None:
    """What is here and cannot be shown, a line each with what to do."""
    for each in damaged:
        say(_("Damaged: {name}. {message}").format(name=each.name, message=each.message))
        say(_("  Next: {step}").format(step=each.next_step))


def say_rules(rules: Iterable[tuple[str, str]]) -> None:
    """Print rules with their sentences."""
    for rule, sentence in rules:
        say(f"  {rule:<12} {sentence}")


def say_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table."""
    from rich.console import Console  # noqa: PLC0415 - most commands print no table and start faster without
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(*titles, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text(show_line(cell), overflow="fold") for cell in row))
    console = Console()
    (console if console.is_terminal else Console(width=_WIDE)).print(table)


def say_named(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table whose last column names each row by a hash: on a narrow terminal it stands below, whole to be copied."""
    if not sys.stdout.isatty() or shutil.get_terminal_size().columns >= _ROOMY:
        say_table(titles, rows)
        return
    for row in rows:
        say("  ".join(filter(None, row[:-1])), f"  {row[-1]}")


def when(at: datetime | None) -> str:
    """A time as the command line writes it: UTC, to the second; empty for none."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else ""


def complain(error: ComityError) -> None:
    """Print an error on standard error: what, where, which rules, what to do next."""
    tell = partial(say, is_aside=True)
    begins = _("Held: {message}") if isinstance(error, HeldError) else _("Error: {message}")
    tell(begins.format(message=error.message))
    if error.where:
        tell(_("  Where: {where}").format(where=error.where))
    if isinstance(error, RefusedThereError | HeldThereError):
        for rule, sentence in error.spoke:
            tell(f"  {rule}  {sentence}")
    elif isinstance(error, RefusedError):
        tell(_("  Rules: {rules}").format(rules=", ".join(error.rules)))
    if isinstance(error, RefusedError) and error.entry:
        tell(_("  On record: entry {entry}").format(entry=error.entry))
    if error.next_step:
        tell(_("  Next: {step}").format(step=error.next_step))
