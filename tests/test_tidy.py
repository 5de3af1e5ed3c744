"""The house's own rules: who may import whom, how long things are, what nothing is called."""

import ast
import importlib
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "comity"
FILES = sorted(SOURCE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

SHARED = (
    "ids", "limits", "errors", "signer", "sealing", "texts", "bounded", "characters", "parsing", "formats", "damage",
    "safe", "capabilities",
)  # fmt: skip
ROOMS = (
    "kind",
    "plug",
    "act",
    "waiting",
    "audience",
    "rules",
    "ledger",
    "gate",
    "holding",
    "members",
    "exchange",
    "registers",
    "evidence",
)
"""In this order: a room imports only what stands above it."""
APART = {"rules": {"texts", "errors", "limits", "bounded", "parsing", "capabilities"}}
"""Rooms that see less than what stands above them: rules look at facts, and know how a rulebook is read."""

EDGES = ("tiles", "store", "index", "blobs", "peer", "keyring", "private", "workers", "aside", "office")
WIRING = (
    "acts", "caretaker", "config", "config_file", "health", "loops", "lock", "enrolment", "founding", "knowledge",
    "ledger_desk", "officers_desk", "formats_table", "node", "runtime", "traces", "works", "folder", "condition",
    "door",
)  # fmt: skip
SHOWN = ("shown",)
FACES = ("api", "web", "cli", "demo", "bench", "testing")
GROUPS = {
    "shared ground": SHARED, "rooms, and the gate between": ROOMS, "edges": EDGES, "wiring": WIRING,
    "what a person sees, made once": SHOWN, "faces, and what plays with nodes": FACES,
}  # fmt: skip
"""Every module and package belongs to one of these, by the names that ``ARCHITECTURE.md`` gives them."""
SEEN_BY = {
    "edges": {*SHARED, *ROOMS, *EDGES},
    "wiring": {*SHARED, *ROOMS, *EDGES, *WIRING},
    "what a person sees, made once": {*SHARED, *ROOMS, *SHOWN},
}
"""What those of a group may import."""
SERVES = ("runtime", "api")
"""Whatever runs a node serves its faces: the one import of a face by wiring."""

FORBIDDEN = {
    "asyncio", "io", "lmdb", "multiprocessing", "nats", "os", "pathlib", "queue", "random", "secrets", "select",
    "shutil", "signal", "socket", "sqlalchemy", "sqlite3", "subprocess", "tempfile", "threading", "time",
}  # fmt: skip
"""What opens, sends, sleeps, reads a clock or runs beside: for edges only."""
EXCEPTIONS = {("exchange/recent.py", "threading")}
"""Counters that many threads share: their lock does no input or output."""

BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "service", "services"}
REAL_KEYS = {"browser", "cli", "demo", "peer", "processes"}
"""Folders of tests in which keys and salts are another time's each time; elsewhere they follow from a seed."""
FOR_TESTS = {"FORMATS", "crash_at"}
"""What tests go over, and no part of the program."""
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
MOCKS_MAX = 0.2  # mock lines a test, in the whole suite

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            yield f"{node.module}.{node.names[0].name}" if node.module == "comity" else node.module or ""


def room_of(module: str) -> str:
    """``comity.members.keys`` is of the room ``members``; not ours is of none."""
    parts = module.split(".")
    return parts[1] if parts[0] == "comity" and len(parts) > 1 else ""


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


ROOM_FILES = [path for path in FILES if name_of(path) in ROOMS]


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", ROOM_FILES, ids=label)
def test_a_room_imports_only_rooms_above_it(path: Path) -> None:
    own = name_of(path)
    above = APART.get(own, {*SHARED, *ROOMS[: ROOMS.index(own)]}) | {own}
    assert {room for module in imports_of(path) if (room := room_of(module))} <= above


@pytest.mark.parametrize("path", ROOM_FILES, ids=label)
def test_a_room_is_pure(path: Path) -> None:
    found = {module.split(".")[0] for module in imports_of(path)} & FORBIDDEN
    allowed = {module for place, module in EXCEPTIONS if place == path.relative_to(SOURCE).as_posix()}
    assert found <= allowed


