"""The envelope: a signed head in clear, and a body that only the bureaus addressed can open.

Two signed parts, JSON, kept as sent and never encoded again: the *head* says who writes to whom, when, how it is to be
handled, and commits to the text; the *seals* have a hash for each recipient's wrap and one for the body. One signature
covers the hashes of both, so all recipients provably got the same text. The text is encrypted once (AES-256-GCM), its
key wrapped for each recipient by HPKE, bound to the head; a recipient is sent its own wrap only.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.bounded import Hash, Level
from comity.errors import InputError, MalformedError, TooLargeError, UntrustedError
from comity.exchange.signed import Moment, verify_moments
from comity.formats import Format
from comity.ids import EnvelopeId, MemberCode
from comity.limits import ENVELOPE_BLOBS_MAX, FRAME_BYTES, HEAD_BYTES, MEMBERS_MAX
from comity.plug import RoomPart
from comity.sealing import WRAP_BYTES_MAX, SealingKey, wrap_to
from comity.signer import Entropy, Frame, Signer, key_id, parse_frame, sign_frame
from comity.texts import _

CONTEXT: Final = "envelope"
SALT_BYTES: Final = 32
_KEY_BYTES: Final = 32
_NONCE: Final = bytes(12)  # each content key encrypts one body only
_PARTS = re.compile(rb"([A-Z][A-Z0-9]{1,7}) (\d{1,7}) (\d{1,7}) (\d{1,7}) (\d{1,7})")
_LINE_BYTES_MAX: Final = 160

Urgency = Literal["routine", "urgent", "immediate"]
Kind = Literal["message", "alert"]
Part = TypeVar("Part", bound=msgspec.Struct)
KeyId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z", max_length=16)]


class Recipient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bureau addressed, and the sealing key that its wrap is for."""

    member: MemberCode
    key: KeyId


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What of an envelope travels in clear.

    ``answer_by`` is when an answer is asked for, if one is; after ``expires_at`` it is delivered no more. ``handling``
    is one of the rulebook's levels. ``blobs`` are the names of encrypted attachments, for whoever carries them.
    ``commitment`` is ``commit`` of salt and text.

    Evolution: ``v`` changes with any member. Every member is mandatory: who reads one that it does not know refuses the
    envelope with a receipt, so a sender uses the newest version that all recipients and the relay read. Version 1 knew
    three levels.
    """

    v: Literal[2]
    kind: Kind
    sender: MemberCode
    recipients: Annotated[tuple[Recipient, ...], msgspec.Meta(min_length=1, max_length=MEMBERS_MAX)]
    sent_at: Moment
    expires_at: Moment
    answer_by: Moment | None
    urgency: Urgency
    handling: Level
    blobs: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=ENVELOPE_BLOBS_MAX)]
    commitment: Hash

    def __post_init__(self) -> None:
        verify_moments(self.sent_at, self.expires_at, self.answer_by)

    def before(self) -> "HeadV1":
        """The same in version 1; InputError for a level that it does not know."""
        if self.handling not in LEVELS_V1:
            raise InputError(
                _("Version 1 of an envelope does not know the level {level}.").format(level=self.handling),
                where="handling",
                next_step=_("Choose one of {levels}.").format(levels=", ".join(LEVELS_V1)),
            )
        return HeadV1(**(msgspec.structs.asdict(self) | {"v": 1}))


class HeadV1(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same in version 1, whose levels were three, and in the program."""

    v: Literal[1]
    kind: Kind
    sender: MemberCode
    recipients: Annotated[tuple[Recipient, ...], msgspec.Meta(min_length=1, max_length=MEMBERS_MAX)]
    sent_at: Moment
    expires_at: Moment
    answer_by: Moment | None
    urgency: Urgency
    handling: Literal["official-use", "restricted", "confidential"]
    blobs: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=ENVELOPE_BLOBS_MAX)]
    commitment: Hash

    def __post_init__(self) -> None:
        verify_moments(self.sent_at, self.expires_at, self.answer_by)

    def next(self) -> Head:
        """The same in version 2."""
        return Head(**(msgspec.structs.asdict(self) | {"v": 2}))


