"""Passwords and passphrases: from a file, from the environment, or typed without echo; never from an argument."""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from comity.cli.folder import read_file
from comity.errors import InputError
from comity.limits import PASSWORD_CHARS
from comity.texts import _

NODE_PASSPHRASE: Final = "COMITY_PASSPHRASE"  # noqa: S105 - the name of a variable
OFFLINE_PASSPHRASE: Final = "COMITY_OFFLINE_PASSPHRASE"  # noqa: S105 - the name of a variable

PassphraseFile = Annotated[
    Path | None,
    typer.Option(help=_("A file with the passphrase. Else COMITY_PASSPHRASE, else it is asked for.")),
]
OfflinePassphraseFile = Annotated[
    Path | None,
    typer.Option(help=_("A file with the passphrase. Else COMITY_OFFLINE_PASSPHRASE, else it is asked for.")),
]
Profile = Annotated[str, typer.Option(hidden=True)]


def ask_passphrase(what: str, file: Path | None, variable: str, *, is_new: bool = False) -> str:
    """The passphrase of ``what``: from ``file``, else from the environment's ``variable``, else typed.

    A new one is typed twice, and is none that would be found, however it comes. InputError if there is none and nobody
    to ask.
    """
    found = _passphrase(what, file, variable, is_new=is_new)
    if is_new:
        from comity.members.keys import verify_passphrase  # noqa: PLC0415 - most commands make no keys, and start faster

        verify_passphrase(found)
    return found


def _passphrase(what: str, file: Path | None, variable: str, *, is_new: bool) -> str:
    if file is not None:
        return read_file(file, _("The file with the passphrase")).decode(errors="replace").rstrip("\r\n")
    if variable in os.environ:
        return os.environ[variable]
    otherwise = _("Give --passphrase-file, or {variable} in the environment.").format(variable=variable)
    return ask(_("Passphrase of {what}").format(what=what), otherwise=otherwise, is_new=is_new)


def ask(what: str, *, otherwise: str, is_new: bool = False) -> str:
    """Something that is typed without echo; InputError, with ``otherwise`` to do, where there is no terminal."""
    if not sys.stdin.isatty():
        raise InputError(_("Nobody is there to type it."), where=what, next_step=otherwise)
    found: str = typer.prompt(what, hide_input=True, confirmation_prompt=is_new, err=True)
    return found


def read_line() -> str:
    """One line of standard input, without its end."""
    return sys.stdin.readline(PASSWORD_CHARS + 2).rstrip("\r\n")
