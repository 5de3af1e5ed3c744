"""Forms on behalf of officers: filled in and sent by their declarations, and what was asked about a record."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from comity.act import Session
from comity.damage import UNREADABLE
from comity.errors import InputError, MalformedError, TooLargeError, UnknownError
from comity.exchange.asked import AskedState, follow_asked
from comity.exchange.form import Filled, FormDeclaration, read_fields
from comity.exchange.forms import find_form, forms_by_hand, newest_form
from comity.exchange.judging import Asked, is_answered_by, read_asked
from comity.exchange.message import Message, Text, open_kept
from comity.exchange.sending import Sending
from comity.exchange.thread import is_answer
from comity.gate import Outcome
from comity.ids import EnvelopeId, MemberCode, parse_envelope_id, parse_member_code
from comity.peer.messenger import Messenger
from comity.texts import _
from comity.tiles.reading import LedgerReader, ListWanted

ASKED_MAX: Final = 10
"""How many entries of each member about one record are looked at, the newest."""


class FormSent(msgspec.Struct, frozen=True, kw_only=True):
    """What an officer fills in. ``to`` is left empty in an answer, which goes to who asked, and names ``reply_to``.

    Without ``handling`` it goes at the level that protects least.
    """

    form: str
    fields: Mapping[str, str]
    to: str = ""
    reply_to: str = ""
    within: str = ""
    handling: str = ""


class AskedAbout(msgspec.Struct, frozen=True):
    """A question about a record that went from here, or came in; ``answer`` is the latest that is here.

    ``said`` is what it answers, once somebody here has opened it; what nobody has opened is not shown.
    """

    message: Message
    form: FormDeclaration
    state: AskedState
    answer: Message | None
    said: Filled | None


class AskedOf(NamedTuple):
    """What was asked about a record, the newest first; of the members ``cut`` there is more, which the ledger has."""

    asked: tuple[AskedAbout, ...]
    cut: tuple[str, ...]


class FormDesk:
    """A node has one, as ``Node.forms``."""

    def __init__(self, messages: Messenger, ledger: LedgerReader) -> None:
        self._messages = messages
        self._ledger = ledger

    def send(self, by: Session, sent: FormSent) -> Outcome[EnvelopeId]:
        """Send a form; release is its name. The errors of ``read_fields``, and UnknownError, name what is wrong."""
        return self._messages.post(by, lambda: self._read(sent), on=sent.reply_to)

    def find_asked(self, name: str) -> Asked:
        """The message that an answer is for, with its form; UnknownError where it is not here."""
        message = self._messages.find(parse_envelope_id(name))
        if message is None:
            raise UnknownError(
                _("There is no such message here."), where="reply_to", next_step=_("Look for it in the inbox.")
            )
        key = self._messages.storage_key()
        return read_asked(message, key, was_asked=not message.is_outgoing, is_strict=False)

    def asked_about(self, by: Session, record: str) -> AskedOf:
        """What was asked about a record by forms, the newest first, as the ledger has it. This is no act."""
        self._messages.verify_follows(by)
        names: dict[str, None] = {}
        cut: set[str] = set()
        for kind in ("message.send", "message.deliver"):
            wanted = ListWanted(about=record, kind=kind, verdict="allowed", most=ASKED_MAX)
            for member, page in self._ledger.list_of_each(wanted).items():
                contents = (row.content for row in page.entries if row.content is not None)
                names |= dict.fromkeys(str(content.detail.get("message", "")) for content in contents)
                cut |= {member} if page.older is not None else set()
        found = [self._follow(message) for name in names if (message := self._messages.find(name))]
        newest = sorted(filter(None, found), key=lambda each: each.message.kept_at, reverse=True)
        return AskedOf(tuple(newest), tuple(sorted(cut)))

    def _follow(self, message: Message) -> AskedAbout | None:
        key = self._messages.storage_key()
        asked = _text(message, key)
        form = find_form(asked.form) if asked is not None else None
        if form is None or not form.answered_by:
            return None
        read = ((each, _text(each, key)) for each in self._messages.in_thread(message.thread))
        answers = [(each, text) for each, text in read if text and _is_answer_to(message, form, each, text)]
        last, text = answers[-1] if answers else (None, None)
        is_read = last is not None and (last.is_outgoing or last.opened_at is not None)
        said = text.form if text is not None and is_read else None
        state = follow_asked(message, (each for each, _text_of_it in answers), self._messages.now())
        return AskedAbout(message, form, state, last, said)

    def _read(self, sent: FormSent) -> Sending:
        form = newest_form(sent.form)
        if form.name not in forms_by_hand():
            raise MalformedError(_("This form is no officer's to send."), where="form")
        to = self._recipient(form, sent)
        deadline = form.find_deadline(sent.within)
        problems: list[InputError] = []
        if deadline is None and (sent.within or form.deadlines):
            names = ", ".join(each.code for each in form.deadlines)
            text = _("within: It is one of {names}.") if names else _("within: The form has no deadline.")
            problems.append(MalformedError(text.format(names=names), where="within"))
        fields: dict[str, str] = {}
        try:
            read = read_fields(form, sent.fields)
            form = self._messages.form_for(form.name, to)
            fields = _as_read_by(form, to, read)
        except InputError as error:
            problems.append(error)
        if problems:
            raise _together(problems)
        return Sending(
            (to,), "", "", "routine", sent.handling or self._messages.lowest_level(), sent.reply_to, (),
            Filled(form.name, form.version, fields), deadline.code if deadline else "",
        )  # fmt: skip

    def _recipient(self, form: FormDeclaration, sent: FormSent) -> MemberCode:
        if form.sent_by != "whoever-was-asked":
            to = parse_member_code(sent.to.strip())
            self._messages.verify_readers((to,))
            return to
        if not sent.reply_to:
            raise MalformedError(_("It answers a message: which?"), where="reply_to")
        sender = self.find_asked(sent.reply_to).message.head.sender
        if sent.to.strip() not in ("", sender):
            raise MalformedError(_("An answer goes to who asked: {name}.").format(name=sender), where="to")
        return sender


def _as_read_by(form: FormDeclaration, to: MemberCode, fields: Mapping[str, str]) -> dict[str, str]:
    """Fields of the newest version in the one that the recipient's node reads; MalformedError for what it has not."""
    strange = [name for name in fields if form.find_field(name) is None]
    if strange:
        raise MalformedError(
            _("{names}: the node of {member} cannot read this yet.").format(names=", ".join(strange), member=to),
            where=", ".join(strange),
            next_step=_("Leave it empty, or wait until Comity is updated there."),
        )
    return read_fields(form, fields)


def _text(message: Message, key: bytes) -> Text | None:
    """What a message says; None where it cannot be read, which the lists of messages tell."""
    try:
        return open_kept(message, key)
    except UNREADABLE:
        return None


def _is_answer_to(asked: Message, form: FormDeclaration, answer: Message, text: Text) -> bool:
    return is_answer(text.reply_to, answer.head, asked) and is_answered_by(form, find_form(text.form))


def _together(problems: list[InputError]) -> InputError:
    kind: Any = TooLargeError if any(isinstance(each, TooLargeError) for each in problems) else MalformedError
    error: InputError = kind(
        " ".join(each.message for each in problems),
        where=", ".join(each.where for each in problems),
        next_step=" ".join(filter(None, dict.fromkeys(each.next_step for each in problems))),
    )
    return error
