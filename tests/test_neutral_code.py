"""The code asks for properties: no rule's number and no code of an organisation's words stands outside its rulebook."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.rules.model import MODEL_RULEBOOK
from comity.rules.wording import codes_of

SOURCE = Path(__file__).parent.parent / "src" / "comity"
APART = ("rules", "demo", "bench")
"""Rulebooks themselves, the demonstration of the model organisation, and measurements."""
FILES = sorted(
    path
    for path in SOURCE.rglob("*")
    if path.suffix in {".py", ".html", ".js"} and path.relative_to(SOURCE).parts[0] not in APART
)
NUMBER = re.compile(r"\b(RPD|TD|CTY)-\d")
WORDS = MODEL_RULEBOOK.wording
CODES = frozenset((*codes_of(WORDS.purposes), *codes_of(WORDS.levels), *codes_of(WORDS.roles)))
IN_MARKUP = re.compile("|".join(rf"""["']{code}["']""" for code in sorted(CODES)))

LEVELS = ("official-use", "restricted", "confidential")
ALLOWED = {
    **dict.fromkeys((("exchange/envelope.py", level) for level in LEVELS), "version 1 of an envelope knew these three"),
    **dict.fromkeys((("registers/register.py", level) for level in LEVELS), "version 1 of a record knows these three"),
    ("registers/persons.py", "restricted"): "version 1 of a record knows three levels, and this is its default here",
    ("registers/persons.py", "locate"): "an instruction of a register",
    ("registers/register.py", "identify"): "an instruction of a register",
    ("registers/vehicles.py", "identify"): "an instruction of a register",
    ("registers/vehicles.py", "locate"): "an instruction of a register",
    ("exchange/forms/hit_answer.py", "locate"): "what the source of a record asks to be done",
    ("registers/register.py", "locate"): "an instruction of a register",
    ("registers/travel_documents.py", "locate"): "an instruction of a register",
    ("cli/status.py", "desk"): "where a bureau is reached: a member of its description",
}
"""Where a code stands that means something else, or is a format's for ever; and why."""


def strings_of(path: Path) -> Iterator[str]:
    """Every text that stands by itself in a file, without what is said about the code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from (found[1:-1] for found in IN_MARKUP.findall(text))
        return
    yield from (
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def label(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=label)
def test_no_number_of_a_rule_stands_outside_a_rulebook(path: Path) -> None:
    assert NUMBER.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=label)
def test_no_purpose_level_or_role_stands_outside_a_rulebook(path: Path) -> None:
    found = {(label(path), text) for text in strings_of(path) if text in CODES}
    assert found <= ALLOWED.keys()


def test_what_is_allowed_is_still_there() -> None:
    found = {(label(path), text) for path in FILES for text in strings_of(path)}
    assert set(ALLOWED) <= found
