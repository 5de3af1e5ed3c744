"""Keys that sign, and the one signed frame that questions, answers, batches and receipts travel in."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from comity.errors import MalformedError, TooLargeError, UnavailableError, UntrustedError
from comity.limits import FRAME_BYTES, MEMBERS_MAX
from comity.texts import _


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


def key_id(public: bytes) -> str:
    """The name of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


@lru_cache(maxsize=512)  # what a thread verifies beforehand, the writer need not verify again while others wait for it
def is_signature(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` over ``data`` is by ``public`` (Ed25519, RFC 8032)."""
    try:
        _public_key(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=2 * MEMBERS_MAX)  # the same bureaus sign again and again
def _public_key(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


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
