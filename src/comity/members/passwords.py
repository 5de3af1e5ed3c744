"""Passwords: Argon2id hashes, compared in the same time whether there is an officer or not."""

import base64
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from comity.limits import PASSWORD_CHARS
from comity.members.keys import PROFILES
from comity.signer import Entropy

_SALT_BYTES: Final = 16
_ONE_TIME_BYTES: Final = 10  # 80 bits: nobody guesses that in a session's life
_GROUP: Final = 4


class Passwords:
    """Hashes and compares, at the cost of one of the profiles for key files."""

    def __init__(self, entropy: Entropy, profile: str = "standard") -> None:
        cost = PROFILES[profile]
        self._hasher = PasswordHasher(cost.passes, cost.memory_kib, cost.lanes, type=Type.ID)
        self._entropy = entropy
        self._nobody = ""

    def hash(self, password: str) -> str:
        """A PHC string."""
        return self._hasher.hash(password, salt=self._entropy(_SALT_BYTES))

    def matches(self, hashed: str, password: str) -> bool:
        """Whether it is the password; against an empty hash it takes as long, and is not."""
        if len(password) > PASSWORD_CHARS:
            return False
        if not self._nobody:
            self._nobody = self.hash("")
        try:
            return self._hasher.verify(hashed or self._nobody, password) and bool(hashed)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    def one_time(self) -> str:
        """A new one-time password, in groups that can be read aloud."""
        text = base64.b32encode(self._entropy(_ONE_TIME_BYTES)).decode().lower()
        return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))