LEVELS_V1: Final = ("official-use", "restricted", "confidential")
HEAD: Final = Format[Head]("envelope", {1: HeadV1, 2: Head}, raised={1: HeadV1.next}, lowered={2: Head.before})


class Seals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The SHA-256 of the encrypted body, and of each recipient's wrap.

    Evolution: as for ``Head``.
    """

    v: Literal[1]
    body: Hash
    wraps: Annotated[dict[MemberCode, Hash], msgspec.Meta(min_length=1, max_length=MEMBERS_MAX)]


SEALS: Final = Format[Seals]("seals", {1: Seals})


class Envelope(msgspec.Struct, frozen=True):
    """An envelope's copy for one recipient, as it was sent; nothing about it is verified yet.

    ``head`` and ``seals`` are None where this version cannot read them.
    """

    frame: Frame
    to: MemberCode
    head_bytes: bytes
    seals_bytes: bytes
    wrap: bytes
    body: bytes
    head: Head | None
    seals: Seals | None

    @property
    def id(self) -> EnvelopeId:
        """Its name: the SHA-256 of what is signed, hexadecimal; the same in every recipient's copy."""
        return EnvelopeId(hashlib.sha256(self.frame.body).hexdigest())

    def read_head(self) -> Head:
        """Its head; NewerError where that is of a newer version, MalformedError or TooLargeError if it is none."""
        return self.head or HEAD.read(self.head_bytes, where=CONTEXT, most=HEAD_BYTES)

    def encode(self) -> bytes:
        """The bytes for the line: the frame's first line, a line with recipient and lengths, the four parts."""
        parts = (self.head_bytes, self.seals_bytes, self.wrap, self.body)
        lengths = " ".join(str(len(part)) for part in parts)
        first = msgspec.structs.replace(self.frame, body=b"").encode()
        return first + f"{self.to} {lengths}\n".encode() + b"".join(parts)

    def shell(self) -> bytes:
        """What is kept as evidence once the text is out: the same without wrap and body."""
        return msgspec.structs.replace(self, wrap=b"", body=b"").encode()

    def verify_whole(self) -> None:
        """Raise UntrustedError if wrap or body are not what the seals have: it was altered on its way."""
        seals = self.seals
        if seals is None:
            return
        if seals.wraps.get(self.to) != _hash(self.wrap) or seals.body != _hash(self.body):
            raise UntrustedError(_("The envelope was altered on its way."), where=CONTEXT)


class Address(NamedTuple):
    """What is written on a new envelope."""

    kind: Kind
    sender: MemberCode
    sent_at: datetime
    expires_at: datetime
    answer_by: datetime | None
    urgency: Urgency
    handling: str


class Versions(NamedTuple):
    """Of head and seals: the newest that all who carry or open an envelope read."""

    head: int
    seals: int


FIRST_VERSIONS: Final = Versions(1, 1)


class Sealed(NamedTuple):
    """A new envelope: a copy for each recipient."""

    id: EnvelopeId
    head: Head
    copies: dict[MemberCode, Envelope]


class Plain(NamedTuple):
    """What was in an envelope: ``text`` committed to with ``salt``."""

    salt: bytes
    text: bytes


def commit(salt: bytes, text: bytes) -> str:
    """The salted commitment to a text: SHA-256 over the version, 32 bytes of salt, the text."""
    return _hash(b"comity/text/v1\n" + salt + text)


