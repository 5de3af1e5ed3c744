"""What a person sees of a form: made once from its declaration, for page, API and command line alike."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from comity.characters import show_line
from comity.errors import MalformedError
from comity.exchange.asked import AskedState
from comity.exchange.form import Filled, FormDeclaration, FormField
from comity.exchange.forms import FORMS, find_form, newest_form
from comity.registers.registry import REGISTERS, get_register, instructions_of
from comity.rules.wording import Wording
from comity.shown.wording import purpose_title
from comity.texts import N_, _

STATE_TITLES: Final[Mapping[AskedState, str]] = MappingProxyType(
    {
        AskedState.COMING: N_("On its way: not there yet"),
        AskedState.WAITING: N_("Waits for its answer"),
        AskedState.OVERDUE: N_("Overdue: no answer has come in time"),
        AskedState.UNREACHED: N_("Overdue: it has not been there yet, so nobody answers"),
        AskedState.ANSWERED: N_("Answered in time"),
        AskedState.ANSWERED_LATE: N_("Answered late"),
        AskedState.REFUSED: N_("Refused: no answer will come"),
        AskedState.ENDED: N_("It never got there: no answer will come"),
    }
)
STATE_TONES: Final[Mapping[AskedState, str]] = MappingProxyType(
    {
        AskedState.COMING: "care",
        AskedState.WAITING: "plain",
        AskedState.OVERDUE: "stop",
        AskedState.UNREACHED: "stop",
        AskedState.ANSWERED: "clear",
        AskedState.ANSWERED_LATE: "care",
        AskedState.REFUSED: "stop",
        AskedState.ENDED: "stop",
    }
)
LATE: Final = N_("This answer came after the time by which it was asked for.")
NEWER: Final = N_("A form of a newer node")
_NEWER_STEP: Final = N_("Its form {name} is newer than what this node reads. Update Comity at this node.")
_SHORT: Final = 12  # of a record's number, in a headline
_NUMBERS: Final = ("record", "entry")  # kinds of fields that are long numbers

Clock = Callable[[datetime], str]
SayRecord = Callable[[str], str]
"""What its reader may know of a record, by its number: its name among people; empty for nothing."""


class _Reader(NamedTuple):
    """By which words and times a form is read, and what its reader knows of records."""

    wording: Wording
    clock: Clock
    say_record: SayRecord


def in_number(_record: str) -> str:
    """For who knows records by their numbers alone."""
    return ""


class FormLine(msgspec.Struct, frozen=True):
    """One field of a form that was filled in: what it says, ``said`` in words. ``kind`` is the field's."""

    name: str
    title: str
    kind: str
    value: str
    said: str
    tone: str = "plain"


class FormShown(msgspec.Struct, frozen=True, kw_only=True):
    """A form that was filled in, to be read.

    ``state`` is where it stands, of one that a form answers, a word of ``AskedState``; ``word`` says it. ``late`` says
    of an answer that it was. ``answer_with`` is the form by which whoever reads it answers; empty for nobody, and for a
    free message.
    """

    name: str
    version: int
    title: str
    headline: str
    tone: str
    lines: tuple[FormLine, ...]
    sentences: tuple[str, ...]
    state: str = ""
    word: str = ""
    late: str = ""
    answer_with: str = ""


class ChoiceDescribed(msgspec.Struct, frozen=True):
    """One choice of a field, or one deadline: ``code`` is what is sent. With a ``register`` it is for that alone."""

    code: str
    title: str
    register: str = ""


