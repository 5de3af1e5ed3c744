"""Sending: an officer's message is sealed, kept and put into the outbox, in one transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, Protocol

import msgspec

from comity.act import Act
from comity.bounded import Level
from comity.errors import InputError
from comity.exchange.blob import BlobShared, UploadUsed
from comity.exchange.delivery import DeliveryQueued, new_delivery
from comity.exchange.envelope import (
    HEAD,
    LEVELS_V1,
    SALT_BYTES,
    SEALS,
    Address,
    Plain,
    Sealed,
    Urgency,
    Versions,
    seal,
)
from comity.exchange.message import (
    ANSWER_WITHIN,
    EXPIRY,
    TEXT,
    Attachment,
    Message,
    MessageKept,
    MessageView,
    Text,
    keep_text,
)
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import BlobId, EnvelopeId, MemberCode
from comity.kind import Kind
from comity.members.directory import Directory
from comity.members.home import Home
from comity.members.presence import facts_of
from comity.members.standing import Channel
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.sealing import SealingKey
from comity.texts import _

_DAY_S = 86_400.0


class Vault(Protocol):
    """The node's keys for what is secret; UnavailableError while they are locked."""

    def storage_key(self) -> bytes:
        """The key under which texts are kept here."""

    def find_sealing_key(self, name: str) -> SealingKey | None:
        """The sealing key of that id; None where this node has none such, or not any more."""


class SendingUnit(UnitOfWork, MessageView, Protocol):
    """A unit of work that knows the messages."""


class Sending(msgspec.Struct, frozen=True):
    """The body of ``message.send``. ``reply_to`` names the message that it answers; ``urgency`` sets the deadline."""

    to: tuple[MemberCode, ...]
    subject: str
    text: str
    urgency: Urgency = "routine"
    handling: str = ""
    reply_to: str = ""
    attachments: tuple[Attachment, ...] = ()


class SendSeen(NamedTuple):
    """What a new message is judged and made by: what it answers, None where it answers nothing or that is not here."""

    parent: Message | None
    keys: dict[MemberCode, bytes]


SEND: Final = Kind[Sending, EnvelopeId]("message.send", Sending)
"""An officer sends a message; release is its name."""


class SendMessage:
    """What is done for ``SEND``."""

    changes = True
    gives_to: GivesTo = "members"

    def __init__(self, home: Home, vault: Vault) -> None:
        self._home = home
        self._vault = vault

    def look(self, act: Act[Sending], unit: SendingUnit) -> SendSeen:
        """What it answers, and the keys of those it is for."""
        answered = act.body.reply_to
        parent = unit.find_message(answered) if answered else None
        return SendSeen(parent, sealing_keys(act.body.to, self._home.directory(), act.at))

    def facts(self, act: Act[Sending], seen: SendSeen) -> Facts:
        """Role and standing; who it is for, at which level, and whether what it answers is here."""
        sending = act.body
        return facts_of(
            act,
            self._home.directory(),
            channel=Channel.MESSAGE,
            gives_to=sending.to,
            count=len(sending.to),
            handlings=frozenset({sending.handling}),
            is_addressable=is_addressable(sending.to, self._home.member, seen.keys),
            is_known=not sending.reply_to or seen.parent is not None,
            days_left=EXPIRY.total_seconds() / _DAY_S,
        )

    def decide(self, act: Act[Sending], verdict: Verdict, seen: SendSeen) -> Decision[EnvelopeId]:
        """Seal it once for all, keep it here, queue a copy for each."""
        sending, parent = act.body, seen.parent
        detail = {"to": sending.to, "urgency": sending.urgency, "handling": sending.handling}
        if not verdict.is_allowed:
            return Decision(detail=detail)
        answer_by = None if parent else act.at + ANSWER_WITHIN[sending.urgency]
        address = Address(
            "message", self._home.member, act.at, act.at + EXPIRY, answer_by, sending.urgency, sending.handling
        )
        text = Text(
            1, sending.subject, sending.text, parent.thread if parent else "", sending.reply_to, sending.attachments
        )
        sealed, plain = seal_text(text, seen.keys, address, self._home)
        kept = keep_text(plain, self._vault.storage_key(), sealed.id, self._home.entropy)
        # The relay may have to pull attachments for a recipient who is not there now.
        readers = (*sending.to, self._home.secretariat)
        blobs = tuple(BlobId(each.blob) for each in sending.attachments)
        return Decision(
            release=lambda _entry: sealed.id,
            changes=(
                MessageKept(keep_sent(sealed, text, kept, act.at, act.actor.officer)),
                *queue_copies(sealed, act.at),
                *(BlobShared(blob, readers) for blob in blobs),
                *(UploadUsed(blob) for blob in blobs),
            ),
            detail=detail | {"message": sealed.id, "reply_to": sending.reply_to, "blobs": blobs},
        )


