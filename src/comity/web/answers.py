"""A check's answer as a page shows it: the worst first, each with a shape, a word and a place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Any, Final

from comity.api.queries import (
    is_asked_by_less,
    is_crowded_out,
    left_out_of,
    on_record,
    rules_against,
    step_of,
    was_meant,
    word_of,
)
from comity.api.query_wire import TermLeftOut
from comity.api.wire import OnRecord, RuleSpoke
from comity.api.words import bound_word, headline_of, silence, value_title
from comity.node import Node
from comity.peer.asking import Checked
from comity.registers.fields import Field
from comity.registers.mrz import Mrz
from comity.registers.query import CROWDED
from comity.registers.question import Hit, RegisterAnswer
from comity.registers.readings import CheckDigit
from comity.registers.registry import get_register
from comity.shown.wording import next_step
from comity.texts import _

_WORST: Final = ("hit", "refused", "no-answer", "not-asked", "nothing")
TONES: Final = {"hit": "stop", "refused": "care", "no-answer": "care", "not-asked": "care", "nothing": "clear"}
"""The colour of an answer; its word says the same."""


@dataclass(frozen=True)
class Row:
    """One register's answer."""

    register: str
    title: str
    answer: str
    tone: str
    word: str
    why: str
    step: str  # what to do next, where it was not asked or too much lies under what was asked
    where: str  # and the field to correct
    as_of: datetime | None
    position: int
    hits: tuple[Hit, ...]
    bound: str  # that there may be more hits than are shown
    unread: int  # records found that cannot be read now
    is_crowded: bool  # it has no answer because too much lies under what was asked
    was_meant: bool  # false where it was not asked, and what was said is about something else
    left_out: tuple[TermLeftOut, ...]  # by which of the terms that were said it was not asked


@dataclass(frozen=True)
class View:
    """What a check came to. ``headline`` is the instruction on a hit, the answer's words otherwise."""

    worst: str
    tone: str
    headline: str
    rows: tuple[Row, ...]
    rules: tuple[RuleSpoke, ...]
    next_step: str
    record: OnRecord

    def is_own(self, own: str) -> bool:
        """Whether all hits are on the own bureau's records."""
        return all(hit.source == own for row in self.rows for hit in row.hits)

    @property
    def instructions(self) -> tuple[str, ...]:
        """What the hits say is to be done."""
        return _instructions(self.rows)


def _instructions(rows: tuple[Row, ...]) -> tuple[str, ...]:
    return tuple(hit.instruction for row in rows for hit in row.hits)


def view_of(node: Node, checked: Checked, local: Callable[[datetime], str], unsure: tuple[str, ...]) -> View:
    """The page's view of a check; ``local`` writes a time as it is read here, ``unsure`` are terms maybe misread."""
    by = local(checked.answer_by) if checked.answer_by else ""
    rows = tuple(_row(node, each, checked, by, unsure) for each in checked.registers)
    worst = worst_of(checked)
    refusing = tuple(dict.fromkeys(rule for each in checked.registers for rule in rules_against(each, checked)))
    return View(
        worst=worst,
        tone=_tone(worst, checked, unsure),
        headline=_headline(worst, rows),
        rows=rows,
        rules=tuple(RuleSpoke(rule, node.sentence(rule)) for rule in refusing),
        next_step=next_step(node.knowledge.rulebook(), refusing),
        record=on_record(node, checked),
    )


def _headline(worst: str, rows: tuple[Row, ...]) -> str:
    if worst == "hit":
        return headline_of((row.register, hit.instruction) for row in rows for hit in row.hits)
    of_worst = [row for row in rows if row.answer == worst and row.was_meant]
    if worst == "not-asked" and of_worst:
        return f"{of_worst[0].title}: {of_worst[0].word}"
    of_worst.sort(key=lambda row: row.tone == "clear")  # what means less than it seems is said first
    return of_worst[0].word if of_worst else _("Not asked")


def _tone(worst: str, checked: Checked, unsure: tuple[str, ...]) -> str:
    """The colour of the whole: nothing is clear only where it was asked by all that was said, and that is sure."""
    is_less = any(is_asked_by_less(each, checked, unsure) for each in checked.registers)
    return "care" if worst == "nothing" and is_less else TONES[worst]


def _row(node: Node, answer: RegisterAnswer, checked: Checked, by: str, unsure: tuple[str, ...]) -> Row:
    is_answered = answer.answer in ("hit", "nothing")
    is_crowded = is_crowded_out(answer)
    why = silence(CROWDED if is_crowded else checked.why) if answer.answer == "no-answer" else ""
    unasked = checked.unasked.get(answer.register)
    return Row(
        register=answer.register,
        title=_(get_register(answer.register).title),
        answer=answer.answer,
        tone=_tone_of(answer, checked, unsure),
        word=word_of(answer, checked, by, unsure),
        why=why,
        step=step_of(node, answer, checked) if unasked or is_crowded else "",
        where=unasked.where if unasked else "",
        as_of=answer.as_of if is_answered else None,
        position=answer.position,
        hits=answer.hits,
        bound=bound_word(answer),
        unread=answer.unread,
        is_crowded=is_crowded,
        was_meant=was_meant(answer, checked),
        left_out=left_out_of(answer, checked),
    )


