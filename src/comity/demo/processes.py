"""Processes of the demonstration, which end when it does: each reads its standard input and stops at the end of it."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from comity.errors import UnavailableError
from comity.texts import _

START_S: Final = 20.0
STOP_S: Final = 10.0
_POLL_S: Final = 0.05

T = TypeVar("T")


class Process:
    """One ``comity`` command running for the demonstration; its diagnostics go to ``log``."""

    def __init__(self, arguments: tuple[str, ...], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self._arguments = arguments
        self.log = log
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._running.pid

    def start(self) -> None:
        """Start it; its standard input stays open as long as this process lives and wants it to."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program with our own words
                [sys.executable, "-m", "comity", *self._arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=os.environ | self._environment,
                start_new_session=True,  # Ctrl-C reaches the demonstration alone, which ends the others in order
            )

    def stop(self) -> None:
        """Let it end by itself; after ten seconds, end it by its id."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Take its power away (SIGKILL)."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()

    def wait_for(
        self, found: Callable[[], T | None], what: str, state: Callable[[], str] = lambda: "",
        seconds: float = START_S,
    ) -> T:  # fmt: skip
        """Wait until ``found`` gives something; UnavailableError, with the last diagnostics, if it does not in time.

        ``state`` tells how it was last, as far as that is known.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if (value := found()) is not None:
                return value
            if self._running.poll() is not None:
                raise UnavailableError(
                    _("{what} ended at its start. {said}").format(what=what, said=self._last_words()),
                    where=str(self.log),
                )
            time.sleep(_POLL_S)
        raise UnavailableError(
            _("{what} was not ready after {seconds:.0f} s. {said}").format(
                what=what, seconds=seconds, said=state() or self._last_words()
            ),
            where=str(self.log),
        )

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise UnavailableError(_("This process is not running."), where=" ".join(self._arguments))
        return self._process

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return lines[-1][:500] if lines else ""
