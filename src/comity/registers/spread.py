"""How the pieces of a large work are done: one after another, or wherever the edges let them be done."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

J = TypeVar("J")
R = TypeVar("R")


class Spread(Protocol):
    """As ``map``, which is one: what ``work`` makes of each job, in their order.

    Another one may run ``work`` in another process, so it is a function of a module, or a method of what can be
    pickled, and a job says all that it needs.
    """

    def __call__(self, work: Callable[[J], R], jobs: Iterable[J], /) -> Iterator[R]:
        """The results; whatever ``work`` raises is raised when its result is asked for."""
