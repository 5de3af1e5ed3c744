"""A message's form, declared once: fields, checks, words, deadlines, and who may send it.

Everything that knows a form knows it by its declaration: what is read and judged when it comes in, the API's body, the
page, the command's options, and how it is shown. ``forms`` has one file for each.

Evolution: what a form asks for changes with a new version of it, declared beside those before; a version that was ever
sent stays declared, so that it stays readable. Titles, hints and sentences may change: nothing of them travels.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from comity.bounded import Name, Passage
from comity.characters import verify_line
from comity.errors import InputError, MalformedError, TooLargeError
from comity.exchange.envelope import Urgency
from comity.exchange.signed import verify_moments
from comity.ids import EntryId, MemberCode, RecordId, RegisterName
from comity.limits import FIELD_CHARS, FILLED_FIELDS_MAX, MESSAGE_CHARS, NAME_CHARS, NOTE_CHARS
from comity.texts import N_, _

SentBy = Literal["any-bureau", "secretariat", "whoever-was-asked"]
"""Who may send a form: a property of the sender, never a name. The rulebook judges whether the sender has it.

``whoever-was-asked``: it answers a form that its sender was sent.
"""

Version = Annotated[int, msgspec.Meta(ge=1, le=1_000)]


class Filled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form as it was filled in: which, in which version, and what each field says; empty fields are left out.

    Evolution: as for ``Text``, in which it travels.
    """

    form: Name
    v: Version
    fields: Annotated[dict[Name, Passage], msgspec.Meta(max_length=FILLED_FIELDS_MAX)]


# Kinds of fields


def _read_line(text: str) -> str:
    line = " ".join(text.split())
    verify_line(line, "")
    return line


