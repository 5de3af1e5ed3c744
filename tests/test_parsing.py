"""The one reader: what is too long, too deep, doubled or in another encoding is refused in words, never a crash."""

import ast
import importlib
import inspect
import json
import sys
import types
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.handlers import HTTPRouteHandler

from comity.errors import InputError, MalformedError, TooLargeError
from comity.formats_table import FORMATS
from comity.ledger.proof import ConsistencyProof, InclusionProof
from comity.limits import NESTING_MAX
from comity.parsing import decode, decode_canonical, decode_own, verify_json
from comity.rules.written import Written1, Written2

SOURCE = Path(__file__).parent.parent / "src" / "comity"
MOST = 1_000_000


class Thing(msgspec.Struct, frozen=True):
    """What is read here."""

    name: str
    inside: dict[str, Any] = {}


def read(data: bytes) -> Thing:
    return decode(data, Thing, where="thing", most=MOST)


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return f'{{"name":"a","inside":{{"x":{opening * depth}{closing * depth}}}}}'.encode()


@pytest.mark.parametrize("deep", [
    b"[" * 200_000, b'{"a":' * 200_000, b"[{" * 100_000, nested(200_000), nested(200_000, '{"a":', "}"),
    b'{"name":"\\"[[[","inside":{"x":' + b"[" * 100_000,
], ids=lambda data: str(data[:20]))  # fmt: skip
def test_what_is_nested_too_deeply_is_malformed_before_it_is_parsed(deep: bytes) -> None:
    for form in (Thing, object, list, dict[str, str]):
        with pytest.raises(MalformedError):
            decode(deep, form, where="thing", most=len(deep))
    with pytest.raises(MalformedError):
        verify_json(deep, where="thing", most=len(deep))
    with pytest.raises(MalformedError):
        decode_canonical(deep, Thing, where="thing", most=len(deep))


def test_the_deepest_that_is_read_is_exactly_the_bound_whatever_stands_in_texts() -> None:
    brackets = "[{" * 100
    for depth in range(1, NESTING_MAX - 1):
        data = nested(depth).replace(b'"a"', json.dumps(brackets + '"\\' + brackets).encode())
        assert read(data).name.startswith("[{")
    with pytest.raises(MalformedError, match="nested"):
        read(nested(NESTING_MAX - 1))


def test_many_things_side_by_side_are_not_deep() -> None:
    assert read(nested(1, "[" + "[],{}," * 5_000 + "0", "]")).name == "a"


@pytest.mark.parametrize("twice", [
    b'{"name":"a","name":"a"}', b'{"name":"a","name":"b"}', b'{"name":"a","na\\u006de":"b"}',
    b'{"name":"a","inside":{"x":{"y":1,"y":1}}}', b'{"name":"a","inside":{"x":[{"y":1},{"y":1,"z":2,"y":3}]}}',
    b'{"name":"a","inside":{},"inside":{}}',
], ids=bytes.decode)  # fmt: skip
def test_no_member_stands_twice_at_any_depth(twice: bytes) -> None:
    with pytest.raises(MalformedError, match="twice"):
        read(twice)
    with pytest.raises(MalformedError, match="twice"):
        verify_json(twice, where="thing", most=MOST)


@pytest.mark.parametrize("odd", [
    b"", b"{", b'{"name":"a"} {}', b'\xef\xbb\xbf{"name":"a"}', '{"name":"a"}'.encode("utf-16"),
    b'{"name":"\\ud800"}', b'{"name":"\xed\xa0\x80"}', b'{"name":"\xff"}', b'{"name":"\xc0\xaf"}', b'{"name":NaN}',
    b'{"name":"a","inside":{"x":NaN}}', b'{"name":"a","inside":{"x":Infinity}}', b'{"name":"a","inside":{"x":01}}',
    b'{"name":"a","inside":{"x":1e999}}', b"{'name':'a'}", b'{"name":"a",}', b'{"name":"\n"}', b'{"name":1}', b"null",
], ids=str)  # fmt: skip
def test_what_is_not_json_in_its_one_encoding_is_malformed(odd: bytes) -> None:
    with pytest.raises(MalformedError):
        read(odd)


def test_white_space_other_escapes_and_other_order_mean_the_same() -> None:
    assert read(b' {"inside" : {} ,\n"n\\u0061me": "\\u0061"}\n') == Thing("a")


def test_what_is_too_long_is_not_parsed() -> None:
    with pytest.raises(TooLargeError):
        decode(b"[" * 11, list, where="thing", most=10)


def test_a_refusal_shows_nothing_that_a_terminal_would_obey() -> None:
    class Strict(msgspec.Struct, forbid_unknown_fields=True):
        pass

    with pytest.raises(MalformedError) as caught:
        decode(b'{"\\u001b[2J\\u202eevil":1}', Strict, where="thing", most=MOST)
    assert caught.value.message.isprintable()
    with pytest.raises(MalformedError) as caught:
        read(b'{"name":"a","inside":{"\\u009b":1,"\\u009b":1}}')
    assert caught.value.message.isprintable()


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=3), values, max_size=3), st.booleans())
def test_whatever_is_written_once_reads_back(inside: dict[str, Any], is_ascii: bool) -> None:  # noqa: FBT001
    data = json.dumps({"name": "a", "inside": inside}, ensure_ascii=is_ascii, indent=2).encode()
    try:
        found = read(data)
    except MalformedError:
        assert json.dumps(inside).count("[") + json.dumps(inside).count("{") >= NESTING_MAX - 1
    else:
        assert found.inside == inside


@given(st.binary(max_size=200))
def test_no_bytes_are_anything_but_read_or_refused(data: bytes) -> None:
    for form in (Thing, object, dict[str, int]):
        try:
            decode(data, form, where="thing", most=100)
        except InputError:
            continue


