import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from comity import errors
from comity.cli import app
from comity.cli.exits import code_of
from comity.cli.program import COMMANDS
from tests.cli.conftest import Terminal

HEAVY = {"httpx", "litestar", "sqlalchemy", "tuf", "nats", "cryptography", "uvicorn", "rich"}


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], TyperCommand | TyperGroup]]:
    for name in group.list_commands(None):
        found = group.get_command(None, name)
        yield (*path, name), found
        if isinstance(found, TyperGroup):
            yield from commands(found, (*path, name))


ALL = list(commands(get_command(app)))


def test_the_overview_loads_nothing_heavy() -> None:
    code = "import sys, comity.cli; print(*{name.split('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(found.stdout.split())


@pytest.mark.parametrize(("path", "found"), ALL, ids=[" ".join(path) for path, _found in ALL])
def test_every_command_and_option_says_what_it_is_for(path: tuple[str, ...], found: Any) -> None:
    assert found.help, path
    for option in found.params:
        assert option.hidden or getattr(option, "help", ""), f"{path} {option.name}"


def test_the_overview_names_every_command_and_the_exit_codes(comity: Terminal) -> None:
    shown = comity.does("--help")
    assert all(name in shown for name in COMMANDS)
    assert "Exit codes" in shown


def test_an_unknown_command_is_an_error_of_input(comity: Terminal) -> None:
    assert comity("dance") == 2
    assert comity("ledger", "burn") == 2
    assert comity("check", "--colour", "red") == 2


def test_every_error_has_its_exit_code() -> None:
    codes = {
        errors.ComityError: 1, errors.OursError: 1, errors.InputError: 2, errors.MalformedError: 2,
        errors.TooLargeError: 2, errors.UnknownError: 2, errors.ConfigError: 2, errors.UnauthenticatedError: 3,
        errors.UntrustedError: 4, errors.CorruptError: 4, errors.UnavailableError: 5,
    }  # fmt: skip
    assert {kind: code_of(kind("x")) for kind in codes} == codes
    assert code_of(errors.RefusedError("x", rules=("RPD-1",))) == 3


def test_a_file_that_cannot_be_read_is_named_without_a_traceback(comity: Terminal) -> None:
    (comity.folder / "node.toml").mkdir()
    assert comity("node", "run", "node.toml") == 2
    assert "node.toml" in comity.err


def test_a_measurement_that_is_none_is_said_to_be_none(comity: Terminal) -> None:
    assert comity("bench", "nothing") == 2
