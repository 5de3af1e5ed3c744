"""What a node remembers of the last minutes: how often somebody acted, and which requests it has answered."""

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import Final

WINDOW_S: Final = 60.0
ACTORS_MAX: Final = 10_000  # officers who acted within a minute; the longest silent is forgotten first
REQUESTS_MAX: Final = 1_000_000  # at a thousand a second, more than the replay window holds


class Pace:
    """Counts acts within the last minute, for each actor by itself."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._acts: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, actor: str, now: datetime) -> int:
        """How often ``actor`` has acted within the last minute before this time; counts this time too.

        Beyond ``most`` it stops counting up, so that an impatient officer is let in again a minute later.
        """
        with self._lock:
            times = self._acts.setdefault(actor, deque())
            self._acts.move_to_end(actor)
            while times and times[0] <= now - timedelta(seconds=WINDOW_S):
                times.popleft()
            before = len(times)
            if before < self._most:
                times.append(now)
            while len(self._acts) > ACTORS_MAX:
                self._acts.popitem(last=False)
            return before


class Seen:
    """Remembers which signed requests have been here, as long as their signed time could still be accepted."""

    def __init__(self, window_s: float) -> None:
        self._window = timedelta(seconds=window_s)
        self._requests: OrderedDict[str, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def is_replay(self, request: str, now: datetime) -> bool:
        """Whether ``request`` has been here before; from now on it has."""
        with self._lock:
            while self._requests:
                oldest, at = next(iter(self._requests.items()))
                if at > now - self._window and len(self._requests) < REQUESTS_MAX:
                    break
                del self._requests[oldest]
            if request in self._requests:
                return True
            self._requests[request] = now
            return False
