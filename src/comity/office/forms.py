"""Forms on behalf of officers: filled in and sent by their declarations, and what was asked about a record."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from comity.act import Session
from comity.damage import UNREADABLE, Damages
from comity.errors import InputError, MalformedError, TooLargeError, UnknownError
from comity.exchange.asked import AskedState, follow_asked
from comity.exchange.envelope import Urgency
from comity.exchange.form import Filled, FormDeclaration, read_fields
from comity.exchange.forms import find_form, forms_by_hand, newest_form
from comity.exchange.judging import Asked, is_answered_by, read_asked, repeated
from comity.exchange.message import Message, Text, open_kept
from comity.exchange.reading import OPEN
from comity.exchange.sending import Sending
from comity.exchange.thread import is_answer
from comity.gate import Outcome
from comity.ids import EnvelopeId, MemberCode, parse_envelope_id, parse_member_code
from comity.office.faces import Faces, covers
from comity.office.fates import fates_of, rules_against
from comity.peer.messenger import FOLLOWED_BY, Messenger, Officers
from comity.registers.registry import instructions_of
from comity.rules.in_force import InForce
from comity.store.store import Store
from comity.texts import _
from comity.tiles.reading import LedgerReader, ListWanted

CHECKED_BY: Final = "query.ask"
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

    ``said`` is what it answers: while nobody here has opened it what was chosen in it alone, codes that hold nothing of
    a person. None where the reader's roles do not cover its level. ``rules`` are those by which it was refused.
    """

    message: Message
    form: FormDeclaration
    state: AskedState
    answer: Message | None
    said: Filled | None
    rules: tuple[str, ...] = ()

    @property
    def is_unread(self) -> bool:
        """Whether an answer has come that nobody here has opened."""
        return self.answer is not None and not self.answer.is_outgoing and self.answer.opened_at is None


class AskedOf(NamedTuple):
    """What was asked about a record, the newest first; of the members ``cut`` there is more, which the ledger has.

    Not ``is_whole`` where something of it cannot be read here: then more may have been asked, or answered.
    """

    asked: tuple[AskedAbout, ...]
    cut: tuple[str, ...]
    is_whole: bool = True


class _Named(NamedTuple):
    """Messages that the ledger names beside a record, with their texts, None for one that cannot be read."""

    messages: tuple[tuple[Message, Text | None], ...]
    cut: tuple[str, ...]
    is_whole: bool