@pytest.mark.parametrize("path", ROOM_FILES, ids=label)
def test_a_room_reads_no_clock_and_opens_nothing(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert called not in {"now", "utcnow", "today", "open", "urandom", "sleep", "print", "input"}, called


def test_what_every_room_shares_imports_no_room() -> None:
    for name in SHARED:
        rooms = {room_of(module) for module in imports_of(SOURCE / f"{name}.py")} - {""}
        assert rooms <= set(SHARED), name


def test_pages_and_api_know_no_store_index_nor_file_of_blobs() -> None:
    """Faces call the node; they do not reach around it into the store or the ledger's files."""
    for path in FILES:
        if name_of(path) in ("api", "web"):
            rooms = {room_of(module) for module in imports_of(path)}
            assert not rooms & {"store", "index", "blobs"}, label(path)


def test_every_module_is_in_one_group() -> None:
    """Else nothing says what it may import: choose its group here, and write it into ``ARCHITECTURE.md``."""
    there = {name_of(path) for path in FILES} - {"__init__", "__main__"}
    stands = Counter(name for names in GROUPS.values() for name in names)
    assert {name: stands[name] for name in there | set(stands)} == dict.fromkeys(there, 1)


def test_the_architecture_shows_the_groups_as_they_are() -> None:
    block = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## Import rule")[1].split("```")[1]
    found: dict[str, list[str]] = {}
    group: list[str] = []
    for line in filter(None, block.splitlines()):
        names, _gap, title = line.partition("    ")
        group += re.findall(r"[a-z_]+", names)
        if title.strip():
            found[title.strip()], group = group, []
    assert {title: sorted(names) for title, names in found.items()} == {
        title: sorted(names) for title, names in GROUPS.items()
    }
    assert found["rooms, and the gate between"] == list(ROOMS)


@pytest.mark.parametrize("group", SEEN_BY)
def test_edges_wiring_and_what_is_shown_import_what_they_may(group: str) -> None:
    for path in FILES:
        own = name_of(path)
        if own in GROUPS[group]:
            seen = {room for module in imports_of(path) if (room := room_of(module)) and (own, room) != SERVES}
            assert seen - SEEN_BY[group] == set(), label(path)


def test_the_officers_desk_knows_the_store_and_no_other_edge_and_only_node_knows_it() -> None:
    known = {room_of(module) for module in imports_of(SOURCE / "officers_desk.py")} - {""}
    assert known <= {*SHARED, *ROOMS, "store"}
    knowing = {name_of(path) for path in FILES if "comity.officers_desk" in imports_of(path)}
    assert knowing == {"node"}


@pytest.mark.parametrize("path", [path for path in FILES if "migrations" not in path.parts], ids=label)
def test_files_and_functions_are_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES_MAX
    for node in ast.walk(tree_of(path)):
        if isinstance(node, Function):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno + 1 <= FUNCTION_LINES_MAX, node.name


@pytest.mark.parametrize("path", [*FILES, *TESTS], ids=label)
def test_nothing_has_a_name_that_says_nothing(path: Path) -> None:
    words = set(re.split(r"[/_.-]", path.relative_to(ROOT).as_posix().removesuffix(".py")))
    assert not words & BANNED_NAMES
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ClassDef):
            parts = {part.lower() for part in re.findall(r"[A-Z][a-z]+", node.name)}
            assert not parts & {"manager", "helper", "utils"}, node.name


def test_errors_end_in_error() -> None:
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                bases = {getattr(base, "id", "") for base in node.bases}
                if any(base != "BaseException" and base.endswith(("Error", "Exception")) for base in bases):
                    assert node.name.endswith("Error"), node.name


