"""The one reader of JSON: whatever is decoded, from peers, officers, files or the store, is decoded here.

Every implementation is to read the same bytes in one way. So nothing is read that is longer than its bound, nested
deeper than NESTING_MAX, names a member twice anywhere, or is not UTF-8; its types bound every text and number in it.
What was read stays as it was sent: the caller keeps the bytes.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Final, NoReturn, TypeVar

import msgspec

from comity.characters import show_line
from comity.errors import InputError, MalformedError, TooLargeError
from comity.limits import COUNT_MAX, FIELD_CHARS, NESTING_MAX
from comity.texts import _

T = TypeVar("T")

_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_PASSES_BOUND: Final = re.compile("^Expected `[a-z]+` (of length )?<= ")
_OPENING: Final = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_decoder: Final[Callable[[Any], msgspec.json.Decoder[Any]]] = cache(msgspec.json.Decoder)


def decode(data: bytes, form: type[T], *, where: str, most: int) -> T:
    """Read JSON of at most ``most`` bytes as a ``form``; MalformedError or TooLargeError, naming ``where``, if not.

    1. Its length and its depth, before anything is parsed.
    2. Its types and their bounds.
    3. No member stands twice: what is as this program would write it needs no further look.
    """
    verify_depth(data, where, most)
    try:
        found: T = _decoder(form).decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _refusal(str(error), where) from error
    if msgspec.json.encode(found) != data:
        _verify_once(data, where)
    return found


def decode_own(data: bytes, form: type[T]) -> T:
    """Read what this node has just written itself; it is not judged again."""
    found: T = _decoder(form).decode(data)
    return found


def decode_canonical(
    data: bytes, form: type[T], *, where: str, most: int, encode: Callable[[T], bytes] = msgspec.json.encode
) -> T:
    """Read JSON that has one encoding only, that of ``encode``; MalformedError or TooLargeError for any other."""
    verify_depth(data, where, most)
    try:
        found: T = _decoder(form).decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _refusal(str(error), where) from error
    if encode(found) != data:
        raise MalformedError(_("It is not written in its one form."), where=where)
    return found


def verify_json(data: bytes, *, where: str, most: int) -> None:
    """Raise MalformedError or TooLargeError unless ``data`` is such JSON, for what another reader takes apart."""
    decode(data, object, where=where, most=most)


class _Versioned(msgspec.Struct):
    """What every versioned format has, whatever else it says."""

    v: Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)]


def find_version(data: bytes) -> int | None:
    """The number called ``v`` in JSON that was read before (``verify_json``); None where it has none."""
    try:
        return decode_own(data, _Versioned).v
    except msgspec.MsgspecError:
        return None


def verify_depth(data: bytes, where: str, most: int) -> None:
    """Raise TooLargeError or MalformedError for what is too long, or nested too deeply, to be parsed at all."""
    if len(data) > most:
        raise TooLargeError(_("At most {most} bytes are read here.").format(most=most), where=where)
    if data.count(b"[") + data.count(b"{") <= NESTING_MAX:  # most are so, and need no closer look
        return
    brackets = _STRING.sub(b"", data).translate(_OPENING, _NOT_BRACKETS)
    for _level in range(NESTING_MAX):
        brackets = brackets.replace(b"[]", b"")
    if brackets:
        raise MalformedError(
            _("It is nested deeper than {most} levels, or its brackets do not match.").format(most=NESTING_MAX),
            where=where,
        )


def _refusal(reason: str, where: str) -> InputError:
    # What was sent may stand in the reason: it is cut off, and shown as a terminal does not obey it.
    reason = show_line(reason[:FIELD_CHARS].rstrip("."))
    kind = PartTooLargeError if _PASSES_BOUND.search(reason) else MalformedError
    return kind(_("This cannot be read as {where}: {reason}.").format(where=where, reason=reason), where=where)


class PartTooLargeError(MalformedError, TooLargeError):
    """A part of what was read passes the bound of its type."""

    code = TooLargeError.code


class _TwiceError(ValueError):
    """A member stands twice in one object."""


def _verify_once(data: bytes, where: str) -> None:
    try:
        json.loads(data, object_pairs_hook=_members, parse_int=len, parse_float=len, parse_constant=_refuse)
    except _TwiceError as error:
        raise MalformedError(
            _("{name} stands twice in one object.").format(name=show_line(str(error)[:FIELD_CHARS])), where=where
        ) from error
    except ValueError as error:
        raise _refusal(str(error), where) from error


def _members(pairs: list[tuple[str, Any]]) -> None:
    seen = set()
    for name, _value in pairs:
        if name in seen:
            raise _TwiceError(name)
        seen.add(name)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
