"""Names of things: types for identifiers, and how new ones are made.

An identifier that comes from outside passes through its ``parse_*`` function once, at the edge, or is decoded as its
type, which has the same form; from then on its type says that it is well formed.
"""

import re
from typing import Annotated, NewType

import msgspec

from comity.bounded import Hash, HashOrNone
from comity.errors import MalformedError
from comity.texts import _

_Member = Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Z0-9]{1,7}\Z", max_length=8)]
_Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{1,3}\Z", max_length=3)]
_Register = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]*\Z", max_length=40)]
_Officer = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9.-]{1,39}\Z", max_length=40)]
_Query = Annotated[str, msgspec.Meta(pattern=r"^q-[0-9a-f]{32}\Z", max_length=34)]
_Record = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\.(0|[1-9][0-9]{0,8})\Z", max_length=74)]

MemberCode = NewType("MemberCode", _Member)
"""A member's short name in the network, for example ``LT``: two to eight capital letters or digits."""

MemberOrNone = Annotated[str, msgspec.Meta(pattern=r"^([A-Z][A-Z0-9]{1,7})?\Z", max_length=8)]
"""A member's short name, or nothing where it is not told."""

CountryCode = NewType("CountryCode", _Country)
"""An issuing state or organisation as machine-readable zones write it (ICAO 9303-3), for example ``FRA`` or ``D``."""

RegisterName = NewType("RegisterName", _Register)
"""A register, for example ``travel-documents``."""

OfficerId = NewType("OfficerId", _Officer)
"""An officer of one node: the name signed in with, never reused."""

EntryId = NewType("EntryId", HashOrNone)
"""A ledger entry, named by the hexadecimal RFC 6962 hash of its leaf."""

BatchId = NewType("BatchId", Hash)
"""A batch of records, named by the hexadecimal Merkle root of its salted record hashes."""

RecordId = NewType("RecordId", _Record)
"""One record: ``<batch>.<offset>``, the offset without leading zeros, so that no record has two names."""

QueryId = NewType("QueryId", _Query)
"""One question, unique for its asker: ``q-`` and 32 hexadecimal digits."""

EnvelopeId = NewType("EnvelopeId", Hash)
"""A sealed message, named by the hexadecimal SHA-256 of what its sender signed; the same at every bureau."""

BlobId = NewType("BlobId", Hash)
"""Encrypted bytes in chunks, named by the hexadecimal SHA-256 of the list of their hashes."""

_MEMBER = re.compile(r"[A-Z][A-Z0-9]{1,7}")
_COUNTRY = re.compile(r"[A-Z]{1,3}")
_OFFICER = re.compile(r"[a-z][a-z0-9.-]{1,39}")
_QUERY = re.compile(r"q-[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")
_RECORD = re.compile(r"([0-9a-f]{64})\.(0|[1-9][0-9]{0,8})")


def parse_member_code(text: str) -> MemberCode:
    """Return ``text`` as a member code; MalformedError if it is none."""
    if not _MEMBER.fullmatch(text):
        raise MalformedError(_("A member code is two to eight capital letters or digits."), where="member")
    return MemberCode(text)


def parse_country_code(text: str) -> CountryCode:
    """Return ``text`` (fillers and case aside) as an issuing state; MalformedError if it is none."""
    code = text.strip().strip("<").upper()
    if not _COUNTRY.fullmatch(code):
        raise MalformedError(_("An issuing country is one to three letters, as on the document."), where="country")
    return CountryCode(code)


def parse_officer_id(text: str) -> OfficerId:
    """Return ``text`` as an officer's name for signing in; MalformedError if it is none."""
    if not _OFFICER.fullmatch(text):
        raise MalformedError(_("An officer's name is 2 to 40 small letters, digits, dots or hyphens."), where="officer")
    return OfficerId(text)


def parse_query_id(text: str) -> QueryId:
    """Return ``text`` as a query id; MalformedError if it is none."""
    if not _QUERY.fullmatch(text):
        raise MalformedError(_("A query id is q- and 32 hexadecimal digits."), where="query")
    return QueryId(text)


def parse_envelope_id(text: str) -> EnvelopeId:
    """Return ``text`` as a message's name; MalformedError if it is none."""
    if not _HASH.fullmatch(text):
        raise MalformedError(_("A message is named by 64 hexadecimal digits."), where="message")
    return EnvelopeId(text)


def parse_blob_id(text: str) -> BlobId:
    """Return ``text`` as a blob's name; MalformedError if it is none."""
    if not _HASH.fullmatch(text):
        raise MalformedError(_("A blob is named by 64 hexadecimal digits."), where="blob")
    return BlobId(text)


def parse_record_id(text: str) -> tuple[BatchId, int]:
    """Split a record id into its batch and the offset in it; MalformedError if it is none."""
    match = _RECORD.fullmatch(text)
    if match is None:
        raise MalformedError(
            _("A record id is a batch of 64 hexadecimal digits, a dot and an offset."), where="record",
            next_step=_("A hit names it: take it from there."),
        )  # fmt: skip
    return BatchId(match[1]), int(match[2])


def is_record(text: str) -> bool:
    """Whether ``text`` names a record."""
    return _RECORD.fullmatch(text) is not None


def new_query_id(entropy: bytes) -> QueryId:
    """A query id from 16 random bytes."""
    return QueryId(f"q-{entropy[:16].hex()}")


def record_id(batch: BatchId, offset: int) -> RecordId:
    """The name of the record at ``offset`` of ``batch``."""
    return RecordId(f"{batch}.{offset}")
