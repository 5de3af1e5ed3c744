"""Sealing a secret to one bureau: HPKE (RFC 9180) with the hybrid KEM ML-KEM-768+X25519, so that neither a quantum
computer nor a flaw in the newer scheme alone opens what was kept.
"""  # noqa: D205 - one sentence

import hashlib
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from comity.errors import MalformedError, UntrustedError
from comity.limits import MEMBERS_MAX
from comity.texts import _

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 1184 + 32  # ML-KEM-768 encapsulation key (FIPS 203), X25519 public key (RFC 7748)
WRAP_BYTES_MAX: Final = 2_000  # 1,168 for a secret of 32 bytes

_MLKEM_PUBLIC_BYTES: Final = 1184
_MLKEM_SEED_BYTES: Final = 64
_EXPANDED_BYTES: Final = _MLKEM_SEED_BYTES + 32
_P: Final = 2**255 - 19
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SealingKey:
    """The private half, from a seed of 32 bytes, which SHAKE-256 expands to the seeds of both schemes."""

    def __init__(self, seed: bytes) -> None:
        expanded = hashlib.shake_256(seed).digest(_EXPANDED_BYTES)
        first = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES])
        second = X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:])
        self._key = MLKEM768X25519PrivateKey(first, second)
        self.public = first.public_key().public_bytes_raw() + second.public_key().public_bytes_raw()

    def unwrap(self, wrap: bytes, info: bytes) -> bytes:
        """The secret in ``wrap``; UntrustedError if it was not sealed to this key with this ``info``."""
        try:
            return _SUITE.decrypt(wrap, self._key, info=info)
        except (InvalidTag, ValueError) as error:
            raise UntrustedError(_("This was not sealed to this node's key."), where="wrap") from error


def wrap_to(public: bytes, secret: bytes, info: bytes) -> bytes:
    """``secret``, for the holder of ``public`` alone, bound to ``info``; MalformedError if the key is none."""
    if len(public) != PUBLIC_BYTES:
        raise MalformedError(_("A sealing key has {most} bytes.").format(most=PUBLIC_BYTES), where="sealing")
    try:
        return _SUITE.encrypt(secret, _public_key(public), info=info)
    except ValueError as error:
        raise MalformedError(_("This is no sealing key."), where="sealing") from error


def verify_sealing_key(public: bytes) -> None:
    """Raise MalformedError for a key that nothing can be sealed to, as ``signer.verify_public_key`` does for others.

    It has another length, is no point of its schemes or one of low order, or is not written in the one way.
    """
    wrap_to(public, bytes(SEED_BYTES), b"")  # some keys are only found out in use
    if int.from_bytes(public[_MLKEM_PUBLIC_BYTES:], "little") >= _P:  # RFC 7748 would read it as another's
        raise MalformedError(_("This is no sealing key."), where="sealing")


def split_sealing_key(public: bytes) -> tuple[bytes, bytes]:
    """The two public keys that a sealing key is made of: ML-KEM-768's and X25519's."""
    return public[:_MLKEM_PUBLIC_BYTES], public[_MLKEM_PUBLIC_BYTES:]


@lru_cache(maxsize=MEMBERS_MAX)  # the same bureaus are written to again and again
def _public_key(public: bytes) -> MLKEM768X25519PublicKey:
    first, second = split_sealing_key(public)
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(first), X25519PublicKey.from_public_bytes(second)
    )
