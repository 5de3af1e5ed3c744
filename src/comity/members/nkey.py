"""Keys as the broker names them: NATS nkeys, a prefix, a raw Ed25519 public key and a checksum in base32."""

import base64
from typing import Final

import nkeys

from comity.errors import MalformedError
from comity.signer import verify_public_key
from comity.texts import _

_NKEY_BYTES: Final = 35  # prefix, key, CRC-16


def _write(prefix: int, public: bytes) -> str:
    verify_public_key(public, "broker")
    named = bytes([prefix]) + public
    return base64.b32encode(named + nkeys.crc16_checksum(named)).rstrip(b"=").decode()


def operator_name(public: bytes) -> str:
    """The nkey (``O...``) of an operator's raw public key; MalformedError as ``signer.verify_public_key``."""
    return _write(nkeys.PREFIX_BYTE_OPERATOR, public)


def account_name(public: bytes) -> str:
    """The nkey (``A...``) of an account's raw public key; MalformedError as ``signer.verify_public_key``."""
    return _write(nkeys.PREFIX_BYTE_ACCOUNT, public)


def user_name(public: bytes) -> str:
    """The nkey (``U...``) of a user's raw public key; MalformedError as ``signer.verify_public_key``."""
    return _write(nkeys.PREFIX_BYTE_USER, public)


def user_key(name: str) -> bytes:
    """The raw public key (32 bytes) of a NATS user's nkey ``U...``; MalformedError if it is none."""
    public = _read(name)
    if user_name(public) != name:
        raise MalformedError(_("This is no key of a broker's user."), where="broker")
    return public


def account_key(name: str) -> bytes:
    """The raw public key (32 bytes) of an account's nkey ``A...``; MalformedError if it is none."""
    public = _read(name)
    if account_name(public) != name:
        raise MalformedError(_("This is no key of a broker's account."), where="broker")
    return public


def _read(name: str) -> bytes:
    """What lies between prefix and checksum: its name, made again, shows whether it was one."""
    try:
        data = base64.b32decode(name)
    except ValueError as error:  # not base32, or not even ASCII
        raise MalformedError(_("This is no key at a broker."), where="broker") from error
    if len(data) != _NKEY_BYTES:
        raise MalformedError(_("This is no key at a broker."), where="broker")
    return data[1:-2]
