"""What an officer says, fitted to the registers: by what each is asked, and of what is left why nobody asks by it."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from comity.characters import join_spaces, verify_line
from comity.errors import MalformedError
from comity.ids import RegisterName
from comity.limits import FIELD_CHARS
from comity.registers.register import Key, Register, Terms, ask_keys
from comity.registers.terms import Term
from comity.texts import _


class NotAsked(NamedTuple):
    """Why a register, or a term of it, was not asked: what is wrong with which term, and what to do. It is said."""

    where: str
    message: str
    next_step: str
    was_meant: bool = True  # what was said is, or may be, about what the register has


class Questions(NamedTuple):
    """What each register is asked by; and why each of the others is not. Together they are all registers.

    ``left_out`` has, of those that are asked, the terms that it is not asked by, each with what it lacks.
    """

    terms: dict[RegisterName, dict[str, str]]
    unasked: dict[RegisterName, NotAsked]
    left_out: dict[RegisterName, dict[str, NotAsked]]

    @property
    def stopped(self) -> dict[RegisterName, NotAsked]:
        """The registers that were meant and cannot be asked."""
        return {name: each for name, each in self.unasked.items() if each.was_meant}


def questions_for(
    terms: Terms, registers: Iterable[Register], wrong: Mapping[str, NotAsked] = MappingProxyType({})
) -> Questions:
    """One question to every register that what is said fits: to each what it is asked by, or why it is not asked.

    ``wrong`` are terms that were meant and cannot be used: a register is not asked as if they had not been.
    MalformedError, under the term's name, where no register can be asked.
    """
    said = {name: joined for name, text in terms.items() if (joined := join_spaces(text))}
    found = Questions({}, {}, {})
    registers = tuple(registers)
    for register in registers:
        asked = {name: text for name, text in said.items() if name in register.terms}
        problem = _problem_of(register, asked, wrong)
        if problem is not None:
            found.unasked[register.name] = problem
            continue
        left = _left_out(register, asked)
        found.terms[register.name] = {name: text for name, text in asked.items() if name not in left}
        if left:
            found.left_out[register.name] = left
    meant = {name for register in registers if register.terms & {*said, *wrong} for name in register.terms}
    for register in registers:
        if register.name in found.unasked and meant and not register.terms & meant:
            found.unasked[register.name] = found.unasked[register.name]._replace(was_meant=False)
    if not found.terms:
        # What was meant and is wrong is worth more than what was never said.
        first = min(
            found.unasked.values(),
            key=lambda each: (not (said.get(each.where) or each.where in wrong), not each.was_meant),
        )
        raise MalformedError(first.message, where=first.where, next_step=first.next_step)
    return found


def nothing_said(register: Register, terms: Terms) -> str:
    """What "nothing" means in the answer to a question, where it means less; empty otherwise."""
    for key in register.keys:
        if key.nothing and key.is_whole(terms):
            return next((said for term, said in key.nothing_with if terms.get(term)), key.nothing)
    return ""


def _problem_of(register: Register, asked: Terms, wrong: Mapping[str, NotAsked]) -> NotAsked | None:
    """Why a register cannot be asked; None where it can."""
    problem = next((each for name, each in wrong.items() if name in register.terms), None)
    if problem is not None:
        return problem
    long = next((name for name in asked if len(asked[name]) > FIELD_CHARS), "")
    if long:
        return too_long(register.find_term(long), len(asked[long]))
    if not any(key.is_whole(asked) for key in register.keys):
        return _lacking_of(register, register.keys, asked)
    try:
        ask_keys(register, asked)
    except MalformedError as error:
        return NotAsked(error.where, error.message.removeprefix(f"{error.where}: "), error.next_step)
    return next(filter(None, (_find_unseen_in(register.find_term(name), asked[name]) for name in asked)), None)


def _left_out(register: Register, asked: Terms) -> dict[str, NotAsked]:
    """The terms that are part of keys, and of none that the question says the whole of: with what each lacks.

    A term of no key is said beside: it narrows, or stands on the record.
    """
    used = {name for key in register.keys if key.is_whole(asked) for name in key.terms}
    left = {}
    for name in asked:
        keys = [key for key in register.keys if name in key.terms]
        if keys and name not in used:
            left[name] = _lacking_of(register, keys, asked)
    return left


def _lacking_of(register: Register, keys: Iterable[Key], asked: Terms) -> NotAsked:
    """What the nearest of the keys lacks: the one that is begun, and lacks the least."""
    nearest = min(keys, key=lambda key: (not asked.keys() & {*key.terms}, len({*key.terms} - asked.keys())))
    term = register.find_term(next(name for name in nearest.terms if name not in asked))
    return NotAsked(term.name, _(term.missing), _(term.step))


def too_long(term: Term, count: int) -> NotAsked:
    """What is wrong with a term that no question has room for: its keeper would refuse the whole question."""
    message = _("{term}: It has {count} characters, and may have {most}.").format(
        term=_(term.title), count=count, most=FIELD_CHARS
    )
    return NotAsked(term.name, message, _("Shorten it, or leave it out."))


def _find_unseen_in(term: Term, text: str) -> NotAsked | None:
    """What is wrong with a term that has a character that nobody sees: its keeper would refuse the whole question."""
    try:
        verify_line(text, term.name)
    except MalformedError as error:
        message = _("{term}: {problem}").format(term=_(term.title), problem=error.message)
        return NotAsked(term.name, message, error.next_step)
    return None
