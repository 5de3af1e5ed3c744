"""Formats live on: what is signed or stored has a name and versions, and an old version stays readable for ever.

A format is changed by a further version, beside those before. Here a reader makes the newest of whatever version came;
the bytes, and what was signed over them, stay as they were sent. A writer says which version it writes: the newest that
all its readers read (``members.reads``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from comity.errors import MalformedError, NewerError, UnavailableError
from comity.parsing import decode, decode_canonical, find_version, verify_json
from comity.texts import _

T = TypeVar("T")
Step = Callable[[Any], Any]


def newer(name: str, version: int, newest: int, where: str) -> NewerError:
    """The error for something called ``name`` of a ``version`` above the ``newest`` that this node reads."""
    return NewerError(
        _("It is of version {version} of {name}; this node reads up to {newest}.").format(
            version=version, name=name, newest=newest
        ),
        where=where,
        next_step=_("Update Comity at this node."),
    )


def written_by_newer(where: str) -> UnavailableError:
    """The error for a node's folder that a newer version of this program has written."""
    return UnavailableError(
        _("This folder was written by a newer Comity: nothing in it was changed."),
        where=where,
        next_step=_("Use that version, or bring back a backup that this one wrote."),
    )


@dataclass(frozen=True)
class Format(Generic[T]):
    """One format: ``versions`` has the type of each, the newest last.

    ``raised`` makes of a value of a version the same in the next one, by the version that it is of; ``lowered`` makes
    of a value the same in the version before, and raises InputError where that one cannot say it. ``written`` is given
    where a value has one encoding only. Where version 1 had no ``v`` in it, ``has_v_from`` is the first that has.

    Evolution: a version that was ever written stays in ``versions``, and its golden bytes in the tests.
    """

    name: str
    versions: dict[int, type[Any]]
    raised: Mapping[int, Step] = field(default_factory=dict)
    lowered: Mapping[int, Step] = field(default_factory=dict)
    written: Callable[[Any], bytes] | None = None
    has_v_from: int = 1

    @property
    def newest(self) -> int:
        """The newest version that this program reads, and could write."""
        newest: int = next(reversed(self.versions))
        return newest

    def read(self, data: bytes, *, where: str, most: int) -> T:
        """The newest of what ``data`` says, of whichever version it is.

        1. It is read as the newest, as most things are.
        2. Where that fails, its own version is looked at: an older one is read as what it is.

        NewerError for a version above the newest; MalformedError or TooLargeError as ``parsing.decode``.
        """
        newest = self.newest
        try:
            found: T = self._decode(data, newest, where, most)
        except MalformedError:
            version = self._version_of(data, where, most)
            if version > newest:
                raise newer(self.name, version, newest, where) from None
            if version == newest or version not in self.versions:
                raise
        else:
            return found
        older: T = self.become(self._decode(data, version, where, most), version, newest)
        return older

    def write(self, value: Any, version: int) -> bytes:
        """The bytes of ``value`` in ``version``; InputError where that version cannot say it."""
        return (self.written or msgspec.json.encode)(self.become(value, self.version_of(value), version))

    def version_of(self, value: Any) -> int:
        """Which version a value is of, by its type."""
        return next(version for version, form in self.versions.items() if type(value) is form)

    def become(self, value: Any, version: int, wanted: int) -> Any:
        """A value of ``version`` as one of the version ``wanted``, step by step."""
        while version < wanted:
            value, version = self.raised[version](value), version + 1
        while version > wanted:
            value, version = self.lowered[version](value), version - 1
        return value

    def _decode(self, data: bytes, version: int, where: str, most: int) -> Any:
        form = self.versions[version]
        if self.written is not None:
            return decode_canonical(data, form, where=where, most=most, encode=self.written)
        return decode(data, form, where=where, most=most)

    def _version_of(self, data: bytes, where: str, most: int) -> int:
        """The version that is written in JSON which any reader reads; MalformedError where there is none."""
        verify_json(data, where=where, most=most)
        version = find_version(data)
        if version is None and self.has_v_from > 1:
            return self.has_v_from - 1
        return version or 0
