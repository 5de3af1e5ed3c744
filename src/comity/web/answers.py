"""A check's answer as a page shows it: the worst first, each with a shape, a word and a place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from comity.api.queries import is_crowded_out, on_record, rules_against, step_of, unsure_of, word_of
from comity.api.wire import OnRecord, RuleSpoke
from comity.api.words import HEADLINES, bound_word, pressing, silence
from comity.node import Node
from comity.peer.asking import Checked
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
    worst = min((row.answer for row in rows), key=_WORST.index, default="not-asked")
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
        return _(HEADLINES[pressing(_instructions(rows))])
    of_worst = [row for row in rows if row.answer == worst]
    if worst == "not-asked" and of_worst:
        return f"{of_worst[0].title}: {of_worst[0].word}"
    return of_worst[0].word if of_worst else _("Not asked")


def _tone(worst: str, checked: Checked, unsure: tuple[str, ...]) -> str:
    """The colour of the whole: nothing is clear only where it was asked by what is sure."""
    is_unsure = any(unsure_of(each, checked, unsure) for each in checked.registers)
    return "care" if worst == "nothing" and is_unsure else TONES[worst]


def _row(node: Node, answer: RegisterAnswer, checked: Checked, by: str, unsure: tuple[str, ...]) -> Row:
    is_answered = answer.answer in ("hit", "nothing")
    is_crowded = is_crowded_out(answer)
    why = silence(CROWDED if is_crowded else checked.why) if answer.answer == "no-answer" else ""
    unasked = checked.unasked.get(answer.register)
    return Row(
        register=answer.register,
        title=_(get_register(answer.register).title),
        answer=answer.answer,
        tone="care" if answer.answer == "nothing" and unsure_of(answer, checked, unsure) else TONES[answer.answer],
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
    )


def short_word(checked: Checked, unsure: tuple[str, ...]) -> tuple[str, str]:
    """One word for the list of the shift, and its tone."""
    worst = min((each.answer for each in checked.registers), key=_WORST.index, default="not-asked")
    words = {
        "hit": _("hit"),
        "nothing": _("nothing"),
        "refused": _("refused"),
        "no-answer": _("no answer"),
        "not-asked": _("not asked"),
    }
    return words[worst], _tone(worst, checked, unsure)


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


def fields_of(register: str, fields: dict[str, Any]) -> list[tuple[str, str, str]]:
    """A record's fields in its register's order: name, title, value."""
    return [(field.name, _(field.title), fields[field.name]) for field in get_register(register).fields
            if field.name in fields]  # fmt: skip


def groups_of(register: str, groups: dict[str, list[dict[str, str]]]) -> list[tuple[str, list[list[tuple[str, str]]]]]:
    """A record's groups in its register's order: title, and of each entry the titles and values of its fields."""
    return [
        (
            _(group.title),
            [
                [(_(field.title), entry[field.name]) for field in group.fields if field.name in entry]
                for entry in groups[group.name]
            ],
        )
        for group in get_register(register).groups
        if group.name in groups
    ]


def shown_of(register: str, shown: dict[str, str]) -> list[tuple[str, str]]:
    """What a hit says at once: title and value."""
    found = get_register(register)
    titles = {field.name: field.title for field in found.fields}
    titles |= {group.name: group.title for group in found.groups}
    return [(_(titles[name]), value) for name, value in shown.items() if name in titles]
