"""What registers and forms declare is said in each person's language, and faces say nothing of it by themselves."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

import comity
from comity.exchange.form import FormDeclaration
from comity.exchange.forms import FORMS
from comity.registers.declared import DECLARED
from comity.registers.register import Register
from comity.registers.registry import TERMS

SOURCE = Path(comity.__file__).parent
SPOKEN: Final = frozenset(
    {
        "title", "legend", "headline", "missing", "step", "help", "hint", "label", "nothing", "hit_line",
        "when_crowded", "subject", "verb", "about", "text", "left_out",
    }
)  # fmt: skip
"""What people read of a declaration."""
OWN_WORDS: Final = frozenset({"registers", "exchange", "rules", "demo", "bench"})
"""Where a register's subject has its place: its declaration, forms about it, its rules, the story."""
OF_ANY: Final = frozenset({"document", "person"})
"""Subjects whose names are words of other nouns too."""


@cache
def marked() -> frozenset[str]:
    """Every text of the program that the catalogue of translations has."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "N_"):
                found |= {each.value for each in node.args if isinstance(each, ast.Constant)}
    return frozenset(map(str, found))


def spoken(declared: Any) -> Iterator[tuple[str, str]]:
    """Every text that people read, with where it stands."""
    if isinstance(declared, msgspec.Struct):
        for name in declared.__struct_fields__:
            value = getattr(declared, name)
            if name in SPOKEN and isinstance(value, str):
                yield f"{type(declared).__name__}.{name}", value
            elif name == "choices" and isinstance(value, Mapping):
                own = getattr(declared, "name", "")
                yield from ((f"{own}.choices", text) for code, text in value.items() if text != code)
            else:
                yield from spoken(value)
    elif isinstance(declared, Mapping):
        for each in declared.values():
            yield from spoken(each)
    elif isinstance(declared, tuple):
        for each in declared:
            yield from spoken(each)


@pytest.mark.parametrize(
    "declared",
    [*DECLARED, *(form for versions in FORMS.values() for form in versions.values())],
    ids=lambda each: each.name,
)
def test_whatever_people_read_of_a_declaration_is_marked_for_translation(declared: Register | FormDeclaration) -> None:
    texts = [(where, text) for where, text in spoken(declared) if re.search(r"[A-Za-z]", re.sub(r"{\w+}", "", text))]
    assert texts
    assert [(where, text) for where, text in texts if text not in marked()] == [], 'write N_("...")'


@pytest.mark.parametrize("subject", sorted({term.about.name for term in TERMS.values()} - OF_ANY))
def test_what_a_register_is_about_is_named_where_it_is_declared_and_nowhere_else(subject: str) -> None:
    """Else a further register is left out wherever somebody lists them by hand."""
    word = re.compile(rf"\b{subject}s?\b(?!\.)", re.IGNORECASE)
    found = [
        f"{path.relative_to(SOURCE)}:{number}"
        for path in sorted(SOURCE.rglob("*"))
        if path.suffix in (".py", ".html", ".js") and path.relative_to(SOURCE).parts[0] not in OWN_WORDS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if word.search(line) and "demo=(" not in line
    ]
    assert found == []
