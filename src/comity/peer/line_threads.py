"""Threads that do what the line's loop hands out: answering questions, and hearing nudges."""

import queue
import threading
import traceback
from collections.abc import Callable

import structlog

_log = structlog.get_logger(__name__)


def _end_thread() -> None:
    raise SystemExit


class LineThreads:
    """Daemon threads, made when needed: a pool of ``concurrent.futures`` would keep a node from ending."""

    def __init__(self, name: str, threads_max: int) -> None:
        self._name, self._threads_max, self._threads = name, threads_max, 0
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)

    def submit(self, job: Callable[[], None]) -> None:
        """Run ``job`` on one of the threads; called from one thread only."""
        if not self._idle.acquire(blocking=False) and self._threads < self._threads_max:
            self._threads += 1
            threading.Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()
        self._jobs.put(job)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except SystemExit:
                return
            except Exception as error:  # noqa: BLE001 - whatever a callback raises, the line goes on
                # No message and no values: they may hold personal data.
                frame = traceback.extract_tb(error.__traceback__)[-1]
                _log.error("line.callback_failed", error=type(error).__name__, at=f"{frame.name}:{frame.lineno}")
            self._idle.release()

    def close(self) -> None:
        """Let the threads end when they have done what they were given."""
        for _thread in range(self._threads):
            self._jobs.put(_end_thread)
