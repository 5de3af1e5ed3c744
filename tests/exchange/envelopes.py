"""Envelopes made by hand, as anybody could make them who holds a member's signing key: right, or wrong in one way."""

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.errors import MalformedError
from comity.exchange.envelope import commit
from comity.exchange.forms import newest_form
from comity.exchange.receipt import Receipt
from comity.exchange.signed import parse_signed
from comity.ids import MemberCode
from comity.sealing import wrap_to
from comity.signer import Frame, Signer, key_id, sign_frame
from comity.testing import Network
from tests.peer.frames import put, signer_of

SALT = bytes(range(32))
TEXT = b'{"v":1,"subject":"Vehicle","text":"Do you know it?","thread":"","reply_to":"","attachments":[],"alert":null}'
KEY = b"\x07" * 32


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def text_of(**changed: Any) -> bytes:
    """A text with ``changed`` members."""
    return msgspec.json.encode(msgspec.json.decode(TEXT) | changed)


def asks_of(text: bytes, sent_at: datetime) -> dict[str, Any]:
    """By when and how urgently a text of version 2 asks for an answer in its head, as its form declares it first."""
    try:
        form = newest_form(msgspec.json.decode(text)["form"]["form"])
    except (KeyError, TypeError, MalformedError, msgspec.DecodeError):
        return {"answer_by": None, "urgency": "routine"}
    if not form.deadlines or form.is_first:
        return {"answer_by": None, "urgency": form.urgency}
    return {"answer_by": sent_at + form.deadlines[0].within, "urgency": form.deadlines[0].urgency}


def pack(frame: Frame, to: str, head: bytes, seals: bytes, wrap: bytes, body: bytes) -> bytes:
    """The bytes for the line."""
    lengths = f"{to} {len(head)} {len(seals)} {len(wrap)} {len(body)}\n"
    return msgspec.structs.replace(frame, body=b"").encode() + lengths.encode() + head + seals + wrap + body


def unpack(data: bytes) -> tuple[bytes, str, list[bytes]]:
    """The first line, the recipient and the four parts."""
    first, line, rest = data.split(b"\n", 2)
    to, *lengths = line.decode().split(" ")
    parts = []
    for length in map(int, lengths):
        parts.append(rest[:length])
        rest = rest[length:]
    return first, to, parts


def repack(first: bytes, to: str, parts: list[bytes]) -> bytes:
    """What ``unpack`` took apart."""
    lengths = " ".join(str(len(part)) for part in parts)
    return first + b"\n" + f"{to} {lengths}\n".encode() + b"".join(parts)


def forge(
    signer: Signer,
    keys: Mapping[str, bytes],
    sent_at: datetime,
    *,
    sender: str = "LT",
    text: bytes = TEXT,
    sealed: bytes | None = None,
    wrapped: Mapping[str, bytes] | None = None,
    head: Mapping[str, Any] | None = None,
    seals: Mapping[str, Any] | None = None,
    doubled: bytes = b"",
) -> dict[str, bytes]:
    """A copy for each holder of ``keys``. The head commits to ``text``, the body has ``sealed``.

    ``wrapped`` exchanges content keys, ``head`` and ``seals`` have members to add or change; ``doubled`` stands before
    all others in the head.
    """
    recipients = [{"member": member, "key": key_id(keys[member])} for member in sorted(keys)]
    written = {
        "v": 1, "kind": "message", "sender": sender, "recipients": recipients, "sent_at": sent_at,
        "expires_at": sent_at + timedelta(days=30), **asks_of(text, sent_at),
        "handling": "official-use", "blobs": [], "commitment": commit(SALT, text),
    }  # fmt: skip
    head_bytes = b"{" + doubled + msgspec.json.encode(written | dict(head or {}))[1:]
    bound = hashlib.sha256(head_bytes).digest()
    body = AESGCM(KEY).encrypt(bytes(12), SALT + (text if sealed is None else sealed), bound)
    wraps = {member: wrap_to(public, (wrapped or {}).get(member, KEY), bound) for member, public in keys.items()}
    hashes = {"v": 1, "body": sha(body), "wraps": {member: sha(wrap) for member, wrap in wraps.items()}}
    seals_bytes = msgspec.json.encode(hashes | dict(seals or {}))
    frame = sign_frame(signer, "envelope", f"{sha(head_bytes)}\n{sha(seals_bytes)}\n".encode())
    return {member: pack(frame, member, head_bytes, seals_bytes, wrap, body) for member, wrap in wraps.items()}


def public_keys(network: Network, *members: str) -> dict[str, bytes]:
    """The sealing keys that the directory has."""
    directory = network.nodes["GS"].directory()
    bureaus = {member: directory.find_bureau(MemberCode(member), network.now) for member in members}
    return {member: bureau.sealing_key for member, bureau in bureaus.items() if bureau and bureau.sealing_key}


def forged(network: Network, *to: str, sender: str = "LT", signer: str = "", **wrong: Any) -> dict[str, bytes]:
    """Copies for these members of an envelope of ``sender``, properly signed unless another ``signer`` is named."""
    signs = signer_of(network, signer or sender)
    return forge(signs, public_keys(network, *to), network.now, sender=sender, **wrong)


def receipt_of(network: Network, data: bytes, *, line: str = "LT", to: str = "FR") -> Receipt:
    """The receipt that ``to`` signs for what arrives."""
    frame, receipt = parse_signed(put(network, line, data, to=to), Receipt)
    frame.verify(signer_of(network, to).public)
    return receipt


def names_at(network: Network, member: str) -> list[str]:
    """The messages that are kept there, by name, as they came."""
    with closing(sqlite3.connect(network.founding.config(member).path("data") / "node.db")) as rows:
        return [name for (name,) in rows.execute("select id from message where not is_outgoing order by row")]
