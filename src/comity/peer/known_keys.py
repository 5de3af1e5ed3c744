"""Where a node remembers by which keys it has known each member, beside the directory that it holds."""

from functools import partial
from typing import Final, Protocol

import structlog

from comity.errors import ComityError
from comity.members.listing import Known
from comity.store.members import list_known, remember
from comity.store.store import Store

_log = structlog.get_logger(__name__)


class Memory(Protocol):
    """What outlives a directory that is damaged, lost, or of a newer version."""

    def list_known(self) -> Known:
        """The keys of each member, the newest last."""

    def remember(self, known: Known) -> None:
        """Keep what is new among ``known``, durably."""


class _Nothing:
    def list_known(self) -> Known:
        return {}

    def remember(self, known: Known) -> None:
        del known


NO_MEMORY: Final[Memory] = _Nothing()
"""Of who reads a directory once."""


class KnownKeys:
    """The memory of a node, in its database.

    A database that cannot be read or written keeps no directory from being followed: what could not be kept is tried
    again with the next one.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: Known = {}

    def list_known(self) -> Known:
        """What the database has of it; nothing where it cannot be read."""
        try:
            self._kept = self._store.read_rows(list_known)
        except ComityError as error:
            _log.warning("known_keys.unread", code=error.code)
            self._kept = {}
        return self._kept

    def lacks(self, known: Known) -> bool:
        """Whether something of ``known`` is not in what the database has, as it was last read or written."""
        return any(set(keys) - set(self._kept.get(code, ())) for code, keys in known.items())

    def remember(self, known: Known) -> None:
        """Write what is new, where anything is."""
        if not self.lacks(known):
            return
        try:
            self._store.write_rows(partial(remember, known=known))
        except ComityError as error:
            _log.warning("known_keys.not_kept", code=error.code)
        else:
            self._kept = known
