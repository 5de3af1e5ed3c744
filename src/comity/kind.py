"""A kind of act, with the types of what it is done with and of what it releases."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

Body = TypeVar("Body")
Release = TypeVar("Release")


class Kind(msgspec.Struct, Generic[Body, Release], frozen=True):
    """What ``Gate.perform`` is called with; the room that defines a kind has the handler beside it.

    ``name`` is noun and verb, ``query.ask``, as ledger and rulebook write it. ``body`` is the type of the plain value
    that an act of this kind is about; a kept act is read back by it. ``names`` are the blobs and batches on the disk
    that a body speaks of: they are kept as long as the act waits. ``title`` says what is attempted.
    """

    name: str
    body: Any
    names: Callable[[Any], tuple[str, ...]] = lambda _body: ()
    title: str = ""
