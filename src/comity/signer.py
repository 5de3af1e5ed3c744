"""Keys that sign, and the one signed frame that questions, answers, batches and receipts travel in."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from comity.errors import MalformedError, TooLargeError, UnavailableError, UntrustedError
from comity.limits import FRAME_BYTES, MEMBERS_MAX
from comity.texts import _

_HEX_KEY: Final = re.compile(r"[0-9a-f]{64}")


class Signer(Protocol):
    """A key that signs without showing itself: a file, a systemd credential, later a PKCS#11 token."""

    @property
    def public(self) -> bytes:
        """The raw Ed25519 public key, 32 bytes (RFC 8032)."""

    def sign(self, data: bytes) -> bytes:
        """Return a 64-byte Ed25519 signature; UnavailableError while the key is locked."""


class Ed25519Signer:
    """A signer whose key is in memory."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key().public_bytes_raw()

    @property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._public

    def sign(self, data: bytes) -> bytes:
        """Return a 64-byte signature."""
        return self._key.sign(data)


class LockedSigner:
    """A signer whose key is still encrypted: it can be named and cannot sign."""

    def __init__(self, public: bytes) -> None:
        self._public = public

    @property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._public

    def sign(self, data: bytes) -> bytes:
        """Refuse: UnavailableError."""
        del data
        raise UnavailableError(_("This node's keys are locked."), next_step=_("Unlock them: comity node unlock"))


PUBLIC_KEY_BYTES: Final = 32

_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P
_Y_OF_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_Y_OF_LOW_ORDER: Final = frozenset((0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8))
_KEYS_KEPT: Final = 16 * MEMBERS_MAX  # a bureau states half a dozen keys


def verify_public_key(public: bytes, where: str) -> None:
    """Raise MalformedError unless ``public`` is an Ed25519 key whose signatures mean something (RFC 8032, 5.1.3).

    Every public key that comes from elsewhere passes here, whatever it is for.

    1. It has 32 bytes, and they are the one way to write it: y is below 2**255 - 19.
    2. It is a point of the curve.
    3. It is not of low order: under such a key one constant is a signature of every text.
    """
    if not _is_public_key(public):
        raise MalformedError(
            _("{key} is no public key that can be relied on.").format(key=public.hex()[: 2 * PUBLIC_KEY_BYTES] or "-"),
            where=where,
            next_step=_("Have its owner make another key."),
        )


def parse_public_key(text: str, where: str) -> bytes:
    """The raw Ed25519 public key that 64 small hexadecimal digits write; MalformedError as ``verify_public_key``."""
    if not _HEX_KEY.fullmatch(text):
        raise MalformedError(_("A public key has 64 hexadecimal digits."), where=where)
    public = bytes.fromhex(text)
    verify_public_key(public, where)
    return public


def load_public_key(public: bytes, where: str) -> Ed25519PublicKey:
    """The key as the library has it; MalformedError as ``verify_public_key``."""
    verify_public_key(public, where)
    return Ed25519PublicKey.from_public_bytes(public)


@lru_cache(maxsize=_KEYS_KEPT)
def _is_public_key(public: bytes) -> bool:
    if len(public) != PUBLIC_KEY_BYTES:
        return False
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y >= _P or y in _Y_OF_LOW_ORDER:
        return False
    x_squared_times_a_square = (y * y - 1) * (_D * y * y + 1) % _P
    return pow(x_squared_times_a_square, (_P - 1) // 2, _P) == 1  # it has a root: there is a point


def key_id(public: bytes) -> str:
    """The name of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


@lru_cache(maxsize=512)  # what a thread verifies beforehand, the writer need not verify again while others wait for it
def is_signature(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` over ``data`` is by ``public`` (Ed25519, RFC 8032); nothing is by a key of low order."""
    try:
        _public_key(public).verify(signature, data)
    except (InvalidSignature, MalformedError):
        return False
    return True


@lru_cache(maxsize=2 * MEMBERS_MAX)  # the same bureaus sign again and again
def _public_key(public: bytes) -> Ed25519PublicKey:
    return load_public_key(public, "signature")


class Frame(msgspec.Struct, frozen=True):
    """A signed body, kept as sent.

    On the wire: ``comity/1 <context> <key id> <signature, base64>``, a newline, the body. The signature covers
    ``comity/1 <context>``, a newline and the body, so that a frame of one kind never passes for another.

    Evolution: the version in the first word changes when the signed bytes do; a reader refuses versions that it does
    not know. Bodies are JSON whose unknown fields are refused, and carry a version of their own.
    """

    context: str
    key_id: str
    signature: bytes
    body: bytes

    def encode(self) -> bytes:
        """The bytes for the wire."""
        signature = base64.b64encode(self.signature).decode()
        return f"comity/1 {self.context} {self.key_id} {signature}\n".encode() + self.body

    def verify(self, public: bytes) -> None:
        """Raise UntrustedError unless ``public`` signed this context and body."""
        if key_id(public) != self.key_id or not is_signature(public, self.signature, _signed(self.context, self.body)):
            raise UntrustedError(_("The signature does not verify."), where=self.context)


_HEAD = re.compile(rb"comity/(\d{1,3}) ([a-z-]{1,40}) ([0-9a-f]{16}) ([A-Za-z0-9+/]{86}==)")
_HEAD_BYTES_MAX = 160


def _signed(context: str, body: bytes) -> bytes:
    return f"comity/1 {context}\n".encode() + body


def sign_frame(signer: Signer, context: str, body: bytes) -> Frame:
    """Sign ``body`` as a frame of kind ``context``."""
    return Frame(context, key_id(signer.public), signer.sign(_signed(context, body)), body)


def parse_frame(data: bytes, context: str, *, most: int = FRAME_BYTES) -> Frame:
    """Read a frame of kind ``context`` without judging its signature; MalformedError or TooLargeError otherwise."""
    if len(data) > most:
        raise TooLargeError(_("A signed frame has at most {most} bytes.").format(most=most), where=context)
    head, newline, body = data.partition(b"\n") if b"\n" in data[:_HEAD_BYTES_MAX] else (b"", b"", b"")
    match = _HEAD.fullmatch(head)
    if not newline or match is None:
        raise MalformedError(_("A signed frame begins with its version, kind, key and signature."), where=context)
    if match[1] != b"1":
        raise MalformedError(
            _("This node reads frames of version 1, not {version}.").format(version=int(match[1])), where=context
        )
    if match[2].decode() != context:
        raise MalformedError(_("A frame of kind {context} was expected.").format(context=context), where=context)
    try:
        signature = base64.b64decode(match[4], validate=True)
    except binascii.Error as error:
        raise MalformedError(_("The signature is not base64."), where=context) from error
    if base64.b64encode(signature) != match[4]:  # bits behind the last byte: the same signature in other words
        raise MalformedError(_("The signature is not in its canonical form."), where=context)
    return Frame(context, match[3].decode(), signature, body)


Entropy = Callable[[int], bytes]
"""Gives that many random bytes: ``os.urandom``, or a seeded one in the simulator."""
