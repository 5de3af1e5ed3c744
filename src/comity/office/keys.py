"""The desk at which a node's keys are opened."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from comity.errors import UnavailableError
from comity.exchange.recent import Pace
from comity.keyring import Keyring
from comity.limits import SIGN_IN_FAILURES_MAX
from comity.members.keys import parse_keys
from comity.texts import _


class KeysDesk:
    """A node has one; ``path`` is where the encrypted keys lie."""

    def __init__(self, keyring: Keyring, path: Path, clock: Callable[[], datetime]) -> None:
        self._keyring = keyring
        self._path = path
        self._clock = clock
        self._tries = Pace(SIGN_IN_FAILURES_MAX)

    def unlock(self, passphrase: str) -> None:
        """Open the keys; UnavailableError where the passphrase is wrong, or was too often in the last minute."""
        if self._tries.count("", self._clock()) >= SIGN_IN_FAILURES_MAX:
            raise UnavailableError(_("Too many passphrases were tried."), where="keys", next_step=_("Wait a minute."))
        self._keyring.take_up(parse_keys(self._path.read_bytes()))  # it may have been rotated
        self._keyring.unlock(passphrase)