# Nothing else decodes, and everything that is decoded has form and bound

READER = "parsing.py"
ELSEWHERE = {
    ("registers/lines.py", "msgpack.Decoder"),  # lines on their way between this program's own processes
    ("characters.py", "json.decode"),  # of bytes that the reader has read before
}


DECODING = {
    "json.decode", "json.loads", "json.load", "json.Decoder", "json.JSONDecoder", "msgpack.Decoder", "msgpack.decode",
    "yaml.decode", "toml.decode", "request.json",
}  # fmt: skip


def test_nothing_but_the_reader_decodes() -> None:
    found = set()
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and place != READER:
                name = ".".join(ast.unparse(node).split(".")[-2:])
                if name in DECODING:
                    found.add((place, name))
            if isinstance(node, ast.ImportFrom) and node.module in ("json", "msgspec.json"):
                assert place == READER, place
    assert found == ELSEWHERE


def decoded() -> dict[str, list[Any]]:
    """Every type that is handed to the reader, by the file that does it; a name alone where it comes from elsewhere."""
    found: dict[str, list[Any]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        if place == READER:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in ("decode", "decode_canonical", "decode_own"):
                module = importlib.import_module("comity." + place.removesuffix(".py").replace("/", "."))
                written = ast.unparse(node.args[1])
                found.setdefault(place, []).append(vars(module).get(written, written))
    return found


GENERIC: dict[tuple[str, str], tuple[type, ...]] = {
    ("formats.py", "form"): tuple(form for each in FORMATS for form in each.versions.values()),
    ("ledger/proof.py", "kind"): (InclusionProof, ConsistencyProof),
    ("rules/written.py", "form"): (Written1, Written2),
    ("rules/in_force.py", "object"): (),  # what its outline has bounded, of a form that this version may not know
    ("api/body.py", "object"): (),  # Litestar gives it the form of the route's ``data``
    ("holding.py", "kind.body"): (),  # this node's own, which it has sealed: what was asked for was read before
    ("cli/caller.py", "form"): (),  # what an officer's own node answers; a terminal gets it by cli/speech.py only
}
"""Readers of several forms."""


def forms() -> Iterator[tuple[str, Any]]:
    for place, types_ in decoded().items():
        for each in types_:
            if isinstance(each, str):
                yield from ((place, form) for form in GENERIC[place, each])
            else:
                yield place, each
    for path in sorted((SOURCE / "api").glob("*.py")):
        for handler in vars(importlib.import_module(f"comity.api.{path.stem}")).values():
            if isinstance(handler, HTTPRouteHandler) and "data" in inspect.signature(handler.fn).parameters:
                yield path.name, get_type_hints(handler.fn, include_extras=True)["data"]


def bare(form: Any, where: str, seen: set[Any], *, is_bound: bool = False) -> Iterator[str]:
    """Where in a type there stands a text, number, list or map without form and bound."""
    origin, args = get_origin(form), [each for each in get_args(form) if each is not Ellipsis]
    if isinstance(form, NewType):
        yield from bare(form.__supertype__, where, seen)
    elif origin is Annotated:
        yield from bare(args[0], where, seen, is_bound=any(map(bounds, args[1:])))
    elif origin in (Union, types.UnionType):
        for each in args:
            yield from bare(each, where, seen)
    elif (origin or form) in (str, int, float, list, dict, tuple, Mapping):
        if not is_bound and not (origin is tuple and Ellipsis not in get_args(form)):
            yield f"{where}: {form}"
        for each in args:
            yield from bare(each, f"{where}[]", seen)
    elif isinstance(form, type) and issubclass(form, msgspec.Struct):
        yield from bare_members(form, seen)
    else:
        assert origin is Literal or form in WITHOUT_LENGTH or issubclass(form, StrEnum), form


WITHOUT_LENGTH = {bool, type(None), msgspec.UnsetType, datetime, bytes, object, Any}
"""What has one form; bytes and what an act says of itself are bounded by what is around them."""


def bounds(extra: object) -> bool:
    return isinstance(extra, msgspec.Meta) and (extra.max_length is not None or extra.le is not None)


def bare_members(form: type[msgspec.Struct], seen: set[Any]) -> Iterator[str]:
    if form not in seen:
        seen.add(form)
        for name, each in get_type_hints(form, include_extras=True).items():
            if name in form.__struct_fields__:
                yield from bare(each, f"{form.__name__}.{name}", seen)


def test_every_text_and_number_that_is_parsed_has_form_and_bound() -> None:
    seen: set[Any] = set()
    found = {each for place, form in forms() for each in bare(form, f"{place} {form}", seen)}
    assert found == set()
    assert {"Question", "Answer", "Receipt", "Head", "Text", "Attachment", "Record", "BatchHead", "Bureau", "Standing",
            "EvidenceFile", "SendForm", "KeyFile", "Consignment"} <= {each.__name__ for each in seen}  # fmt: skip


@pytest.mark.parametrize("form", [
    str, int, float, list[str], dict[str, str], tuple[str, ...], Annotated[str, msgspec.Meta(min_length=1)],
    Annotated[int, msgspec.Meta(ge=0)], Annotated[list[str], msgspec.Meta(max_length=2)], NewType("Free", str),
    str | None, Thing,
], ids=str)  # fmt: skip
def test_the_walk_finds_what_has_no_bound(form: Any) -> None:
    assert list(bare(form, "here", set()))


def test_own_bytes_are_read_without_being_judged() -> None:
    assert decode_own(b'{"name":"a"}', Thing) == Thing("a")
    assert sys.getrecursionlimit() > NESTING_MAX
