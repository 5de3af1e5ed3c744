"""The program: its commands by name, each module loaded when it is used, and what an error looks like."""

import importlib
import traceback
from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from comity.cli.exits import FAILED, UNAVAILABLE, code_of
from comity.cli.speech import complain
from comity.damage import is_of_machine
from comity.errors import ComityError
from comity.private import keep_private
from comity.texts import N_, _

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "sign-in": ("session", N_("Sign in at a node.")),
    "sign-out": ("session", N_("End the session.")),
    "password": ("session", N_("Choose your own password.")),
    "check": ("checking", N_("Check a travel document or a person.")),
    "read": ("checking", N_("Read the whole of a record that a hit named.")),
    "enter": ("entering", N_("Enter records of the own country.")),
    "send": ("messages", N_("Send a message to other bureaus.")),
    "inbox": ("messages", N_("List the messages that came in, or were sent.")),
    "open": ("messages", N_("Open a message with its thread; save its attachments.")),
    "reply": ("messages", N_("Answer a message.")),
    "form": ("forms", N_("Send a form: ask the source to confirm a hit, and answer.")),
    "held": ("held", N_("Acts that wait until others release them.")),
    "ledger": ("ledger", N_("List, show and verify the ledger.")),
    "officer": ("officer", N_("The bureau's officers.")),
    "verify": ("verify", N_("Say what a file of evidence proves, without any node.")),
    "status": ("status", N_("How a node is, and what to do about it.")),
    "members": ("status", N_("Who is in the network, and what each may do.")),
    "standing": ("standing", N_("Measures against a member (secretariat).")),
    "directory": ("directory", N_("Show and publish the directory.")),
    "member": ("member", N_("How a bureau becomes a member, or leaves.")),
    "rulebook": ("rulebook", N_("Show the rulebook in force, and write it to a file.")),
    "ceremony": ("ceremony", N_("Key holders: keys, drafts and signatures.")),
    "broker": ("broker", N_("Make and run the network's broker.")),
    "node": ("node", N_("Configure, run and unlock a node.")),
    "demo": ("demo", N_("A whole network on this machine, to try.")),
    "bench": ("bench", N_("Measure this machine.")),
}

EPILOG: Final = N_(
    "Exit codes: 0 done (also for a hit), 2 what was given cannot be used, 3 refused, 4 not to be trusted, "
    "5 not now or no answer, 1 anything else."
)


class Faces(TyperGroup):
    """The commands of ``COMMANDS``; for the overview nothing but their names and texts is loaded."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """A command or group of commands, loaded now."""
        del ctx
        if cmd_name not in self.commands and cmd_name in COMMANDS:
            self.commands[cmd_name] = _load(cmd_name)
        found = self.commands.get(cmd_name)
        return found if isinstance(found, (TyperCommand, TyperGroup)) else None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The overview."""
        for name, (_module, text) in COMMANDS.items():
            self.commands.setdefault(name, TyperCommand(name=name, help=_(text)))
        super().format_help(ctx, formatter)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; an error becomes a message and an exit code, never a traceback."""
        try:
            return super().invoke(ctx)
        except ComityError as error:
            complain(error)
            raise typer.Exit(code_of(error)) from error
        except (typer.Exit, typer.Abort, TyperException, BrokenPipeError):
            raise
        except OSError as error:
            step = _("Make room on the disk, or let this program open more files (ulimit -n).")
            next_step = step if is_of_machine(error) else ""
            complain(ComityError(str(error.strerror or error), where=str(error.filename or ""), next_step=next_step))
            raise typer.Exit(UNAVAILABLE) from error
        except Exception as error:  # the program's own fault: named by its place, for whoever mends it
            place = traceback.extract_tb(error.__traceback__)[-1]
            complain(
                ComityError(
                    _("Something is wrong in this program: {kind}.").format(kind=type(error).__name__),
                    where=f"{place.filename}:{place.lineno}",
                    next_step=_("Report this place with what you did."),
                )
            )
            raise typer.Exit(FAILED) from error


def _load(name: str) -> TyperCommand | TyperGroup:
    module = importlib.import_module(f"comity.cli.{COMMANDS[name][0]}")
    found = get_command(module.app)
    if isinstance(found, TyperGroup) and name in found.commands:
        inner = found.commands[name]
        if isinstance(inner, (TyperCommand, TyperGroup)):
            return inner
    if isinstance(found, (TyperCommand, TyperGroup)):
        found.name = name
        return found
    raise TypeError(name)


app = typer.Typer(
    cls=Faces, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, epilog=_(EPILOG)
)


def _show_version(is_wanted: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if is_wanted:
        typer.echo(importlib.import_module("importlib.metadata").version("comity"))
        raise typer.Exit


@app.callback()
def comity(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help=_("Show the version."))
    ] = False,
) -> None:
    """Police cooperation between states that do not have to trust each other."""
    del version


def main() -> None:
    """The entry point of ``comity``: of commands, nodes, brokers and demonstrations alike."""
    keep_private()
    app()