def seal(
    plain: Plain,
    keys: Mapping[MemberCode, bytes],
    address: Address,
    signer: Signer,
    entropy: Entropy,
    *,
    blobs: tuple[str, ...] = (),
    versions: Versions = FIRST_VERSIONS,
) -> Sealed:
    """Seal a text for the holders of ``keys`` (raw sealing public keys by member) and sign it once for all of them.

    1. The head, committing to the text. InputError where its version cannot say it.
    2. The body under a fresh key; the key wrapped for each, bound to the head's hash.
    3. The seals: the hashes of body and wraps.
    4. One signature over the hashes of head and seals.
    """
    recipients = tuple(Recipient(member, key_id(keys[member])) for member in sorted(keys))
    said = {**address._asdict(), "recipients": recipients, "blobs": blobs, "commitment": commit(*plain)}
    head = msgspec.convert({"v": 2, **said}, Head)
    head_bytes = HEAD.write(head, versions.head)
    bound = hashlib.sha256(head_bytes).digest()
    key = entropy(_KEY_BYTES)
    body = AESGCM(key).encrypt(_NONCE, plain.salt + plain.text, bound)
    wraps = {each.member: wrap_to(keys[each.member], key, bound) for each in recipients}
    seals = Seals(1, _hash(body), {member: _hash(wrap) for member, wrap in wraps.items()})
    seals_bytes = SEALS.write(seals, versions.seals)
    frame = sign_frame(signer, CONTEXT, _signed(head_bytes, seals_bytes))
    copies = {
        member: Envelope(frame, member, head_bytes, seals_bytes, wrap, body, head, seals)
        for member, wrap in wraps.items()
    }
    return Sealed(next(iter(copies.values())).id, head, copies)


def parse_envelope(data: bytes) -> Envelope:
    """Read a copy without judging it; MalformedError or TooLargeError if it is none.

    Head and seals of a version that is not known are left unread, so that their sender can be told.
    """
    if len(data) > FRAME_BYTES:
        raise TooLargeError(_("An envelope has at most {most} bytes.").format(most=FRAME_BYTES), where=CONTEXT)
    first, _lf, rest = data.partition(b"\n")
    line = rest[:_LINE_BYTES_MAX].partition(b"\n")[0]
    match = _PARTS.fullmatch(line)
    if match is None:
        raise MalformedError(_("An envelope names its recipient and its parts' lengths."), where=CONTEXT)
    lengths = [int(match[number]) for number in range(2, 6)]
    start = len(line) + 1
    if lengths[0] > HEAD_BYTES or lengths[1] > HEAD_BYTES or lengths[2] > WRAP_BYTES_MAX:
        raise TooLargeError(_("A part of the envelope passes its bound."), where=CONTEXT)
    if start + sum(lengths) != len(rest):
        raise MalformedError(_("The envelope is not as long as it says."), where=CONTEXT)
    parts = []
    for length in lengths:
        parts.append(rest[start : start + length])
        start += length
    frame = parse_frame(first + b"\n" + _signed(parts[0], parts[1]), CONTEXT)
    head, seals = _read(parts[0], HEAD), _read(parts[1], SEALS)
    return Envelope(frame, MemberCode(match[1].decode()), parts[0], parts[1], parts[2], parts[3], head, seals)


def open_envelope(envelope: Envelope, key: SealingKey) -> Plain:
    """The text, if it is what the head commits to; UntrustedError otherwise: then recipients would read differently."""
    head = envelope.read_head()
    bound = hashlib.sha256(envelope.head_bytes).digest()
    secret = key.unwrap(envelope.wrap, bound)
    try:
        opened = AESGCM(secret).decrypt(_NONCE, envelope.body, bound)
    except (InvalidTag, ValueError) as error:
        raise UntrustedError(_("The body does not open with the key that was sent."), where=CONTEXT) from error
    plain = Plain(opened[:SALT_BYTES], opened[SALT_BYTES:])
    if commit(*plain) != head.commitment:
        raise UntrustedError(_("The text is not the one that the sender committed to."), where=CONTEXT)
    return plain


def _signed(head: bytes, seals: bytes) -> bytes:
    return f"{_hash(head)}\n{_hash(seals)}\n".encode()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read(data: bytes, form: Format[Part]) -> Part | None:
    try:
        return form.read(data, where=CONTEXT, most=HEAD_BYTES)
    except InputError:
        return None


PART: Final = RoomPart(travelling=(HEAD, SEALS))
