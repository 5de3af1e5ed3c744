"""Formats live on: old bytes are read for ever, newer ones are called newer, and nothing signed or kept is left out."""

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest

import comity
from comity import formats
from comity.errors import InputError, MalformedError, NewerError, TooLargeError
from comity.exchange.envelope import HEAD, Head, HeadV1
from comity.exchange.forms import FORMS as FORMS_OF_MESSAGES
from comity.exchange.signed import Signed, parse_signed, sign_body
from comity.formats import Format
from comity.formats_table import FORMATS, KEPT, TRAVELLING, newest_versions
from comity.limits import FORMATS_MAX, NESTING_MAX
from comity.members.reads import parse_told, sign_reads
from comity.parsing import decode
from comity.registers.registry import stated_registers
from comity.signer import Ed25519Signer

GOLDEN = Path(__file__).parent / "golden"
"""``<format>/<version>.json``, and of bodies the frame too. A file that is there is never written anew."""
SIGNED = tuple(body for form in FORMATS if issubclass(body := form.versions[form.newest], Signed))
"""Bodies of frames."""
KEY = Ed25519Signer(b"\x01" * 32)
MOST = 1_000_000
VERSIONS = [pytest.param(form, version, id=f"{form.name}-{version}") for form in FORMATS for version in form.versions]
MISSING = "Another test says that these golden bytes are missing."
APART = {
    "Nudge": "nobody signs or keeps it",
    "Invitation": "of a demonstration, and for one guest",
    "Written1": "rules/written.py has the table of rulebooks",
    "Written2": "rules/written.py has the table of rulebooks",
    "Written3": "rules/written.py has the table of rulebooks",
}
"""What has a version and is no format: it may change at once."""


def golden(form: Format[Any], version: int) -> bytes:
    file = GOLDEN / form.name / f"{version}.json"
    if not file.exists():
        pytest.skip(MISSING)
    return file.read_bytes()


def newest(form: Format[Any]) -> bytes:
    return golden(form, form.newest)


def versioned() -> set[str]:
    """Every struct of the program that says of which version it is."""
    found = set()
    for module in pkgutil.walk_packages(comity.__path__, "comity."):
        if ".migrations." in module.name or module.name.endswith("__main__"):
            continue
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, type) and issubclass(each, msgspec.Struct) and "v" in each.__struct_fields__:
                hint = get_type_hints(each)["v"]
                if get_origin(hint) is Literal and all(isinstance(value, int) for value in get_args(hint)):
                    found.add(each.__name__)
    return found


def test_every_struct_with_a_version_is_in_the_table() -> None:
    in_table = {type_.__name__ for form in FORMATS for type_ in form.versions.values()}
    assert versioned() - in_table == set(APART)


def test_names_stand_once_and_fit_into_a_statement() -> None:
    names = [form.name for form in FORMATS]
    assert len(names) == len(set(names)) <= FORMATS_MAX
    assert all(each.format in TRAVELLING for each in SIGNED)
    newest = {form.name: max(form.versions) for form in TRAVELLING}
    forms = {f"form.{name}": max(versions) for name, versions in FORMS_OF_MESSAGES.items()}
    assert newest_versions() == newest | stated_registers() | forms
    assert not {form.name for form in FORMATS} & {*stated_registers(), *forms}
    assert not {form.name for form in KEPT} & set(newest_versions())


def test_the_golden_files_are_those_of_the_table() -> None:
    found = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*.*")}
    wanted = {f"{form.name}/{version}.json" for form in FORMATS for version in form.versions}
    wanted |= {f"{name}/1.frame" for name in (*(body.context for body in SIGNED), "reads")}
    assert wanted - found == set(), "write them into tests/golden, as the newest version writes them"
    assert found - wanted == set(), "no format has these"


@pytest.mark.parametrize(("form", "version"), VERSIONS)
def test_the_bytes_of_each_version_are_read_as_the_newest_and_written_as_they_were(
    form: Format[Any], version: int
) -> None:
    data = golden(form, version)
    found = form.read(data, where="golden", most=MOST)
    assert type(found) is form.versions[form.newest]
    written = decode(data, form.versions[version], where="golden", most=MOST)
    assert (form.written or msgspec.json.encode)(written) == data.rstrip(b"\n")
    if not form.lowered and version != form.newest:
        return  # nobody writes it any more
    assert form.write(found, version) == data.rstrip(b"\n")


@pytest.mark.parametrize("body", SIGNED, ids=lambda body: body.context)
def test_the_frames_of_bodies_are_pinned(body: Any) -> None:
    file = GOLDEN / body.context / "1.frame"
    if not file.exists():
        pytest.skip(MISSING)
    data = file.read_bytes()
    frame, found = parse_signed(data, body)
    frame.verify(KEY.public)
    assert sign_body(found, KEY, 1).encode() == data


def test_the_frame_of_a_statement_of_what_is_read_is_pinned() -> None:
    data = (GOLDEN / "reads" / "1.frame").read_bytes()
    told = parse_told(data)
    told.frame.verify(KEY.public)
    assert sign_reads(told.reads, KEY).frame.encode() == data


