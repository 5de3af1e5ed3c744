"""Whether the demonstration's nodes are up, and what is wrong with them. One that answers is up, well or not."""

import contextlib
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

import httpx

from comity.demo.processes import START_S, Process
from comity.errors import ComityError
from comity.health import Health, Problem
from comity.limits import BODY_BYTES
from comity.parsing import decode
from comity.runtime import read_node_address
from comity.texts import _

PATIENCE_S: Final = 10.0
"""How long a node that answers may take until its line and directory are there. What is wrong then stays."""


def wait_until_up(process: Process, folder: Path, code: str, known: Collection[str] = ()) -> tuple[Problem, ...]:
    """Wait until a node answers; what is wrong with it that keeps people from working, once it has had its time.

    It does not wait for problems of these ``known`` codes to go. UnavailableError where it never answers.
    """
    until = 0.0

    def settled() -> tuple[Problem, ...] | None:
        nonlocal until
        found = find_problems(process, folder)
        if found is None:
            return None
        until = until or time.monotonic() + PATIENCE_S
        return found if not _beyond(found, known) or time.monotonic() >= until else None

    return process.wait_for(settled, _("The node of {code}").format(code=code), seconds=START_S + PATIENCE_S)


def wait_until_well(process: Process, folder: Path, code: str, known: Collection[str] = ()) -> None:
    """Wait until nothing is wrong with a node but what is ``known``; UnavailableError that says in words what is."""
    wrong: tuple[Problem, ...] = ()

    def is_well() -> bool | None:
        nonlocal wrong
        found = find_problems(process, folder)
        if found is None:
            return None
        wrong = _beyond(found, known)
        return None if wrong else True

    process.wait_for(
        is_well, _("The node of {code}").format(code=code), lambda: " ".join(line.strip() for line in in_words(wrong))
    )


def find_problems(process: Process, folder: Path) -> tuple[Problem, ...] | None:
    """What a node says is wrong with it that keeps people from working; None where it does not answer."""
    address = read_node_address(folder)
    if address is None or address.pid != process.pid:
        return None
    with contextlib.suppress(httpx.HTTPError, ComityError):
        answer = httpx.get(f"{address.url}/health", timeout=1.0)
        health = decode(answer.content, Health, where="health", most=BODY_BYTES)
        return tuple(each for each in health.problems if each.is_red)
    return None


def in_words(problems: Iterable[Problem]) -> list[str]:
    """Problems as lines: each, and what to do about it."""
    return [line for each in problems for line in (f"  ! {each.message}", f"    {each.next_step}")]


def _beyond(found: Iterable[Problem], known: Collection[str]) -> tuple[Problem, ...]:
    return tuple(each for each in found if each.code not in known)
