"""Background work of a running node: each kind on a thread of its own, every so often, or at once when kicked."""

import threading
from collections.abc import Callable

import structlog

from comity.errors import ComityError

_log = structlog.get_logger(__name__)


class Loop:
    """Calls ``step`` every ``every_s`` seconds, and soon after ``kick``."""

    def __init__(self, name: str, step: Callable[[], object], every_s: float) -> None:
        self.name = name
        self.is_failing = False
        self._step = step
        self._every_s = every_s
        self._wake = threading.Event()
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def kick(self) -> None:
        """Do the next step now."""
        self._wake.set()

    def end(self, timeout_s: float = 5.0) -> None:
        """Finish the step at hand and stop."""
        self._is_ending = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def once(self) -> None:
        """One step; what goes wrong is noted, never raised: the next step is the remedy."""
        try:
            self._step()
        except ComityError as error:
            self._note(error.code, error.where)
        except Exception as error:  # noqa: BLE001 - background work goes on whatever happened, and health shows it
            self._note(type(error).__name__, "", error)
        else:
            self.is_failing = False

    def _note(self, code: str, where: str, error: Exception | None = None) -> None:
        if not self.is_failing:
            _log.warning("loop.failed", loop=self.name, code=code, where=where, exc_info=error)
        self.is_failing = True

    def _run(self) -> None:
        while not self._is_ending:
            self.once()
            self._wake.wait(self._every_s)
            self._wake.clear()