class FormDesk:
    """A node has one, as ``Node.forms``."""

    def __init__(
        self,
        messages: Messenger,
        store: Store,
        ledger: LedgerReader,
        faces: Faces,
        officers: Officers,
        rulebook: Callable[[], InForce],
        damages: Damages,
    ) -> None:
        self._damages = damages
        self._messages = messages
        self._store = store
        self._ledger = ledger
        self._faces = faces
        self._officers = officers
        self._rulebook = rulebook

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

    def given(self, form: FormDeclaration, typed: Mapping[str, str]) -> dict[str, str]:
        """What follows from the record that is asked about, or the question that is answered, and is not chosen.

        UnknownError where that question is not here.
        """
        source = self._source(form, typed)
        return self._said_again(form, typed.get("reply_to", "")) | ({"to": source} if source else {})

    def asked_about(self, by: Session, *records: str) -> tuple[AskedOf, ...]:
        """What was asked about each of the records by forms, as the ledger has it. This is no act.

        It is for whoever has had a hit on that record, or follows messages: state, answer and instruction are about
        that hit. RefusedError for others.
        """
        roles = frozenset(self._officers.verify_may(by, *FOLLOWED_BY, CHECKED_BY).roles)
        return tuple(self._asked_about(record, roles) for record in records)

    def _asked_about(self, record: str, roles: frozenset[str]) -> AskedOf:
        named = self._named(record)
        is_whole, found = named.is_whole and not self._damages.of_lists_of_entries(), []
        for message, text in named.messages:
            form = find_form(text.form) if text is not None else None
            if form is not None and form.answered_by:
                thread = self._beside(message, named)
                is_whole = is_whole and all(said is not None for _each, said in thread)
                found.append(self._follow(message, form, thread, roles))
        newest = sorted(found, key=lambda each: each.message.kept_at, reverse=True)
        return AskedOf(tuple(newest), named.cut, is_whole)

    def _named(self, record: str) -> _Named:
        wanted = ListWanted(about=record, verdict="allowed", most=ASKED_MAX)
        listed = self._ledger.list_of_each(wanted, ("message.send", "message.deliver"))
        contents = (row.content for _member, page in listed.pages for row in page.entries)
        names = dict.fromkeys(str(content.detail.get("message", "")) for content in contents if content is not None)
        key, here = self._messages.storage_key(), [self._messages.find(name) for name in names]
        messages = tuple((each, _text(each, key)) for each in here if each is not None)
        cut = {member for member, page in listed.pages if page.older is not None}
        is_whole = listed.is_whole and None not in here and all(text is not None for _each, text in messages)
        return _Named(messages, tuple(sorted(cut)), is_whole)

    def _beside(self, asked: Message, named: _Named) -> list[tuple[Message, Text | None]]:
        """What is in its thread, and what the ledger names beside its record, be it in a thread that was changed."""
        key, thread = self._messages.storage_key(), self._messages.in_thread(asked.thread)
        ids = {each.id for each in thread}
        others = [(each, text) for each, text in named.messages if each.id not in ids]
        return [*others, *((each, _text(each, key)) for each in thread)]

    def _follow(
        self,
        message: Message,
        form: FormDeclaration,
        thread: Sequence[tuple[Message, Text | None]],
        roles: frozenset[str],
    ) -> AskedAbout:
        answers = [(each, text) for each, text in thread if text and _is_answer_to(message, form, each, text)]
        last, text = answers[-1] if answers else (None, None)
        fates = fates_of(self._store, message)
        state = follow_asked(message, (each for each, _text_of_it in answers), fates, self._messages.now())
        rules = rules_against(self._store, message) if state is AskedState.REFUSED else ()
        found = AskedAbout(message, form, state, last, text.form if text is not None else None, rules)
        if last is None or found.said is None:
            return found
        if not covers(self._rulebook(), roles, OPEN.name, last.head.handling):
            return msgspec.structs.replace(found, said=None)
        return msgspec.structs.replace(found, said=chosen_of(found.said)) if found.is_unread else found

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
            read = read_fields(form, {**sent.fields, **self._said_again(form, sent.reply_to)}, instructions_of)
            theirs = self._messages.form_for(form.name, to)
            form, fields = theirs, _as_read_by((form, theirs), to, read)
        except InputError as error:
            problems.append(error)
        if problems:
            raise _together(problems)
        return Sending(
            (to,), "", "", self._urgency_of(sent.reply_to), sent.handling or self._messages.lowest_level(),
            sent.reply_to, (),
            Filled(form.name, form.version, fields), deadline.code if deadline else "",
        )  # fmt: skip

    def _recipient(self, form: FormDeclaration, sent: FormSent) -> MemberCode:
        if form.sent_by != "whoever-was-asked":
            to = parse_member_code(sent.to.strip() or self._source(form, sent.fields))
            self._messages.verify_readers((to,))
            self._verify_source(form, sent, to)
            return to
        if not sent.reply_to:
            raise MalformedError(_("It answers a message: which?"), where="reply_to")
        sender = self.find_asked(sent.reply_to).message.head.sender
        if sent.to.strip() not in ("", sender):
            raise MalformedError(_("An answer goes to who asked: {name}.").format(name=sender), where="to")
        return sender

    def _said_again(self, form: FormDeclaration, reply_to: str) -> dict[str, str]:
        is_answer = form.sent_by == "whoever-was-asked"
        return repeated(form, self.find_asked(reply_to)) if reply_to and is_answer else {}

    def _urgency_of(self, reply_to: str) -> Urgency:
        """An answer is as urgent as what it answers; a form with deadlines has the urgency of the one chosen."""
        return self.find_asked(reply_to).message.head.urgency if reply_to else "routine"

    def _source(self, form: FormDeclaration, fields: Mapping[str, str]) -> str:
        """Whose record a form asks about, as far as it is known here; empty for one that asks no record's source."""
        record = fields.get(form.asks_source_of, "").strip() if form.asks_source_of else ""
        return self._faces.find_source(record) or "" if record else ""

    def _verify_source(self, form: FormDeclaration, sent: FormSent, to: MemberCode) -> None:
        source = self._source(form, sent.fields)
        if source and to != source:
            raise MalformedError(
                _("The source of this record is {source}, and {other} cannot answer for it.").format(
                    source=source, other=to
                ),
                where="to",
                next_step=_("Ask {source}.").format(source=source),
            )


def chosen_of(filled: Filled) -> Filled:
    """What was chosen in a form, and for which record: nothing that anybody typed."""
    form = find_form(filled)
    kept = {each.name for each in form.fields if each.is_chosen or each.is_repeated} if form else set()
    return Filled(filled.form, filled.v, {name: said for name, said in filled.fields.items() if name in kept})


def _as_read_by(
    forms: tuple[FormDeclaration, FormDeclaration], to: MemberCode, fields: Mapping[str, str]
) -> dict[str, str]:
    """Fields of the newest version in the one that the recipient's node reads.

    MalformedError for what that has not, or would read in other words. What a question says is in the question too.
    """
    newest, theirs = forms
    left = {each.name for each in newest.fields if each.is_repeated and theirs.find_field(each.name) is None}
    kept = {name: said for name, said in fields.items() if name not in left}
    strange = [
        name
        for name in kept
        if theirs.find_field(name) is None or _word(theirs, name, kept) != _word(newest, name, fields)
    ]
    if strange:
        raise MalformedError(
            _("{names}: the node of {member} cannot read this yet.").format(names=", ".join(strange), member=to),
            where=", ".join(strange),
            next_step=_("Leave it empty, or wait until Comity is updated there."),
        )
    return read_fields(theirs, kept, instructions_of)


def _word(form: FormDeclaration, name: str, fields: Mapping[str, str]) -> str:
    """What a chosen code means in a version of a form; empty where nothing is chosen."""
    field = form.find_field(name)
    choice = field.find_choice(fields[name], fields, instructions_of) if field else None
    return choice.title if choice else ""


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
