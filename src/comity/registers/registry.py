"""Which registers there are, and by what a question asks them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.errors import MalformedError
from comity.ids import RegisterName
from comity.registers.declared import DECLARED, KNOWN_TO_ALL
from comity.registers.fitting import NotAsked, Questions, questions_for
from comity.registers.register import Register, Terms
from comity.registers.terms import Subject, Term
from comity.texts import _

REGISTERS: Final[Mapping[RegisterName, Register]] = MappingProxyType({register.name: register for register in DECLARED})

TERMS: Final[Mapping[str, Term]] = MappingProxyType(
    {term.name: term for register in DECLARED for term in register.asked_by}
)
"""What a question may say, whichever register it goes to."""


def get_register(name: str) -> Register:
    """The register of that name; MalformedError if there is none."""
    register = REGISTERS.get(RegisterName(name))
    if register is None:
        raise MalformedError(_("There is no register of this name."), where="register")
    return register


def instructions_of(register: str) -> dict[str, str]:
    """The instructions that a register declares, code and title; none of one that is not known."""
    found = REGISTERS.get(RegisterName(register))
    return {code: order.title for code, order in found.instructions.items()} if found else {}


def stated_as(register: RegisterName) -> str:
    """How a node states that it knows a register, among the formats that it reads."""
    return f"register-{register}"


def stated_registers() -> dict[str, int]:
    """The registers that this program knows and not every node does, as they are stated."""
    return {stated_as(name): 1 for name in REGISTERS if name not in KNOWN_TO_ALL}


def is_unknown_to(register: RegisterName, told: Mapping[str, int] | None) -> bool:
    """Whether a node that has ``told`` what it reads does not know a register; one that told nothing may know it."""
    return told is not None and register not in KNOWN_TO_ALL and stated_as(register) not in told


def subjects() -> Mapping[str, tuple[Subject, tuple[Term, ...]]]:
    """What questions are about, with the terms of each, in the registers' order."""
    found: dict[str, tuple[Subject, tuple[Term, ...]]] = {}
    for term in TERMS.values():
        _subject, terms = found.get(term.about.name, (term.about, ()))
        found[term.about.name] = (term.about, (*terms, term))
    return found


def ask_all(terms: Terms, wrong: Mapping[str, NotAsked] = MappingProxyType({})) -> Questions:
    """One question to every register that what is said fits; the rest and errors as for ``questions_for``."""
    return questions_for(terms, REGISTERS.values(), wrong)