def is_addressable(to: tuple[MemberCode, ...], own: MemberCode, keys: Mapping[MemberCode, bytes]) -> bool:
    """Whether each is another member's bureau, named once, that messages can be sealed to by one of ``keys``."""
    return own not in to and len(set(to)) == len(to) == len(keys)


def sealing_keys(to: tuple[MemberCode, ...], directory: Directory, now: datetime) -> dict[MemberCode, bytes]:
    """The present sealing keys of those that have one."""
    bureaus = {member: directory.find_bureau(member, now) for member in to}
    keys = {member: bureau.sealing_key for member, bureau in bureaus.items() if bureau}
    return {member: key for member, key in keys.items() if key}


def seal_text(text: Text, keys: Mapping[MemberCode, bytes], address: Address, home: Home) -> tuple[Sealed, Plain]:
    """An envelope with that text, salted anew, for the holders of ``keys``, in versions that they and the relay read.

    InputError where the node of one of them cannot read yet what is to be said.
    """
    directory, readers = home.directory(), (*keys, home.secretariat)
    verify_level(address.handling, readers, directory)
    plain = Plain(home.entropy(SALT_BYTES), TEXT.write(text, directory.newest_for(TEXT, keys)))
    blobs = tuple(each.blob for each in text.attachments)
    versions = Versions(directory.newest_for(HEAD, readers), directory.newest_for(SEALS, readers))
    return seal(plain, keys, address, home.signer, home.entropy, blobs=blobs, versions=versions), plain


def verify_level(level: str, readers: Iterable[MemberCode], directory: Directory) -> None:
    """Raise InputError for a level that cannot be written, naming whose node reads only those of version 1."""
    try:
        msgspec.convert(level, Level)
    except msgspec.ValidationError as error:
        text = _("A level is called by small letters, digits and hyphens.")
        raise InputError(text, where="handling", next_step=_("Have it called so in the rulebook.")) from error
    behind = [code for code in readers if directory.newest_for(HEAD, (code,)) == 1]
    if level not in LEVELS_V1 and behind:
        raise InputError(
            _("The level {level} cannot be read yet at: {members}.").format(level=level, members=", ".join(behind)),
            where="handling",
            next_step=_("Choose one of {levels}, or wait until Comity is updated there.").format(
                levels=", ".join(LEVELS_V1)
            ),
        )


def keep_sent(sealed: Sealed, text: Text, kept: bytes, now: datetime, officer: str) -> Message:
    """The sender's own copy."""
    shell = next(iter(sealed.copies.values())).shell()
    return Message(EnvelopeId(sealed.id), text.thread or sealed.id, True, sealed.head, shell, kept, now, officer)


def queue_copies(sealed: Sealed, now: datetime) -> tuple[DeliveryQueued, ...]:
    """A delivery for each recipient, of its own copy."""
    sender, expires_at = sealed.head.sender, sealed.head.expires_at
    return tuple(
        DeliveryQueued(
            new_delivery(sealed.id, "envelope", copy.encode(), sender=sender, to=member, now=now, expires_at=expires_at)
        )
        for member, copy in sealed.copies.items()
    )


def sending_acts(home: Home, vault: Vault) -> tuple[Done, ...]:
    """What this file registers at the gate."""
    return (done(SEND, SendMessage(home, vault)),)
