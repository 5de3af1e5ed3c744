"""What a question may say: each term with its words, how it is read, and what it is about.

A register declares its terms as it declares its fields. Forms, options, sentences and the auditor's search are made
from them. Two registers that are asked by the same thing declare the same term.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from comity.characters import show_line
from comity.errors import MalformedError
from comity.limits import FIELD_CHARS, REFERENCE_CHARS, SEEN_CHARS
from comity.texts import _


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What terms are about: a document, a person, a vehicle. Titles are English, marked for the catalogue.

    ``legend`` stands over its terms in a form.
    """

    name: str
    title: str
    legend: str


class TermRead(NamedTuple):
    """A term's text as it is asked, and what is to be said about it: that it was read otherwise, or may be wrong."""

    text: str
    notes: tuple[str, ...] = ()


def as_typed(text: str, now: datetime) -> TermRead:
    """A term that is asked as it was typed."""
    del now
    return TermRead(text)


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a question may say. Texts are English, marked for the catalogue.

    ``read`` makes of what was typed what is asked; MalformedError where it is meant and cannot be used. It is read
    once, where it was typed; a keeper judges what comes by its keys. ``choices`` are all that it may be, each with its
    title; a term without them may be anything. ``missing`` and ``step`` are said where a register
    cannot be asked without it. ``label`` is its title among the terms of its subject, ``option`` and ``help`` are the
    command's.
    """

    name: str
    title: str
    about: Subject
    read: Callable[[str, datetime], TermRead] = as_typed
    choices: Mapping[str, str] = MappingProxyType({})
    missing: str = ""
    step: str = ""
    label: str = ""
    option: str = ""
    help: str = ""
    hint: str = ""
    example: str = ""
    most_chars: int = FIELD_CHARS
    seen_chars: int = SEEN_CHARS  # as many its field on a page shows at once; more than a usual one has
    is_code: bool = True  # letters and digits that are compared one by one
    any_script: bool = False  # it is written in either direction

    def read_typed(self, text: str, now: datetime) -> TermRead:
        """What was typed as it is asked; of a choice its name. MalformedError as for ``read``."""
        return self.read(self.choice_of(text), now)

    def choice_of(self, text: str) -> str:
        """The choice that a text says, by name or title, in whatever capitals; the text itself where it says none."""
        said = _plain(text)
        return next(
            (name for name, title in self.choices.items() if said in (_plain(name), _plain(title), _plain(_(title)))),
            text,
        )

    def verify(self, text: str) -> None:
        """Raise MalformedError, under its name, where it has choices and a text is none of them."""
        if not self.choices or text in self.choices:
            return
        known = ", ".join(f"{name} ({_(title)})" for name, title in self.choices.items())
        raise MalformedError(
            _("{term}: {said} is none of its choices.").format(
                term=_(self.title), said=show_line(text[:REFERENCE_CHARS])
            ),
            where=self.name,
            next_step=_("Choose one of these, or leave it out: {known}.").format(known=known),
        )

    @property
    def width(self) -> int:
        """How many characters wide its field is."""
        return min(self.most_chars, self.seen_chars)

    @property
    def called(self) -> str:
        """Its option on the command line."""
        return self.option or f"--{self.name.replace('_', '-')}"


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())
