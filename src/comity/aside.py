"""What background work could not do: each thing waits by itself and is tried again, and everything else goes on."""

from collections.abc import Callable
from threading import Lock
from typing import Final, NamedTuple, TypeVar

import structlog

from comity.errors import ComityError
from comity.limits import ASIDE_MAX, ASIDE_ROUNDS_MAX

_log = structlog.get_logger(__name__)
T = TypeVar("T")
_DOUBLINGS: Final = ASIDE_ROUNDS_MAX.bit_length() - 1


class SetAside(NamedTuple):
    """One thing that failed ``times`` times, for ``reason`` the last time, and is tried again in round ``again_in``."""

    name: str
    reason: str
    times: int
    again_in: int


class Aside:
    """What one kind of background work has set aside, by the names of the things.

    Pauses are counted in rounds, from one to ``ASIDE_ROUNDS_MAX``, so that no clock has a part in them. What waits is
    forgotten when the node stops: then everything is tried anew. Errors of ``stops_at`` are about the whole node: they
    set nothing aside, and are raised.
    """

    def __init__(self, work: str, stops_at: tuple[type[Exception], ...] = ()) -> None:
        self.work = work
        self._stops_at = stops_at
        self._lock = Lock()
        self._held: dict[str, SetAside] = {}
        self._round = 0

    @property
    def held(self) -> tuple[SetAside, ...]:
        """What is set aside, the longest first."""
        with self._lock:
            return tuple(self._held.values())

    def begin_round(self) -> None:
        """Another round begins."""
        self._round += 1

    def is_held(self, name: str) -> bool:
        """Whether the thing is set aside."""
        return name in self._held

    def is_waiting(self, name: str) -> bool:
        """Whether the thing was set aside and its pause is not over."""
        found = self._held.get(name)
        return found is not None and found.again_in > self._round

    def attempt(self, name: str, do: Callable[[], T]) -> T | None:
        """What ``do`` gives; None while ``name`` waits, and where ``do`` fails, which sets it aside."""
        if self.is_waiting(name):
            return None
        try:
            done = do()
        except self._stops_at:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, what stands behind it goes on
            self.put(name, error)
            return None
        self.forget(name)
        return done

    def put(self, name: str, error: Exception) -> None:
        """Set a thing aside that failed."""
        reason = error.code if isinstance(error, ComityError) else type(error).__name__
        with self._lock:
            before = self._held.pop(name, None)
            times = before.times + 1 if before else 1
            self._held[name] = SetAside(name, reason, times, self._round + 2 ** min(times - 1, _DOUBLINGS))
            while len(self._held) > ASIDE_MAX:
                del self._held[next(iter(self._held))]
        if before is None:
            _log.warning("aside.put", work=self.work, name=name, reason=reason, where=getattr(error, "where", ""))

    def forget(self, name: str) -> None:
        """The thing was done, or is not there any more."""
        if name in self._held:
            with self._lock:
                self._held.pop(name, None)