def test_the_tests_of_rooms_never_sleep() -> None:
    for path in TESTS:
        if path.parent.name in (*ROOMS, "scenarios", "store", "index", "tiles", "blobs"):
            called = {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
            assert "sleep" not in called, label(path)


def is_written_over(found: ast.AST) -> bool:
    """Whether it is ``data[:a] + b"x" + data[b:]``: where x stood there already, nothing was changed."""
    match found:
        case ast.BinOp(
            ast.BinOp(ast.Subscript(before, ast.Slice(None, _, None)), ast.Add(), ast.Constant()),
            ast.Add(),
            ast.Subscript(behind, ast.Slice(_, None, None)),
        ):
            return ast.dump(before) == ast.dump(behind)
    return False


def test_where_keys_are_drawn_anew_nothing_is_altered_to_what_may_stand_there_already() -> None:
    """A signature has the letter by chance, one run in 64: it is flipped, or another one is taken then."""
    assert is_written_over(ast.parse("good[:-20] + b'A' + good[-19:]", mode="eval").body)
    for path in TESTS:
        if path.parent.name in REAL_KEYS:
            assert not any(map(is_written_over, ast.walk(tree_of(path)))), label(path)


def test_there_are_hardly_any_mocks() -> None:
    texts = [path.read_text(encoding="utf-8") for path in TESTS if path != Path(__file__)]
    mocks = sum(len(re.findall(r"\bmock\b|MagicMock|setattr\(", text)) for text in texts)
    tests = sum(len(re.findall(r"^def test_|^async def test_", text, re.MULTILINE)) for text in texts)
    assert mocks <= MOCKS_MAX * tests / 4
    assert "unittest.mock" not in "".join(texts)


def test_each_class_that_the_glossary_names_is_where_it_says() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    named = re.findall(r"^Class: ([\w.]+)\.(\w+)$", glossary, re.MULTILINE)

    assert len(named) == len(re.findall(r"^Class:", glossary, re.MULTILINE)) > 0
    missing = [f"{module}.{name}" for module, name in named if not hasattr(importlib.import_module(module), name)]
    assert missing == []


def test_what_the_page_for_extending_names_is_there() -> None:
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    named = {path for path in re.findall(r"`([a-z_]+/[\w/.]*)`", text) if "<" not in path}
    assert len(named) > 20
    assert {path for path in named if not (ROOT / path).exists() and not (SOURCE / path).exists()} == set()


def test_each_decision_is_titled_by_its_number() -> None:
    for path in (ROOT / "docs" / "adr").glob("*.md"):
        title = path.read_text(encoding="utf-8").splitlines()[0]
        assert title.startswith(f"# {path.name[:4]}. "), path.name


def test_nothing_is_there_that_the_program_does_not_use() -> None:
    """Functions, classes and constants by name: one that stands once is of tests alone, or of nobody."""
    used = Counter(
        word
        for path in SOURCE.rglob("*")
        if path.suffix in (".py", ".html", ".js")
        for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))
    )
    unused = [
        f"{label(path)}: {name}"
        for path in FILES
        if "migrations" not in path.parts and path.name != "limits.py"  # bounds of others' rulebooks stand there too
        for node in tree_of(path).body
        for name in defined_by(node)
        if used[name] == 1 and name not in {*FOR_TESTS, "__all__"}
    ]
    assert unused == []


def defined_by(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name, decorator_list=[]) | ast.ClassDef(name=name):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            yield name


def test_every_package_is_one() -> None:
    folders = {path.parent for path in FILES if "migrations" not in path.parts}
    assert not [label(folder) for folder in folders if not (folder / "__init__.py").exists()]
    assert sys.version_info >= (3, 11)


def error_names() -> set[str]:
    """``ComityError`` and everything that is one."""
    above = {
        each.name: {part.id for part in each.bases if isinstance(part, ast.Name)}
        for path in FILES
        for each in ast.walk(tree_of(path))
        if isinstance(each, ast.ClassDef)
    }
    found, before = {"ComityError"}, 0
    while len(found) > before:
        before = len(found)
        found |= {name for name, parts in above.items() if parts & found}
    return found


def test_every_errors_text_goes_through_gettext() -> None:
    """A text written in place is marked; one that is put together of others may be an f-string of them alone."""
    names, plain = error_names(), []
    for path in FILES:
        for call in ast.walk(tree_of(path)):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names):
                continue
            said = [*call.args[:1], *(each.value for each in call.keywords if each.arg == "next_step")]
            plain += [f"{label(path)}:{each.lineno}" for each in said if is_plain_text(each)]
    assert plain == []


def is_plain_text(said: ast.expr) -> bool:
    """Whether words are written here that no catalogue sees."""
    parts = said.values if isinstance(said, ast.JoinedStr) else [said]
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and any(map(str.isalpha, part.value))
        for part in parts
    )
