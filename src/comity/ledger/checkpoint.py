"""Signed checkpoints: C2SP signed-note and tlog-checkpoint, version 1."""

import base64
import binascii
import hashlib
import re
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self

import msgspec

from comity.errors import MalformedError, TooLargeError, UntrustedError
from comity.formats import Format
from comity.ids import MemberCode
from comity.ledger.merkle import HASH_BYTES
from comity.limits import CHECKPOINT_BYTES, NOTE_SIGNATURES_MAX
from comity.plug import RoomPart
from comity.signer import PUBLIC_KEY_BYTES, Signer, is_signature, verify_public_key
from comity.texts import _

_ED25519: Final = b"\x01"  # signature type of C2SP signed-note
_KEY_ID_BYTES: Final = 4
_SIZE_END: Final = 2**63
_LINES_MIN: Final = 3

_KEY_NAME: Final = re.compile(r"[^\s+]{1,200}")
_SIGNATURE_LINE: Final = re.compile("\N{EM DASH} ([^\\s+]{1,200}) ([A-Za-z0-9+/]+={0,2})")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


class Checkpoint(msgspec.Struct, frozen=True):
    """The head of one tree: whose it is, how many leaves it has, their root (32 bytes).

    Its text, which signatures cover, is three lines: origin, size in decimal, root in base64. Evolution: C2SP's, who
    allow further lines; ours has none, and such lines in others' are kept by their signatures and not interpreted.
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()


class NoteSignature(msgspec.Struct, frozen=True):
    """One signature line: the key's name, its id (4 bytes), and what it signed with, of whatever type."""

    name: str
    key_id: bytes
    signature: bytes


class Note(msgspec.Struct, frozen=True):
    """A text with its signatures, none of them judged."""

    text: bytes
    signatures: tuple[NoteSignature, ...]


class VerifierKey(msgspec.Struct, frozen=True):
    """A named Ed25519 public key (32 bytes), in text ``name+key id in hexadecimal+base64``."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of the SHA-256 over name, newline, signature type and key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_KEY_ID_BYTES]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form; MalformedError if it is none, or not of an Ed25519 key."""
        name, _plus, rest = text.partition("+")
        key_id, _plus, encoded = rest.partition("+")
        key = _decode_base64(encoded, "verifier key")
        if not _KEY_NAME.fullmatch(name) or key[:1] != _ED25519 or len(key) != 1 + PUBLIC_KEY_BYTES:
            raise MalformedError(_("A verifier key is name+id+key, the key of type Ed25519."), where="verifier key")
        verify_public_key(key[1:], "verifier key")
        found = cls(name, key[1:])
        if found.key_id.hex() != key_id:
            raise MalformedError(_("The verifier key's id is not that of its key."), where="verifier key")
        return found

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"


class PeriodOpened(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of the first entry of a period, kind ``period.opened``: JSON.

    ``previous`` is the last checkpoint note of the period before as published, or null in a node's first period: so
    the periods form one chain. Evolution: ``v`` changes with the fields.
    """

    v: Literal[1]
    previous: Annotated[str, msgspec.Meta(max_length=CHECKPOINT_BYTES)] | None

    def encode(self) -> bytes:
        """The bytes of the content."""
        return msgspec.json.encode(self)


PERIOD_OPENED: Final = Format[PeriodOpened]("period-opened", {1: PeriodOpened})


def period_of(at: datetime) -> str:
    """The period that an aware time falls in: its UTC month, for example ``2026-11``."""
    return at.astimezone(UTC).strftime("%Y-%m")


def key_name_of(network: str, member: MemberCode) -> str:
    """The name under which a member's node signs checkpoints."""
    return f"{network}/{member}"


def origin_of(network: str, member: MemberCode, period: str) -> str:
    """The origin line of a member's ledger in one period."""
    return f"{network}/{member}/{period}"


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer, key_name: str) -> bytes:
    """The signed note; UnavailableError while the key is locked."""
    key = VerifierKey(key_name, signer.public)
    line = base64.b64encode(key.key_id + signer.sign(checkpoint.text)).decode()
    return checkpoint.text + f"\n\N{EM DASH} {key_name} {line}\n".encode()


def parse_note(data: bytes) -> Note:
    """Split a note into text and signature lines, unknown types kept; MalformedError or TooLargeError otherwise."""
    if len(data) > CHECKPOINT_BYTES:
        raise TooLargeError(_("A note has at most {most} bytes.").format(most=CHECKPOINT_BYTES), where="note")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedError(_("A note is UTF-8."), where="note") from error
    text, separator, tail = whole.rpartition("\n\n")
    if not separator or not text or not tail.endswith("\n") or _CONTROL.search(whole):
        raise MalformedError(_("A note is a text, an empty line and signature lines."), where="note")
    lines = tail[:-1].split("\n")
    if len(lines) > NOTE_SIGNATURES_MAX:
        raise TooLargeError(_("A note has at most {most} signatures.").format(most=NOTE_SIGNATURES_MAX), where="note")
    return Note(f"{text}\n".encode(), tuple(_parse_signature(line) for line in lines))


def _parse_signature(line: str) -> NoteSignature:
    match = _SIGNATURE_LINE.fullmatch(line)
    signature = _decode_base64(match[2], "note") if match else b""
    if match is None or len(signature) <= _KEY_ID_BYTES:
        raise MalformedError(_("A signature line is a dash, a key's name and a signature."), where="note")
    return NoteSignature(match[1], signature[:_KEY_ID_BYTES], signature[_KEY_ID_BYTES:])


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Read a checkpoint's text, without signatures; MalformedError if it is none."""
    try:
        *lines, end = text.decode().split("\n")
    except UnicodeDecodeError as error:
        raise MalformedError(_("A checkpoint is UTF-8."), where="checkpoint") from error
    if end or len(lines) < _LINES_MIN or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise MalformedError(_("A checkpoint is an origin, a size and a root."), where="checkpoint")
    size, root = int(lines[1]), _decode_base64(lines[2], "checkpoint")
    if size >= _SIZE_END or len(root) != HASH_BYTES:
        raise MalformedError(_("A checkpoint's size or root cannot be."), where="checkpoint")
    return Checkpoint(lines[0], size, root)


def verify_checkpoint(note: bytes, key: VerifierKey, origin: str) -> Checkpoint:
    """Return the checkpoint that ``key`` signed for ``origin``.

    UntrustedError if it did not, or one of its signatures fails; MalformedError or TooLargeError if this is no
    checkpoint. Signatures of other keys and types are ignored, as C2SP signed-note asks.
    """
    parsed = parse_note(note)
    ours = [line for line in parsed.signatures if line.name == key.name and line.key_id == key.key_id]
    if not ours or not all(is_signature(key.public, line.signature, parsed.text) for line in ours):
        raise UntrustedError(_("The checkpoint is not signed by the key expected."), where=origin)
    checkpoint = parse_checkpoint(parsed.text)
    if checkpoint.origin != origin:
        raise UntrustedError(_("The checkpoint is of another ledger."), where=origin)
    return checkpoint


def _decode_base64(text: str, where: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError(_("This is not base64."), where=where) from error
    if base64.b64encode(data).decode() != text:
        raise MalformedError(_("This is not base64 as it is written."), where=where)
    return data


PART: Final = RoomPart(kept=(PERIOD_OPENED,))
