"""Sending: an officer's message is sealed, kept and put into the outbox, in one transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

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
from comity.exchange.form import Filled
from comity.exchange.forms import READS_AS, find_form, form_of
from comity.exchange.judging import TEST, Asked, Written, detail_of_form, facts_of_form, read_asked
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
from comity.members.home import Home, Partners
from comity.members.presence import facts_of, worst_standing
from comity.members.standing import Channel
from comity.plug import RoomPart
from comity.rules.act import Standing
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.sealing import SealingKey
from comity.texts import N_, _

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
    """The body of ``message.send``. ``reply_to`` names the message that it answers; ``urgency`` sets the deadline.

    With a ``form``, subject and text are empty, and ``within`` is one of its deadlines.
    """

    to: tuple[MemberCode, ...]
    subject: str
    text: str
    urgency: Urgency = "routine"
    handling: str = ""
    reply_to: str = ""
    attachments: tuple[Attachment, ...] = ()
    form: Filled | None = None
    within: str = ""


class SendSeen(NamedTuple):
    """What a new message is judged and made by: what it answers, None where it answers nothing or that is not here.

    ``asked`` is the same with the form that it is.
    """

    parent: Message | None
    keys: dict[MemberCode, bytes]
    asked: Asked | None


SEND: Final = Kind[Sending, EnvelopeId]("message.send", Sending, title=N_("Sending a message"))
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
        sending = act.body
        parent = unit.find_message(sending.reply_to) if sending.reply_to else None
        keys = sealing_keys(sending.to, self._home.directory(), act.at)
        if parent is None or sending.form is None:
            return SendSeen(parent, keys, None)
        own, head = self._home.member, parent.head
        was_asked = any(each.member == own for each in head.recipients) and head.sender in sending.to
        asked = read_asked(parent, self._vault.storage_key(), was_asked=was_asked, is_strict=True)
        return SendSeen(parent, keys, asked)

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
            source_standing=self._standing_of_source(act),
            **facts_of_form(
                Written(_text_of(sending), self._home.member, sending.to, *_deadline_of(sending)),
                seen.asked,
                self._home,
            ),
        )

    def decide(self, act: Act[Sending], verdict: Verdict, seen: SendSeen) -> Decision[EnvelopeId]:
        """Seal it once for all, keep it here, queue a copy for each."""
        sending, parent = act.body, seen.parent
        within, urgency = _deadline_of(sending)
        answer_by = act.at + within if within else None
        detail = {"to": sending.to} | detail_of_head(urgency, answer_by, sending.handling)
        detail |= detail_of_form(sending.form, seen.asked)
        if not verdict.is_allowed:
            return Decision(detail=detail)
        self._verify_judged(sending.form)
        address = Address("message", self._home.member, act.at, act.at + EXPIRY, answer_by, urgency, sending.handling)
        text = msgspec.structs.replace(_text_of(sending), thread=parent.thread if parent else "")
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

    def _standing_of_source(self, act: Act[Sending]) -> Standing:
        """How whoever is asked as the source of a record stands for entering; open where nobody is asked so."""
        form = find_form(act.body.form)
        asked = act.body.to if form is not None and form.asks_source_of else ()
        return worst_standing(asked, self._home.directory(), (Channel.ENTER,), act.at)

    def _verify_judged(self, form: Filled | None) -> None:
        """Raise InputError for a form while the rulebook in force does not say who may send it."""
        if form is not None and not self._home.has_rule(TEST, SEND.name):
            raise InputError(
                _("The rulebook in force does not say yet who may send which form."),
                where="form",
                next_step=_("Write a message, and ask the secretariat for a rulebook with rules about forms."),
            )


def _text_of(sending: Sending) -> Text:
    return Text(2, sending.subject, sending.text, "", sending.reply_to, sending.attachments, sending.form)


def _deadline_of(sending: Sending) -> tuple[timedelta | None, Urgency]:
    """By when an answer is asked for, from now, and how urgent the envelope is; a free answer asks for none."""
    if sending.form is None:
        return None if sending.reply_to else ANSWER_WITHIN[sending.urgency], sending.urgency
    form = form_of(sending.form)
    deadline = form.find_deadline(sending.within)
    answers = form.sent_by == "whoever-was-asked"
    return (deadline.within, deadline.urgency) if deadline else (None, sending.urgency if answers else form.urgency)


def detail_of_head(urgency: Urgency, answer_by: datetime | None, handling: str) -> dict[str, Any]:
    """What an act's entry says of a message, as its head says it in clear."""
    return {"urgency": urgency, "answer_by": answer_by, "handling": handling}


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
    verify_reading(text.form, keys, directory)
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


def verify_reading(filled: Filled | None, readers: Iterable[MemberCode], directory: Directory) -> None:
    """Raise InputError for a form that a node of ``readers`` cannot read yet, naming whose."""
    form = form_of(filled)
    behind = () if form.is_first else directory.not_reading(f"{READS_AS}{form.name}", form.version, readers)
    if behind:
        raise InputError(
            _("{form}: this form cannot be read yet at: {members}.").format(
                form=_(form.title), members=", ".join(sorted(behind))
            ),
            where="to",
            next_step=_("Write a message instead, or wait until Comity is updated there."),
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


class Sealing(Partners, Protocol):
    """Partners of acts that seal or open texts."""

    @property
    def vault(self) -> Vault:
        """Which keys open and keep them."""


def _acts(partners: Sealing) -> tuple[Done, ...]:
    return (done(SEND, SendMessage(partners.home, partners.vault)),)


PART: Final = RoomPart((SEND,), _acts)