def _read_note(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _reader_of(form: object, problem: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            found: str = msgspec.convert(text.strip(), form)
        except msgspec.ValidationError as error:
            raise MalformedError(_(problem)) from error
        return found

    return read


def _read_moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.strip())
        verify_moments(moment)
    except ValueError as error:
        raise MalformedError(_("It is no time, such as 2026-11-23T14:32:07+00:00.")) from error
    if moment.tzinfo is None:
        raise MalformedError(_("It is no time, such as 2026-11-23T14:32:07+00:00."))
    return text.strip()


Instructions = Callable[[str], Mapping[str, str]]
"""By a register's name the instructions that it declares, code and title; none of a register that is not known."""


def no_instructions(_register: str) -> Mapping[str, str]:
    """For whoever knows no registers."""
    return {}


class FieldKind(NamedTuple):
    """What a field may say: ``read`` gives the one form in which it travels, and raises MalformedError."""

    name: str
    read: Callable[[str], str]
    most_chars: int


LINE: Final = FieldKind("line", _read_line, FIELD_CHARS)
NOTE: Final = FieldKind("note", _read_note, NOTE_CHARS)
PASSAGE: Final = FieldKind("passage", _read_note, MESSAGE_CHARS)
CHOICE: Final = FieldKind("choice", str.strip, NAME_CHARS)
INSTRUCTION: Final = FieldKind("instruction", str.strip, NAME_CHARS)
RECORD: Final = FieldKind("record", _reader_of(RecordId, N_("It is no record: take it from the hit.")), FIELD_CHARS)
REGISTER: Final = FieldKind("register", _reader_of(RegisterName, N_("It is no register's name.")), NAME_CHARS)
MEMBER: Final = FieldKind("member", _reader_of(MemberCode, N_("It is no member's code.")), NAME_CHARS)
ENTRY: Final = FieldKind("entry", _reader_of(EntryId, N_("It is no entry: 64 hexadecimal digits.")), NAME_CHARS)
PURPOSE: Final = FieldKind("purpose", _read_line, FIELD_CHARS)
MOMENT: Final = FieldKind("moment", _read_moment, NAME_CHARS)


# The declaration


class FormChoice(msgspec.Struct, frozen=True):
    """One choice of a field. ``tone`` is how it strikes the eye: ``stop``, ``care``, ``clear`` or ``plain``."""

    code: str
    title: str  # English, marked for the catalogue
    tone: Literal["stop", "care", "clear", "plain"] = "plain"


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """One field. ``is_given``: it comes from where the form is begun, such as a hit, and is hardly ever typed.

    ``is_repeated``: it says what the field of that name says in the question that the form answers; nobody types it.
    ``choices_of_register`` names the field with the register whose instructions are the choices: a signed code means
    what that register, signed beside it, means by it.
    """

    name: str
    title: str  # English, marked for the catalogue
    kind: FieldKind = LINE
    required: bool = False
    most_chars: int = 0  # fewer than its kind allows
    choices: tuple[FormChoice, ...] = ()
    hint: str = ""
    is_given: bool = False
    is_repeated: bool = False
    choices_of_register: str = ""
    left_out: str = ""  # what is shown where it is empty; nothing where that is empty too
    unchosen: str = N_("Nothing")  # what choosing none of its choices is called

    @property
    def most(self) -> int:
        """How many characters it has at most."""
        return self.most_chars or self.kind.most_chars

    @property
    def is_chosen(self) -> bool:
        """Whether it says one of some codes."""
        return bool(self.choices or self.choices_of_register)

    def choices_by(self, said: Mapping[str, str], instructions: Instructions) -> tuple[FormChoice, ...]:
        """What may be chosen in a form that says that."""
        if not self.choices_of_register:
            return self.choices
        declared = instructions(said.get(self.choices_of_register, ""))
        return tuple(FormChoice(code, title) for code, title in declared.items())

    def find_choice(self, code: str, said: Mapping[str, str], instructions: Instructions) -> FormChoice | None:
        """The choice of that code in a form that says that."""
        return next((each for each in self.choices_by(said, instructions) if each.code == code), None)


class FormDeadline(msgspec.Struct, frozen=True):
    """One choice of urgency: by when an answer is asked for, and how urgent the envelope is that says so in clear."""

    code: str
    title: str
    within: timedelta
    urgency: Urgency


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence for whoever reads the form, with fields between braces, ``{sender}`` and ``{recipient}``.

    It is said where all fields ``given`` say something, and none of those ``lacking``.
    """

    text: str  # English, marked for the catalogue
    given: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


class FieldFault(NamedTuple):
    """What is wrong with a field because of what others say."""

    where: str
    message: str


Check = Callable[[Mapping[str, str]], FieldFault | None]


class FormDeclaration(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a form.

    ``subject`` is its headline, with fields between braces as in a ``Sentence``. ``answered_by`` names the form that
    answers it, for which its recipients are offered a form of their own. ``asks_source_of`` names the field with the
    record whose source it is for. ``by_hand``: officers fill it in; others are a node's own.
    """

    name: str
    version: int
    title: str
    fields: tuple[FormField, ...]
    sent_by: SentBy
    subject: str
    verb: str = ""  # what the button that sends it says
    about: str = ""  # what it is for, to whoever fills it in
    sentences: tuple[Sentence, ...] = ()
    checks: tuple[Check, ...] = ()
    deadlines: tuple[FormDeadline, ...] = ()  # the first is what it is sent with unless another is chosen
    urgency: Urgency = "routine"  # of the envelope, where it has no deadline
    answered_by: str = ""
    asks_source_of: str = ""
    is_for_one: bool = False  # it has one recipient
    by_hand: bool = True
    head: Literal["message", "alert"] = "message"
    tone: Literal["stop", "plain"] = "plain"
    is_first: bool = False  # programs of before it read it, in the first version of a text

    def find_field(self, name: str) -> FormField | None:
        """The field of that name."""
        return next((each for each in self.fields if each.name == name), None)

    @property
    def typed(self) -> tuple[FormField, ...]:
        """The fields that whoever sends it fills in."""
        return tuple(each for each in self.fields if not each.is_repeated)

    def find_deadline(self, code: str) -> FormDeadline | None:
        """The deadline of that code; the first for none."""
        return next((each for each in self.deadlines if code in ("", each.code)), None)


def read_fields(
    form: FormDeclaration, given: Mapping[str, str], instructions: Instructions = no_instructions
) -> dict[str, str]:
    """What each field says, in the form in which it travels and the form's order; empty ones are left out.

    MalformedError, TooLargeError with every problem, each under its field's name; ``where`` lists those names.
    """
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    is_long = False
    names = {each.name for each in form.fields}
    for name in given:
        if name not in names:
            problems[name[:NAME_CHARS]] = _("There is no such field.")
    for each in form.fields:
        try:
            value = _read_field(each, given.get(each.name, ""), each.choices_by(given, instructions))
        except InputError as error:
            problems[each.name] = error.message
            is_long = is_long or isinstance(error, TooLargeError)
            continue
        if value:
            values[each.name] = value
    for check in form.checks if not problems else ():
        fault = check(values)
        if fault is not None:
            problems[fault.where] = _(fault.message)
    if problems:
        text = " ".join(f"{name}: {problem}" for name, problem in problems.items())
        raise (TooLargeError if is_long else MalformedError)(text, where=", ".join(problems))
    return values


def is_well_filled(form: FormDeclaration, filled: Filled, instructions: Instructions = no_instructions) -> bool:
    """Whether a form that comes in says what its declaration asks for, word for word as it is written."""
    try:
        return read_fields(form, filled.fields, instructions) == filled.fields
    except InputError:
        return False


def _read_field(field: FormField, text: str, choices: tuple[FormChoice, ...]) -> str:
    if len(text) > field.most:
        raise TooLargeError(
            _("It has {count} characters, and may have {most}.").format(count=len(text), most=field.most)
        )
    if not text.strip():
        if field.required:
            raise MalformedError(_("It is missing."))
        return ""
    value = field.kind.read(text)
    if field.is_chosen and value not in (each.code for each in choices):
        names = ", ".join(each.code for each in choices) or "-"
        raise MalformedError(_("It is one of {names}.").format(names=names))
    return value
