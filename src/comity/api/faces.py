"""Records by what people call them, where a message names one by its number."""

from collections.abc import Mapping
from string import Formatter
from typing import Final

from comity.act import Session
from comity.api.words import value_title
from comity.characters import show_line
from comity.node import Node
from comity.registers.register import Register
from comity.registers.registry import REGISTERS
from comity.shown.forms import SayRecord
from comity.texts import _

_ASKED_AGAIN: Final = "query.ask"


def record_line(register: Register, said: Mapping[str, str]) -> str:
    """A record on one line, as a hit begins, with what its source knows it by; what it does not say is left out."""
    text = ""
    for words, name, _form, _conversion in Formatter().parse(_(register.hit_line)):
        value = said.get(name, "") if name else ""
        text += words if not name or value else ""
        text += value_title(register.name, name, value) if name and value else ""
    called = next((each for each in register.named_by if all(map(said.get, each))), ())
    return show_line(
        ", ".join(filter(None, (text.strip(" :,"), *(said[name] for name in called if said[name] not in text))))
    )


def records_said_to(node: Node, by: Session) -> SayRecord:
    """What an officer may know of a record, by its number: its own bureau's, or what that was shown."""

    def say(record: str) -> str:
        face = node.faces.find(by, record)
        register = REGISTERS.get(face.register) if face else None
        return record_line(register, face.fields) if face and register else ""

    return say


def terms_of_record(node: Node, by: Session, record: str) -> dict[str, str]:
    """By what an officer finds a record who may see it and may ask; empty for nothing."""
    face = node.faces.find(by, record)
    register = REGISTERS.get(face.register) if face else None
    if (
        face is None
        or register is None
        or not node.knowledge.rulebook().rulebook.may(node.officers.who(by).roles, _ASKED_AGAIN)
    ):
        return {}
    return {term.name: face.fields[term.name] for term in register.asked_by if face.fields.get(term.name)}
