"""The background work of a node: each kind by its name, in the order in which one after the other does its step."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from comity.aside import Aside, SetAside
from comity.loops import Loop


def _nothing() -> None:
    return


class Work(NamedTuple):
    """One kind of work: ``step`` is done every ``every_s`` seconds, and at once when one of ``takes_up`` comes in.

    ``end`` is called before the loops end, for what waits inside a step. ``aside`` is what the work has set aside.
    """

    name: str
    step: Callable[[], object]
    every_s: float
    takes_up: tuple[str, ...] = ()
    end: Callable[[], None] = _nothing
    aside: Aside | None = None


class Works:
    """All work of a node."""

    def __init__(self, works: Iterable[Work]) -> None:
        """In the order of ``tick``."""
        self._works = tuple(works)
        self._loops = {each.name: Loop(each.name, each.step, each.every_s) for each in self._works}

    def start(self) -> None:
        """Let each run by itself."""
        for loop in self._loops.values():
            loop.start()

    def tick(self) -> None:
        """One step of each, in the caller's thread."""
        for name in self._loops:
            self.once(name)

    def once(self, name: str) -> None:
        """One step of that work, in the caller's thread."""
        self._loops[name].once()

    def kick(self, *names: str) -> None:
        """Do the next step of these now."""
        for name in names:
            self._loops[name].kick()

    def kick_all(self) -> None:
        """Do the next step of each now."""
        self.kick(*self._loops)

    def take_up(self, what: str) -> None:
        """Something has come in: whoever takes it up does so now."""
        self.kick(*(each.name for each in self._works if what in each.takes_up))

    def end(self) -> None:
        """Finish the steps at hand and stop."""
        for each in self._works:
            each.end()
        for loop in self._loops.values():
            loop.end()

    @property
    def failing(self) -> tuple[str, ...]:
        """Work whose last step failed as a whole."""
        return tuple(name for name, loop in self._loops.items() if loop.is_failing)

    @property
    def aside(self) -> tuple[tuple[str, tuple[SetAside, ...]], ...]:
        """What is set aside, by the work that did it."""
        asides = (each.aside for each in self._works)
        return tuple((each.work, each.held) for each in asides if each is not None and each.held)