class FieldDescribed(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form: what it takes. ``kind`` is a word: ``line``, ``note``, ``choice``, ``record``, ..."""

    name: str
    title: str
    kind: str
    required: bool
    most_chars: int
    choices: tuple[ChoiceDescribed, ...]
    hint: str


class FormDescribed(msgspec.Struct, frozen=True, kw_only=True):
    """A form to be filled in. ``deadlines`` are choices of ``within``, the first unless another is given.

    ``sent_by`` is ``any-bureau`` or ``whoever-was-asked``: the second answers a message, named by ``reply_to``.
    """

    name: str
    version: int
    title: str
    about: str
    sent_by: str
    answered_by: str
    fields: tuple[FieldDescribed, ...]
    deadlines: tuple[ChoiceDescribed, ...]


def describe(form: FormDeclaration) -> FormDescribed:
    """A form as whoever fills it in is told of it."""
    return FormDescribed(
        name=form.name,
        version=form.version,
        title=_(form.title),
        about=_(form.about) if form.about else "",
        sent_by=form.sent_by,
        answered_by=form.answered_by,
        fields=tuple(
            FieldDescribed(
                name=each.name,
                title=_(each.title),
                kind=each.kind.name,
                required=each.required,
                most_chars=each.most,
                choices=choices_described(each),
                hint=_(each.hint) if each.hint else "",
            )
            for each in form.typed
        ),
        deadlines=tuple(ChoiceDescribed(each.code, _(each.title)) for each in form.deadlines),
    )


def choices_described(field: FormField) -> tuple[ChoiceDescribed, ...]:
    """What may be chosen; of instructions, what each register declares."""
    if not field.choices_of_register:
        return tuple(ChoiceDescribed(each.code, _(each.title)) for each in field.choices)
    return tuple(
        ChoiceDescribed(code, _(title), name) for name in REGISTERS for code, title in instructions_of(name).items()
    )


def in_utc(at: datetime) -> str:
    """A time for who reads no local times."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def headline_of(filled: Filled, wording: Wording, say_record: SayRecord = in_number) -> str:
    """What stands for a form in a list; of one that this node does not know, that it is a newer one's."""
    reader = _Reader(wording, in_utc, say_record)
    form = find_form(filled)
    if form is None:
        return _(NEWER)
    words = {each.name: _say(each, filled.fields, reader, is_short=True) for each in form.fields}
    return _(form.subject).format(**words)


def form_shown(
    filled: Filled,
    wording: Wording,
    *,
    sender: str,
    recipient: str,
    clock: Clock = in_utc,
    say_record: SayRecord = in_number,
    state: AskedState | None = None,
    is_late: bool = False,
    is_asked_here: bool = False,
) -> FormShown:
    """A form as it is read, in the words of the rulebook.

    ``state`` is where the question stands that it is, ``is_late`` is said of an answer; ``is_asked_here``: this bureau
    is who is asked.
    """
    form = find_form(filled)
    if form is None:
        sentences = (_(_NEWER_STEP).format(name=show_line(filled.form)),)
        return FormShown(
            name=filled.form, version=filled.v, title=_(NEWER), headline=_(NEWER), tone="stop", lines=(),
            sentences=sentences,
        )  # fmt: skip
    reader = _Reader(wording, clock, say_record)
    lines = tuple(_line(each, filled.fields, reader) for each in form.fields)
    return FormShown(
        name=form.name,
        version=form.version,
        title=_(form.title),
        headline=headline_of(filled, wording, say_record),
        tone=next((each.tone for each in lines if each.tone != "plain"), form.tone),
        lines=tuple(each for each in lines if each.said),
        sentences=_sentences(form, filled, {"sender": sender, "recipient": recipient}, reader),
        state=state.value if state and _has_own_answer(form) else "",
        word=_(STATE_TITLES[state]) if state and _has_own_answer(form) else "",
        late=_(LATE) if is_late else "",
        answer_with=form.answered_by if is_asked_here and _has_own_answer(form) else "",
    )


def answer_form(filled: Filled | None) -> FormDeclaration | None:
    """The form by which whoever was asked answers; None where a free message does."""
    form = find_form(filled) if filled is not None else None
    return newest_form(form.answered_by) if form is not None and _has_own_answer(form) else None


def chosen_words(name: str, version: int, chosen: Mapping[str, str], wording: Wording) -> str:
    """What an entry of the ledger says of a form: its title, and what was chosen in it."""
    form = FORMS.get(name, {}).get(version)
    if form is None:
        return name
    fields = (form.find_field(each) for each in chosen)
    said = [
        _say(each, chosen, _Reader(wording, in_utc, in_number))
        for each in fields
        if each is not None and each.is_chosen
    ]
    return ": ".join(filter(None, (_(form.title), ", ".join(said))))


def _has_own_answer(form: FormDeclaration) -> bool:
    return bool(form.answered_by) and not form.is_first


def _line(field: FormField, fields: Mapping[str, str], reader: _Reader) -> FormLine:
    value = fields.get(field.name, "")
    choice = field.find_choice(value, fields, instructions_of)
    said = _say(field, fields, reader) or (_(field.left_out) if field.left_out else "")
    return FormLine(field.name, _(field.title), field.kind.name, value, said, choice.tone if choice else "plain")


def _say(field: FormField, fields: Mapping[str, str], reader: _Reader, *, is_short: bool = False) -> str:
    """What a field says, in words: what others chose is not believed to be among what is offered."""
    value, kind, clock = fields.get(field.name, ""), field.kind.name, reader.clock
    if kind == "record" and value and (said := reader.say_record(value)):
        return said
    if kind in _NUMBERS and is_short:
        return value[:_SHORT]

    def choice_word(code: str) -> str:
        choice = field.find_choice(code, fields, instructions_of)
        return _(choice.title) if choice else code

    say: Mapping[str, Callable[[str], str]] = {
        "choice": choice_word,
        "instruction": choice_word,
        "register": register_word,
        "purpose": lambda code: purpose_title(reader.wording, code),
        "moment": lambda moment: _say_moment(moment, clock),
    }
    return say[kind](value) if value and kind in say else value


def _say_moment(value: str, clock: Clock) -> str:
    try:
        return clock(datetime.fromisoformat(value))
    except ValueError:
        return value


def register_word(name: str) -> str:
    """A register in the reader's language; one that this version does not know stays as it is."""
    try:
        return _(get_register(name).title)
    except MalformedError:
        return name


def _sentences(form: FormDeclaration, filled: Filled, ends: Mapping[str, str], reader: _Reader) -> tuple[str, ...]:
    said = filled.fields
    words = {each.name: _say(each, said, reader) for each in form.fields}
    return tuple(
        _(each.text).format(**words, **ends)
        for each in form.sentences
        if all(said.get(name) for name in each.given) and not any(said.get(name) for name in each.lacking)
    )
