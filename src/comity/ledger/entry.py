"""An entry: a clear leaf for the tree, and beside it the salt and content that the leaf commits to."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

import msgspec

from comity.bounded import Name
from comity.errors import ComityError, CorruptError, MalformedError, TooLargeError
from comity.formats import Format
from comity.ids import EntryId
from comity.ledger.merkle import HASH_BYTES, hash_leaf
from comity.limits import CONTENT_BYTES, ENTRY_BYTES
from comity.plug import RoomPart
from comity.texts import _

SALT_BYTES: Final = 32
_COMMITMENT: Final = b"comity/entry/v1\n"
_KIND: Final = re.compile(r"[a-z][a-z0-9.-]{0,59}")


class Leaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of an entry lies in clear in the tree, as compact JSON in this order of fields.

    ``kind`` names the act, never the verdict; ``at`` is the signer's claim; ``commitment`` is the SHA-256 over
    ``comity/entry/v1``, a newline, the 32-byte salt and the content, so that salt and content can be erased while
    every proof stays valid.

    Evolution: ``v`` changes with the fields or with the commitment; readers refuse versions that they do not know
    and keep the bytes, which the tree hashes as they are. There is one encoding of a leaf: others are refused.
    """

    v: Literal[1]
    kind: Name
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    commitment: bytes


class Entry(msgspec.Struct, frozen=True):
    """A leaf's bytes with its salt (32 bytes) and content."""

    leaf: bytes
    salt: bytes
    content: bytes

    @property
    def id(self) -> EntryId:
        """The entry's name: the hexadecimal RFC 6962 hash of its leaf."""
        return entry_id(self.leaf)


_encode = msgspec.json.Encoder().encode
LEAF: Final = Format[Leaf]("leaf", {1: Leaf}, written=_encode)


def entry_id(leaf: bytes) -> EntryId:
    """The name of the entry with this leaf."""
    return EntryId(hash_leaf(leaf).hex())


def commitment(salt: bytes, content: bytes) -> bytes:
    """The 32 bytes that a leaf carries for this salt and content."""
    return hashlib.sha256(_COMMITMENT + salt + content).digest()


def make_entry(kind: str, at: datetime, content: bytes, salt: bytes) -> Entry:
    """An entry of that kind; MalformedError or TooLargeError if one of its parts cannot be.

    ``salt`` is 32 random bytes, of its own for every entry; ``at`` is aware.
    """
    if not _KIND.fullmatch(kind):
        raise MalformedError(_("An entry's kind is 1 to 60 small letters, digits, dots or hyphens."), where="kind")
    if at.tzinfo is None:
        raise MalformedError(_("An entry's time has a time zone."), where="at")
    if len(salt) != SALT_BYTES:
        raise MalformedError(_("An entry's salt has {most} bytes.").format(most=SALT_BYTES), where="salt")
    if len(content) > CONTENT_BYTES:
        raise TooLargeError(
            _("An entry's content has at most {most} bytes.").format(most=CONTENT_BYTES), where="content"
        )
    leaf = _encode(Leaf(1, kind, at.astimezone(UTC), commitment(salt, content)))
    return Entry(leaf, salt, content)


def parse_leaf(data: bytes) -> Leaf:
    """Read a leaf; MalformedError or TooLargeError if it is none, NewerError for one of a newer version."""
    leaf = LEAF.read(data, where="leaf", most=ENTRY_BYTES)
    if len(leaf.commitment) != HASH_BYTES or not _KIND.fullmatch(leaf.kind):
        raise MalformedError(_("This leaf is not encoded as leaves are."), where="leaf")
    return leaf


def verify_entry(leaf: bytes, salt: bytes, content: bytes) -> None:
    """Raise CorruptError unless ``leaf`` commits to ``salt`` and ``content``; MalformedError if it is no leaf."""
    parse_entry(Entry(leaf, salt, content))


def parse_entry(entry: Entry) -> Leaf:
    """An entry's leaf; CorruptError unless it commits to salt and content, MalformedError if it is no leaf."""
    leaf = parse_leaf(entry.leaf)
    if len(entry.salt) != SALT_BYTES or leaf.commitment != commitment(entry.salt, entry.content):
        raise CorruptError(_("The content is not what the entry committed to."), where=entry.id)
    return leaf


def is_whole(entry: Entry) -> bool:
    """Whether an entry's parts belong together, and its leaf is of a version known here."""
    try:
        parse_entry(entry)
    except (ComityError, TypeError):
        return False
    return True


PART: Final = RoomPart(travelling=(LEAF,))
