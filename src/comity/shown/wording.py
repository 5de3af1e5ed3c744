"""The organisation's words as people read them: as they stand, or translated where a catalogue knows them."""

from comity.rules.in_force import InForce
from comity.rules.offered import purposes_of
from comity.rules.wording import Wording, codes_of, title_of
from comity.texts import _


def purpose_title(wording: Wording, code: str) -> str:
    """A purpose; a code that the rulebook does not have stays as it is."""
    return _translated(title_of(wording.find_purpose(code), code))


def level_title(wording: Wording, code: str) -> str:
    """A level of handling, as ``purpose_title``."""
    return _translated(title_of(wording.find_level(code), code))


def role_title(wording: Wording, code: str) -> str:
    """A role, as ``purpose_title``."""
    return _translated(title_of(wording.find_role(code), code))


def saying(wording: Wording, code: str) -> str:
    """What the organisation says for one of ``SAYINGS``."""
    return _translated(wording.saying(code))


def next_step(in_force: InForce, rules: tuple[str, ...]) -> str:
    """What the person does next, by the first refusing rule that says so; empty if none does."""
    purposes = codes_of(purposes_of(in_force.rulebook, "query.ask"))
    return _translated(in_force.next_step(rules)).replace("{purposes}", ", ".join(purposes))


def _translated(text: str) -> str:
    return _(text) if text else ""  # a catalogue says something about itself for nothing