def worst_of(checked: Checked) -> str:
    """The worst answer of the registers that what was said is about."""
    answers = (each.answer for each in checked.registers if was_meant(each, checked))
    return min(answers, key=_WORST.index, default="not-asked")


def _tone_of(answer: RegisterAnswer, checked: Checked, unsure: tuple[str, ...]) -> str:
    if not was_meant(answer, checked):
        return "plain"
    return "care" if answer.answer == "nothing" and is_asked_by_less(answer, checked, unsure) else TONES[answer.answer]


def short_word(checked: Checked, unsure: tuple[str, ...]) -> tuple[str, str]:
    """One word for the list of the shift, and its tone."""
    worst = worst_of(checked)
    words = {
        "hit": _("hit"),
        "nothing": _("nothing"),
        "refused": _("refused"),
        "no-answer": _("no answer"),
        "not-asked": _("not asked"),
    }
    word = _("asked in part") if worst == "nothing" and checked.left_out else words[worst]
    return word, _tone(worst, checked, unsure)


@dataclass(frozen=True)
class Mark:
    """A piece of a zone's line; a marked one is a check digit that does not hold, or a character that cannot be."""

    text: str
    is_wrong: bool


def mark_lines(zone: Mrz, failing: tuple[CheckDigit, ...]) -> list[list[Mark]]:
    """The zone's lines in pieces, with the wrong digits marked."""
    marked: list[list[Mark]] = []
    for number, line in enumerate(zone.lines, 1):
        pieces, start = [], 0
        for column in sorted({digit.column - 1 for digit in failing if digit.line == number}):
            pieces += [Mark(line[start:column], False), Mark(line[column], True)]
            start = column + 1
        pieces.append(Mark(line[start:], False))
        marked.append([piece for piece in pieces if piece.text])
    return marked


@dataclass(frozen=True)
class ShownValue:
    """A field's value as people read it; a code is compared letter by letter, a day is written as days are here."""

    title: str
    text: str
    is_code: bool = False
    is_day: bool = False


def fields_of(register: str, fields: dict[str, Any]) -> list[ShownValue]:
    """A record's fields in its register's order."""
    return [_value(register, field, fields[field.name]) for field in get_register(register).fields
            if field.name in fields]  # fmt: skip


def _value(register: str, field: Field, text: str) -> ShownValue:
    return ShownValue(_(field.title), value_title(register, field.name, text), field.is_code, field.is_day)


def groups_of(register: str, groups: dict[str, list[dict[str, str]]]) -> list[tuple[str, list[list[tuple[str, str]]]]]:
    """A record's groups in its register's order: title, and of each entry the titles and values of its fields."""
    return [
        (
            _(group.title),
            [
                [
                    (_(field.title), value_title(register, f"{group.name}.{field.name}", entry[field.name]))
                    for field in group.fields
                    if field.name in entry
                ]
                for entry in groups[group.name]
            ],
        )
        for group in get_register(register).groups
        if group.name in groups
    ]


@dataclass(frozen=True)
class Piece:
    """A piece of the line that a hit begins with: words, or what the record says."""

    text: str
    is_said: bool = False
    is_code: bool = False


def line_of(register: str, shown: Mapping[str, str]) -> list[Piece]:
    """What a hit says first, in its register's words; what the record does not say is left out."""
    found, pieces = get_register(register), [Piece(_(get_register(register).title)), Piece(" · ")]
    for words, name, _form, _conversion in Formatter().parse(_(found.hit_line)):
        said = shown.get(name or "", "")
        if words and (not name or said):
            pieces.append(Piece(words))
        if name and said:
            field = found.find_field(name)
            pieces.append(Piece(value_title(register, name, said), True, field is not None and field.is_code))
    return pieces


def shown_of(register: str, shown: dict[str, str]) -> list[ShownValue]:
    """What a hit says at once beside its first line."""
    found = get_register(register)
    in_line = {name for _words, name, _form, _conversion in Formatter().parse(found.hit_line) if name}
    groups = {group.name: group.title for group in found.groups}
    values = []
    for name, text in shown.items():
        field = found.find_field(name)
        if name in in_line or (field is None and name not in groups):
            continue
        values.append(_value(register, field, text) if field else ShownValue(_(groups[name]), text))
    return values
