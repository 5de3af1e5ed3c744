"""A rulebook as a file that people read and change: the same JSON, laid out."""

from pathlib import Path

import msgspec

from comity.cli.folder import read_file
from comity.errors import MalformedError
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
