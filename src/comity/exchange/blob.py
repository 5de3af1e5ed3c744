"""Blobs: files of any kind, encrypted in chunks, named by the list of their hashes, pulled and resumed by hash."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.bounded import Hash
from comity.errors import CorruptError, MalformedError, TooLargeError, UntrustedError
from comity.exchange.signed import Moment, Signed, verify_moments
from comity.formats import Format
from comity.ids import BlobId, MemberCode
from comity.limits import ATTACHMENT_BYTES, CHUNK_BYTES, MANIFEST_BYTES
from comity.plug import RoomPart
from comity.texts import _

KEY_BYTES: Final = 32
TAG_BYTES: Final = 16
_NONCE_BYTES: Final = 12
CHUNKS_MAX: Final = -(-ATTACHMENT_BYTES // CHUNK_BYTES)


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list of a blob's chunks, JSON, whose SHA-256 is the blob's name. ``size`` counts the bytes before encryption.

    Chunk n holds bytes ``n * chunk_bytes`` and on, encrypted by AES-256-GCM under the blob's own key with the nonce n,
    and is listed by the SHA-256 of the encrypted bytes.

    Evolution: ``v`` changes with any member; a reader refuses what it does not know.
    """

    v: Literal[1]
    size: Annotated[int, msgspec.Meta(ge=0, le=ATTACHMENT_BYTES)]
    chunk_bytes: Literal[262144]
    chunks: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=CHUNKS_MAX)]

    @property
    def id(self) -> BlobId:
        """The blob's name."""
        return BlobId(hashlib.sha256(self.encode()).hexdigest())

    def encode(self) -> bytes:
        """The bytes that are hashed and sent."""
        return msgspec.json.encode(self)


MANIFEST: Final = Format[Manifest]("manifest", {1: Manifest})


class BlobQuestion(Signed, frozen=True, forbid_unknown_fields=True):
    """A question for a blob's manifest, signed as a frame of kind ``blob``; its answer needs no signature.

    Evolution: as for ``Signed``.
    """

    context: ClassVar[str] = "blob"

    v: Literal[1]
    blob: Hash
    asker: MemberCode
    holder: MemberCode
    asked_at: Moment

    def __post_init__(self) -> None:
        verify_moments(self.asked_at)


BlobQuestion.format = Format("blob", {1: BlobQuestion})


class ChunkQuestion(Signed, frozen=True, forbid_unknown_fields=True):
    """A question for one chunk of a blob, signed as a frame of kind ``chunk``; its answer needs no signature.

    Evolution: as for ``Signed``.
    """

    context: ClassVar[str] = "chunk"

    v: Literal[1]
    blob: Hash
    number: Annotated[int, msgspec.Meta(ge=0, le=CHUNKS_MAX - 1)]
    asker: MemberCode
    holder: MemberCode
    asked_at: Moment


ChunkQuestion.format = Format("chunk", {1: ChunkQuestion})


def parse_manifest(data: bytes, name: BlobId) -> Manifest:
    """The manifest called ``name``; UntrustedError if it is another, MalformedError or TooLargeError if it is none."""
    if len(data) > MANIFEST_BYTES:
        raise TooLargeError(_("A manifest has at most {most} bytes.").format(most=MANIFEST_BYTES), where="blob")
    if hashlib.sha256(data).hexdigest() != name:
        raise UntrustedError(_("This is not the manifest that was asked for."), where="blob")
    found = MANIFEST.read(data, where="blob", most=MANIFEST_BYTES)
    if len(found.chunks) != -(-found.size // CHUNK_BYTES):
        raise MalformedError(_("The manifest has another number of chunks than its size needs."), where="blob")
    return found


def seal_chunks(parts: Iterable[bytes], key: bytes) -> Iterator[tuple[bytes, int]]:
    """Each chunk encrypted, with the number of bytes that it holds, of a file that comes in parts of any length.

    TooLargeError once it passes ATTACHMENT_BYTES.
    """
    cipher, held, number, total = AESGCM(key), bytearray(), 0, 0
    for part in parts:
        held += part
        total += len(part)
        if total > ATTACHMENT_BYTES:
            raise TooLargeError(
                _("An attachment has at most {most} bytes.").format(most=ATTACHMENT_BYTES), where="attachment"
            )
        while len(held) >= CHUNK_BYTES:
            yield cipher.encrypt(_nonce(number), bytes(held[:CHUNK_BYTES]), None), CHUNK_BYTES
            del held[:CHUNK_BYTES]
            number += 1
    if held:
        yield cipher.encrypt(_nonce(number), bytes(held), None), len(held)


def verify_chunk(manifest: Manifest, number: int, data: bytes) -> None:
    """Raise UntrustedError unless ``data`` is the chunk that the manifest lists there, as long as its size says."""
    held = min(CHUNK_BYTES, manifest.size - number * CHUNK_BYTES)
    if len(data) != held + TAG_BYTES:
        raise UntrustedError(_("The chunk is not as long as the manifest says."), where="chunk")
    if hash_chunk(data) != manifest.chunks[number]:
        raise UntrustedError(_("This is not the chunk that its hash says."), where="chunk")


def open_chunk(number: int, data: bytes, key: bytes) -> bytes:
    """A chunk's plain bytes; CorruptError where they were changed since they were verified."""
    try:
        return AESGCM(key).decrypt(_nonce(number), data, None)
    except (InvalidTag, ValueError) as error:
        raise CorruptError(_("A chunk of the attachment was changed."), where=f"chunk {number}") from error


def hash_chunk(data: bytes) -> str:
    """How a manifest lists a chunk."""
    return hashlib.sha256(data).hexdigest()


def _nonce(number: int) -> bytes:
    return number.to_bytes(_NONCE_BYTES, "big")


class BlobView(Protocol):
    """What rooms read of blobs."""

    def may_pull(self, blob: BlobId, member: MemberCode) -> bool:
        """Whether the blob is here, or on its way here, for that member too."""

    def find_manifest(self, blob: BlobId) -> bytes | None:
        """The blob's manifest, once it is known here."""


# Changes


class BlobKept(msgspec.Struct, frozen=True):
    """A blob whose chunks are all here. ``by`` names what it was made for: a consignment; empty for an attachment."""

    id: BlobId
    manifest: bytes
    by: str = ""


class BlobWanted(msgspec.Struct, frozen=True):
    """A blob is to be pulled from ``holder``, or from the relay, until it is here or has run out of time.

    ``by`` is the message or consignment that names it. Others may name it too: every holder is asked, until the latest
    end that any of them has set.
    """

    id: BlobId
    by: str
    holder: MemberCode
    now: datetime
    expires_at: datetime


class BlobShared(msgspec.Struct, frozen=True):
    """These members may pull it from here."""

    id: BlobId
    members: tuple[MemberCode, ...]


class BlobForgotten(msgspec.Struct, frozen=True):
    """``by`` names it no more. Its chunks can go if nothing else does."""

    id: BlobId
    by: str


class UploadKept(msgspec.Struct, frozen=True):
    """An officer's file that no message names yet: ``kept`` is its ``Attachment`` under the node's storage key."""

    blob: BlobId
    officer: str
    kept: bytes
    at: datetime


class UploadUsed(msgspec.Struct, frozen=True):
    """A message names it now."""

    blob: BlobId


PART: Final = RoomPart(travelling=(BlobQuestion.format, ChunkQuestion.format, MANIFEST))