def changed(data: bytes, **members: Any) -> bytes:
    return msgspec.json.encode(json.loads(data) | members)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_newer_version_is_called_newer_whatever_it_says(form: Format[Any]) -> None:
    for data in (changed(newest(form), v=form.newest + 1), changed(b"{}", v=form.newest + 5, more=[1])):
        with pytest.raises(NewerError, match=f"of {form.name}; this node reads up to {form.newest}") as caught:
            form.read(data, where="here", most=MOST)
        assert not isinstance(caught.value, MalformedError)
        assert (caught.value.code, caught.value.where) == ("newer", "here")
        assert caught.value.next_step == "Update Comity at this node."


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@pytest.mark.parametrize("version", [0, -1, "1", None, 1.5, True, 2**63, [1]], ids=str)
def test_what_is_of_no_version_is_malformed(form: Format[Any], version: object) -> None:
    with pytest.raises(MalformedError):
        form.read(changed(newest(form), v=version), where="here", most=MOST)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_what_any_reader_refuses_is_not_called_newer(form: Format[Any]) -> None:
    later = form.newest + 1
    for data in (
        b'{"v":%d,"v":%d}' % (later, later),
        b'{"v":%d,"a":%s}' % (later, b"[" * NESTING_MAX + b"]" * NESTING_MAX),
        b'{"v":%d,"a":"\xff"}' % later,
        b'{"v":%d' % later,
        b"%d" % later,
    ):
        with pytest.raises(MalformedError):
            form.read(data, where="here", most=MOST)
    with pytest.raises(TooLargeError):
        form.read(changed(newest(form), v=later, more="A" * 100), where="here", most=100)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_the_newest_is_read_without_a_look_at_its_version(form: Format[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "verify_json", lambda *_a, **_k: pytest.fail("It was read twice."))
    form.read(newest(form), where="here", most=MOST)


# The envelope's head, the first format that has two versions


def test_a_head_of_version_1_knows_its_three_levels_and_no_other() -> None:
    first, second = (json.loads(golden(HEAD, version)) for version in (1, 2))
    assert (first["handling"], second["handling"]) == ("restricted", "secret")
    with pytest.raises(MalformedError):
        HEAD.read(changed(golden(HEAD, 1), handling="secret"), where="envelope", most=MOST)
    with pytest.raises(InputError, match="does not know the level secret") as caught:
        HEAD.write(HEAD.read(golden(HEAD, 2), where="envelope", most=MOST), 1)
    assert caught.value.next_step == "Choose one of official-use, restricted, confidential."


def test_a_head_of_either_version_says_the_same_in_the_other() -> None:
    old = decode(golden(HEAD, 1), HeadV1, where="envelope", most=MOST)
    new = HEAD.read(golden(HEAD, 1), where="envelope", most=MOST)
    assert isinstance(new, Head)
    assert new.before() == old
    assert old.next() == new


@pytest.mark.parametrize("level", ["", "SECRET", "top secret", "a" * 41, "1", "s\u00e9cret", "secret\n"])
def test_a_level_is_called_by_a_plain_word(level: str) -> None:
    with pytest.raises(MalformedError):
        HEAD.read(changed(golden(HEAD, 2), handling=level), where="envelope", most=MOST)


# Several steps


class One(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of version 1."""

    v: Literal[1]
    a: Annotated[str, msgspec.Meta(max_length=5)]


class Two(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of version 2, with more."""

    v: Literal[2]
    a: Annotated[str, msgspec.Meta(max_length=5)]
    b: int


class Three(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of version 3, under another name."""

    v: Literal[3]
    ab: tuple[str, int]


def no_more(two: Two) -> One:
    if two.b:
        raise InputError("One knows no b.")
    return One(1, two.a)


STEPS = Format[Three](
    "steps", {1: One, 2: Two, 3: Three},
    raised={1: lambda one: Two(2, one.a, 0), 2: lambda two: Three(3, (two.a, two.b))},
    lowered={2: no_more, 3: lambda three: Two(2, *three.ab)},
)  # fmt: skip


@pytest.mark.parametrize("data", [b'{"v":1,"a":"x"}', b'{"v":2,"a":"x","b":0}', b'{"v":3,"ab":["x",0]}'], ids=str)
def test_a_value_goes_step_by_step_to_any_version_that_can_say_it(data: bytes) -> None:
    found = STEPS.read(data, where="steps", most=MOST)
    assert found == Three(3, ("x", 0))
    assert STEPS.write(found, json.loads(data)["v"]) == data


def test_a_version_that_cannot_say_it_refuses() -> None:
    assert STEPS.write(Three(3, ("x", 7)), 2) == b'{"v":2,"a":"x","b":7}'
    with pytest.raises(InputError, match="knows no b"):
        STEPS.write(Three(3, ("x", 7)), 1)


def test_an_older_version_is_held_to_its_own_bounds() -> None:
    with pytest.raises(TooLargeError):
        STEPS.read(b'{"v":1,"a":"xxxxxx"}', where="steps", most=MOST)
    with pytest.raises(MalformedError, match="twice"):
        STEPS.read(b'{"v":1,"a":"x","a":"x"}', where="steps", most=MOST)
