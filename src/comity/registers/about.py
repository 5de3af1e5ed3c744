"""Whom and what an entry of the ledger is about, so that an auditor finds it: by keys, never by names.

What was asked for is kept as the keys by which registers find it; a record by a key of its name.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from comity.errors import InputError
from comity.gate import parse_content
from comity.ids import is_record
from comity.registers.register import KEY_BYTES, ask_keys
from comity.registers.registry import REGISTERS

ABOUT_MAX: Final = 256  # keys of one entry: a batch of the longest answers has fewer
_KEY: Final = re.compile(f"[0-9a-f]{{{2 * KEY_BYTES}}}")
_NAMES: Final = ("record", "records", "into")


class Told(NamedTuple):
    """What of an entry's content is looked for."""

    member: str = ""
    officer: str = ""
    purpose: str = ""
    verdict: str = ""
    about: tuple[bytes, ...] = ()


def told_of(content: bytes) -> Told:
    """What an entry tells; nothing where it is not an act's."""
    try:
        found = parse_content(content)
    except InputError:
        return Told()
    detail = found.detail
    about = dict.fromkeys(
        (*_records(detail), *_asked(detail.get("terms")), *_found_by(detail.get("found_by")), *_record(found.on))
    )
    officer = found.officer or str(detail.get("officer", ""))
    return Told(found.member, officer, found.purpose, found.verdict, tuple(about)[:ABOUT_MAX])


def keys_about(text: str) -> tuple[bytes, ...]:
    """The keys of what an auditor looks for: a record, or whatever a register is found by, its terms in one line.

    A person's name, a number and its country, a VIN. Empty for what nothing can be about.
    """
    said = text.strip()
    if is_record(said):  # it is nothing else
        return tuple(_record(said))
    found = dict.fromkeys(_record(said))
    for register in REGISTERS.values():
        for key in register.keys:
            for parts in _parted(said, len(key.terms)):
                try:
                    found |= dict.fromkeys(ask_keys(register, dict(zip(key.terms, parts, strict=True))))
                except InputError:
                    continue
    return tuple(found)


def _parted(said: str, count: int) -> Iterable[tuple[str, ...]]:
    """A text as the terms of a key: the whole, or its words with the rest before them or behind."""
    if count == 1:
        yield (said,)
        return
    ahead = said.rsplit(" ", count - 1)
    behind = said.split(" ", count - 1)
    if len(ahead) == count:
        yield tuple(ahead)
        yield (behind[-1], *behind[:-1])


def _records(detail: Mapping[str, Any]) -> Iterable[bytes]:
    for name in _NAMES:
        said = detail.get(name)
        for each in said if isinstance(said, list) else [said]:
            if isinstance(each, str):
                yield from _record(each)


def _record(name: str) -> Iterable[bytes]:
    if is_record(name):
        yield hashlib.sha256(f"comity/about/v1\nrecord\0{name}".encode()).digest()[:KEY_BYTES]


def _found_by(keys: Any) -> Iterable[bytes]:
    """The keys by which registers find what an entry is about, where it has them as they are, in hexadecimal."""
    for key in keys if isinstance(keys, list) else ():
        if isinstance(key, str) and _KEY.fullmatch(key):
            yield bytes.fromhex(key)


def _asked(terms: Any) -> Iterable[bytes]:
    if not isinstance(terms, Mapping):
        return
    for name, said in terms.items():
        register = REGISTERS.get(name)
        if register is None or not isinstance(said, Mapping):
            continue
        try:
            yield from ask_keys(register, said)
        except InputError:
            continue
