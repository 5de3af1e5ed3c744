"""Work of the rooms in processes beside the node's: what is pure may be done anywhere, and answers come first."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from typing import Final, TypeVar

from comity.errors import UnavailableError
from comity.private import keep_private
from comity.texts import _

WORKERS_MAX: Final = 4
_WORTHWHILE: Final = 2  # jobs for which processes are begun
_NICE: Final = 5

J = TypeVar("J")
R = TypeVar("R")


class Workers:
    """Up to one process for each processor, begun when there is work for two; any number of threads may ask.

    They know nothing of the node's but what a job says, and end with it, whatever ends it. With a ``count`` of 0
    everything is done in the caller's thread.
    """

    def __init__(self, count: int | None = None) -> None:
        self._count = min(os.cpu_count() or 1, WORKERS_MAX) if count is None else count
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def spread(self, work: Callable[[J], R], jobs: Iterable[J], /) -> Iterator[R]:
        """What ``work`` makes of each job, in their order; one job alone is done here.

        Jobs are taken as they can be done: no more wait than there are workers. Whatever ``work`` raises is raised
        here; UnavailableError where a worker was killed.
        """
        rest = iter(jobs)
        begun = list(islice(rest, _WORTHWHILE))
        if not self._count or len(begun) < _WORTHWHILE:
            yield from map(work, chain(begun, rest))
            return
        waiting: deque[Future[R]] = deque()
        try:
            for job in chain(begun, rest):
                waiting.append(self._submit(work, job))
                if len(waiting) > self._count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            self.end()
            raise UnavailableError(
                _("A process that helped was killed."), where="workers", next_step=_("The node tries again by itself.")
            ) from error
        finally:
            for future in waiting:
                future.cancel()

    def beside(self, work: Callable[[J], R], jobs: Iterable[J], /) -> Iterator[R]:
        """As ``spread``, one job after another in a thread beside the caller's: for work that waits for the disk.

        Before anything is raised here, work that was begun has ended.
        """
        if not self._count:
            yield from map(work, jobs)
            return
        waiting: deque[Future[R]] = deque()
        with ThreadPoolExecutor(1, "beside") as thread:
            for job in jobs:
                waiting.append(thread.submit(work, job))
                if len(waiting) > 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def end(self) -> None:
        """Let the processes end, once they have done what they are at."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)

    def _submit(self, work: Callable[[J], R], job: J) -> Future[R]:
        with self._lock:
            if self._pool is None:
                # Not forked: the node's threads hold locks that a copy would wait for.
                self._pool = ProcessPoolExecutor(self._count, get_context("spawn"), _begin)
            return self._pool.submit(work, job)


def _begin() -> None:
    keep_private()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all: the node ends its workers itself
    os.nice(_NICE)
    threading.Thread(target=_follow_node, daemon=True).start()


def _follow_node() -> None:
    node = parent_process()
    if node is not None:
        node.join()
        os._exit(1)  # it was killed: nobody waits for what is done here
