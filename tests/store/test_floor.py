"""The store's floor: every noun's tables are there wherever all are asked for, and every noun's view is the unit's."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from comity import store as floor
from comity.capabilities import parts
from comity.errors import CorruptError
from comity.plug import StorePart
from comity.store.officers import believe
from comity.store.schema import all_tables, whole_schema
from comity.store.unit import Unit
from comity.store.view import StoreView
from comity.waiting import believe_held

FILES = sorted(Path(floor.__file__).parent.glob("*.py"))
LOOK = "from comity.store.schema import {asked}; print(sorted({found}))"


def views() -> list[type[Any]]:
    return [part.view for part in parts("store", StorePart) if part.view]


def reads() -> list[str]:
    return sorted({name for view in views() for name in vars(view) if not name.startswith("_")})


def tables_in(path: Path) -> set[str]:
    """The tables that a file makes, by the names that they have in it."""
    made = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)]
    return {
        target.id
        for node in made
        if isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "Table"
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def test_each_table_stands_in_the_part_of_its_file_and_in_no_other() -> None:
    named = [table.name for table in all_tables()]
    assert len(named) == len(set(named))
    assert set(named) == set(whole_schema().tables) == {name for path in FILES for name in tables_in(path)}


def test_whoever_uses_the_tables_of_all_nouns_has_them_all() -> None:
    for path in FILES:
        uses_metadata = "import metadata" in path.read_text(encoding="utf-8")
        assert uses_metadata == bool(tables_in(path)), path.name


@pytest.mark.parametrize(
    ("asked", "found"),
    [("whole_schema", "whole_schema().tables"), ("all_tables", "(each.name for each in all_tables())")],
)
def test_all_tables_are_there_in_a_program_that_has_loaded_no_noun(asked: str, found: str) -> None:
    words = [sys.executable, "-c", LOOK.format(asked=asked, found=found)]
    said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.strip() == str(sorted(table.name for table in all_tables()))


def test_the_unit_is_every_nouns_view() -> None:
    assert set(views()) == set(Unit.__bases__)
    assert all(issubclass(view, StoreView) for view in views())
    names = [name for view in views() for name in vars(view) if not name.startswith("_")]
    assert len(names) == len(set(names)), "two nouns have a reading method of the same name"


@pytest.mark.parametrize("name", reads())
def test_what_reading_changed_rows_raises_is_said_as_damage(name: str) -> None:
    """Whatever a view asks of the database, and whatever that gives."""
    unit = Unit(Changed(), believe, believe_held)  # type: ignore[arg-type]
    read = getattr(unit, name)
    asked = {each: SimpleNamespace(register="", position=0) for each in inspect.signature(read).parameters}
    with pytest.raises(CorruptError):
        read(**asked)


class Changed:
    """A connection to a database of which nothing is what was written."""

    def __getattr__(self, _name: str) -> Any:
        raise ValueError
