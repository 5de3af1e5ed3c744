"""A node's safe: what lies on its disk and nobody else may read, under its storage key."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.errors import CorruptError
from comity.signer import Entropy
from comity.texts import _

_NONCE_BYTES: Final = 12


class Safe:
    """``storage_key`` gives the node's key, 32 bytes; it raises UnavailableError while the keys are locked."""

    def __init__(self, storage_key: Callable[[], bytes], entropy: Entropy) -> None:
        self._storage_key = storage_key
        self._entropy = entropy

    def seal(self, data: bytes, name: str) -> bytes:
        """``data`` sealed (AES-256-GCM), bound to what it is called."""
        nonce = self._entropy(_NONCE_BYTES)
        return nonce + AESGCM(self._storage_key()).encrypt(nonce, data, name.encode())

    def unseal(self, sealed: bytes, name: str) -> bytes:
        """What was sealed under that name; CorruptError where its bytes were changed."""
        try:
            return AESGCM(self._storage_key()).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError) as error:
            raise CorruptError(_("What is kept of it was changed."), where=name) from error

    def mark(self, data: bytes) -> str:
        """What tells ``data`` from other data, and says nothing of it to whoever has not the key (HMAC-SHA-256)."""
        return hmac.new(self._storage_key(), data, hashlib.sha256).hexdigest()
