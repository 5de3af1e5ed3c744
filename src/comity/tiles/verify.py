"""Recompute one period of a ledger from its files, and name what is not as it was signed."""

import re
from collections.abc import Generator, Iterator, Sequence
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Final, Literal

import msgspec

from comity.damage import raise_if_of_machine, text_of
from comity.errors import ComityError, InputError
from comity.ids import EntryId
from comity.ledger.checkpoint import VerifierKey, verify_checkpoint
from comity.ledger.entry import commitment, parse_leaf
from comity.ledger.merkle import EMPTY_ROOT, hash_leaf, hash_row
from comity.limits import CHECKPOINT_BYTES, CONTENT_BYTES, NAMES_REMEMBERED_MAX
from comity.texts import _
from comity.tiles.contents import ERASED, FRAME_BYTES_MIN, HEAD_BYTES, KEPT, parse_head
from comity.tiles.durable import read_at_least
from comity.tiles.log import BUNDLE_BYTES, TILE_BYTES, edge_widths, parse_tile
from comity.tiles.paths import CHECKPOINT, TILE_HEIGHT, TILE_WIDTH, bundle_path, contents_path, tile_path

_CONTENTS_BYTES: Final = TILE_WIDTH * (FRAME_BYTES_MIN + CONTENT_BYTES)
_LENGTH_BYTES: Final = 2
_BUNDLE_COST_BYTES: Final = 256_000  # of 256 entries with their contents, as they usually are
_TRIALS_MAX: Final = 6  # levels of the right edge in doubt at once; a ledger of 2**48 entries has no more

What = Literal["changed", "missing", "unreadable", "half erased", "erased", "twice"]
_Hashes = list[bytes | None]


class Finding(msgspec.Struct, frozen=True):
    """What is not as it was signed, was erased, or stands twice: in which file, and where known, at which entry.

    ``file`` is relative to the period's folder; ``entry`` is the name that the tree has for the entry at ``index``.
    """

    what: What
    file: str
    index: int | None
    entry: EntryId | None
    text: str

    @property
    def is_broken(self) -> bool:
        """Whether something is wrong; an erased content is not."""
        return self.what != "erased"


def verify_log(folder: Path, key: VerifierKey, origin: str) -> Iterator[Finding]:
    """Everything in a period's folder that is not what ``key`` signed for ``origin``; nothing if all is well.

    1. The checkpoint's signature and origin; without them nothing else can be judged.
    2. Every leaf against the tile above it, every tile against the next, the last ones against the signed root.
    3. Every content against its leaf's commitment.
    4. Every entry against those before it, as far as something that failed can have placed it once more.

    Where two files disagree, the one that does not lead to the root is named. Never raises on what the files hold,
    but where this machine is out of files or memory; reads only, also while a node writes there. What was cut off
    together with its checkpoint only a witness can tell.
    """
    yield from (each for each in walk_log(folder, key, origin) if isinstance(each, Finding))


def walk_log(folder: Path, key: VerifierKey, origin: str) -> Iterator[Finding | int]:
    """As ``verify_log``, with a number of bytes after each bundle that was looked at, for whoever goes on later."""
    try:
        with (folder / CHECKPOINT).open("rb") as file:
            checkpoint = verify_checkpoint(file.read(CHECKPOINT_BYTES + 1), key, origin)
    except FileNotFoundError:
        yield Finding("missing", CHECKPOINT, None, None, _("There is no checkpoint."))
    except OSError as error:
        raise_if_of_machine(error)
        yield Finding("unreadable", CHECKPOINT, None, None, _("The checkpoint cannot be read."))
    except ComityError as error:
        yield Finding("changed", CHECKPOINT, None, None, error.message)
    else:
        yield from _Verification(folder, checkpoint.size, checkpoint.root).run()


class _Verification:
    """One run over one folder at one size. ``lower`` are hashes recomputed from below, None where that failed."""

    def __init__(self, folder: Path, size: int, root: bytes) -> None:
        self._folder = folder
        self._size = size
        self._root = root
        self._widths = edge_widths(size)
        self._tile = lru_cache(len(self._widths) + 1)(self._read_tile)
        self._newest: dict[bytes, int] = {}  # names with their places

    def run(self) -> Iterator[Finding | int]:
        if not self._size and self._root != EMPTY_ROOT:
            yield Finding("changed", CHECKPOINT, None, None, _("The root of an empty ledger is another."))
        rows: list[_Hashes] = [[] for _level in self._widths]
        full = self._size // TILE_WIDTH
        for number in range(full):
            leaves, lower = yield from self._read_leaves(number, TILE_WIDTH)
            accepted = yield from self._judge(0, number, lower)
            yield from self._check_contents(number, leaves, lower, accepted)
            yield from self._check_once(number, accepted)
            yield from self._climb(rows, number, accepted)
            yield _BUNDLE_COST_BYTES
        if self._widths[0]:
            leaves, rows[0] = yield from self._read_leaves(full, self._widths[0])
        chosen = yield from self._judge_edge(rows)
        if self._widths[0]:
            yield from self._check_contents(full, leaves, rows[0], chosen[0])
            yield from self._check_once(full, chosen[0])

    def _climb(self, rows: list[_Hashes], number: int, accepted: _Hashes) -> Iterator[Finding]:
        """Carry the root of full tile ``number`` upwards, judging every tile above that it fills."""
        for level in range(1, len(rows)):
            rows[level].append(_row_root(accepted))
            if len(rows[level]) < TILE_WIDTH:
                return
            number //= TILE_WIDTH
            accepted = yield from self._judge(level, number, rows[level])
            rows[level] = []

    # Tiles

    def _width(self, level: int, number: int) -> int:
        return min(TILE_WIDTH, (self._size >> TILE_HEIGHT * level) - number * TILE_WIDTH)

    def _read_tile(self, level: int, number: int) -> tuple[bytes, ...] | What:
        width = self._width(level, number)
        try:
            return parse_tile(read_at_least(self._folder, tile_path(level, number), width, TILE_BYTES), width)
        except FileNotFoundError:
            return "missing"
        except (OSError, InputError) as error:
            raise_if_of_machine(error)
            return "unreadable"

    def _stored(self, level: int, number: int) -> Iterator[Finding]:
        found = self._tile(level, number)
        if isinstance(found, str):
            path = tile_path(level, number, self._width(level, number))
            yield Finding(found, path, None, None, _("The tile is missing or too short."))

    def _judge(self, level: int, number: int, lower: _Hashes) -> "_Judging":
        """Compare a full tile with what was recomputed; its parent's hash tells which of the two is right."""
        yield from self._stored(level, number)
        stored = self._tile(level, number)
        if isinstance(stored, str) or list(stored) == lower:
            return lower
        parent, place = self._tile(level + 1, number // TILE_WIDTH), number % TILE_WIDTH
        expected = None if isinstance(parent, str) else parent[place]
        if hash_row(stored) == expected:
            yield from self._blame_lower(level, number, lower, stored)
            return list(stored)
        if _row_root(lower) != expected or expected is None:
            yield from self._blame_lower(level, number, lower, stored)
        yield from self._blame_stored(level, number, lower, stored)
        return lower

    def _judge_edge(self, rows: list[_Hashes]) -> "_EdgeJudging":
        """Find which of stored and recomputed partial tiles lead to the signed root together; blame the others."""
        choices: list[list[_Hashes]] = []
        numbers = [self._size >> TILE_HEIGHT * (level + 1) for level in range(len(rows))]
        for level, lower in enumerate(rows):
            choices.append([lower])
            if lower:
                yield from self._stored(level, numbers[level])
                stored = self._tile(level, numbers[level])
                if not isinstance(stored, str) and list(stored) != lower:
                    choices[level].insert(0, list(stored))
        doubtful = sum(len(choice) > 1 for choice in choices)
        chosen = next(
            (row for row in product(*choices) if doubtful <= _TRIALS_MAX and _edge_root(row) == self._root), None
        )
        for level, lower in enumerate(rows):
            if len(choices[level]) > 1:
                stored_row = [value for value in choices[level][0] if value is not None]
                if chosen is None or chosen[level] is not lower:
                    yield from self._blame_lower(level, numbers[level], lower, stored_row)
                if chosen is None or chosen[level] is lower:
                    yield from self._blame_stored(level, numbers[level], lower, stored_row)
        if chosen is None and self._size:
            text = _("The entries do not lead to the root that was signed.")
            yield Finding("changed", CHECKPOINT, None, None, text)
        return list(chosen or rows)

    def _blame_lower(self, level: int, number: int, lower: _Hashes, stored: Sequence[bytes]) -> Iterator[Finding]:
        for place, (low, high) in enumerate(zip(lower, stored, strict=True)):
            if low == high:
                continue
            index = number * TILE_WIDTH + place
            if level == 0:
                path = bundle_path(number, self._width(0, number))
                yield Finding("changed", path, index, EntryId(high.hex()), _("The entry is not the one signed."))
            else:
                first = index << TILE_HEIGHT * level
                text = _("Tile and entries from this one on are not those signed.")
                yield Finding("changed", tile_path(level - 1, index), first, None, text)

    def _blame_stored(self, level: int, number: int, lower: _Hashes, stored: Sequence[bytes]) -> Iterator[Finding]:
        path = tile_path(level, number, self._width(level, number))
        for place, (low, high) in enumerate(zip(lower, stored, strict=True)):
            if low != high:
                index = (number * TILE_WIDTH + place) << TILE_HEIGHT * level
                name = EntryId(low.hex()) if level == 0 and low is not None else None
                yield Finding("changed", path, index, name, _("The tile's hash is not the one signed."))

    # Leaves

    def _read_leaves(self, number: int, width: int) -> "_LeavesReading":
        """The bundle's leaves and their hashes, with None for those that cannot be told apart."""
        stored = self._tile(0, number)
        path = bundle_path(number, width)
        nothing: list[bytes | None] = [None] * width
        try:
            data = read_at_least(self._folder, bundle_path(number), width, BUNDLE_BYTES)
        except OSError as error:
            raise_if_of_machine(error)
            what: What = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
            yield Finding(what, path, number * TILE_WIDTH, None, _("The entries' file cannot be read."))
            return nothing, nothing if isinstance(stored, str) else list(stored)
        leaves, stop = _split_bundle(data, width, () if isinstance(stored, str) else stored)
        lower = [None if leaf is None else hash_leaf(leaf) for leaf in leaves]
        # Where the last leaf is not the tile's either, it is its length that was changed.
        if width == TILE_WIDTH and stop != len(data) and (isinstance(stored, str) or lower[-1] == stored[-1]):
            yield Finding("changed", path, None, None, _("Something follows the last entry."))
        return leaves, lower

    def _check_once(self, number: int, names: _Hashes) -> Iterator[Finding]:
        """Name the entries that stand in the ledger already: each act is one entry."""
        for place, name in enumerate(names, number * TILE_WIDTH):
            if name is None:
                continue
            first = self._newest.setdefault(name, place)
            if first != place:
                text = _("This entry stands at {place} already: it counts once.").format(place=first)
                yield Finding("twice", bundle_path(number, len(names)), place, EntryId(name.hex()), text)
            if len(self._newest) > NAMES_REMEMBERED_MAX:
                del self._newest[next(iter(self._newest))]

    # Contents

    def _check_contents(
        self, number: int, leaves: list[bytes | None], lower: _Hashes, accepted: _Hashes
    ) -> Iterator[Finding]:
        path, first = contents_path(number), number * TILE_WIDTH
        try:
            with (self._folder / path).open("rb") as file:
                data = file.read(_CONTENTS_BYTES + 1)
        except OSError as error:
            raise_if_of_machine(error)
            what: What = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
            yield Finding(what, path, first, None, _("The contents' file cannot be read."))
            return
        offset = 0
        for place, leaf in enumerate(leaves):
            name = None if accepted[place] is None else EntryId((accepted[place] or b"").hex())
            length = parse_head(data[offset : offset + HEAD_BYTES], place)
            if length is None:
                yield Finding("changed", path, first + place, name, _("The content's frame was changed."))
                offset = _find_head(data, offset, place + 1)
                continue
            frame = data[offset : offset + FRAME_BYTES_MIN + length]
            offset += FRAME_BYTES_MIN + length
            what_of = _judge_frame(frame, length, leaf if lower[place] == accepted[place] else None)
            if what_of is not None:
                yield Finding(what_of[0], path, first + place, name, what_of[1])
        if len(leaves) == TILE_WIDTH and offset != len(data):
            yield Finding("changed", path, None, None, _("Something follows the last content."))


_Judging = Generator[Finding, None, _Hashes]
_EdgeJudging = Generator[Finding, None, list[_Hashes]]
_LeavesReading = Generator[Finding, None, tuple[list[bytes | None], _Hashes]]


def _row_root(row: _Hashes) -> bytes | None:
    known = [value for value in row if value is not None]
    return hash_row(known) if len(known) == len(row) else None


def _edge_root(rows: Sequence[_Hashes]) -> bytes | None:
    """The root of a tree from its partial tiles, of the leaves first."""
    below: _Hashes = []
    for row in rows:
        if row or below:
            below = [_row_root([*row, *below])]
    return below[0] if below else EMPTY_ROOT


def _split_bundle(data: bytes, width: int, stored: Sequence[bytes]) -> tuple[list[bytes | None], int]:
    """Leaves of a bundle, and where the last ends; finding the next one again where a length was changed."""
    leaves: list[bytes | None] = []
    offset = 0
    for place in range(width):
        start = offset + _LENGTH_BYTES
        stop = start + int.from_bytes(data[offset:start], "big")
        leaf = data[start:stop] if start <= stop <= len(data) and start <= len(data) else None
        if place < len(stored) and (leaf is None or hash_leaf(leaf) != stored[place]):
            following = _find_leaf(data, offset, stored[place + 1]) if place + 1 < len(stored) else None
            if following is not None and following != stop:
                leaf, stop = None, following
        leaves.append(leaf)
        offset = min(stop, len(data))
    return leaves, offset


def _find_leaf(data: bytes, offset: int, name: bytes) -> int | None:
    """Where behind ``offset`` the leaf with this hash begins, its length included; None if it is not there."""
    while (brace := data.find(b'{"', offset + 2 * _LENGTH_BYTES)) >= 0:
        offset = brace - _LENGTH_BYTES
        length = int.from_bytes(data[offset:brace], "big")
        if hash_leaf(data[brace : brace + length]) == name:
            return offset
    return None


def _find_head(data: bytes, offset: int, place: int) -> int:
    """Where behind ``offset`` the frame of ``place`` begins; the end of the data if it is not there."""
    if place >= TILE_WIDTH:
        return len(data)
    # Place, and a length whose first two bytes are below that of the longest content.
    for match in re.compile(re.escape(bytes((place,))) + rb"\x00[\x00-\x0f]").finditer(data, offset + HEAD_BYTES):
        if parse_head(data[match.start() - 1 : match.start() - 1 + HEAD_BYTES], place) is not None:
            return match.start() - 1
    return len(data)


def _judge_frame(frame: bytes, length: int, leaf: bytes | None) -> tuple[What, str] | None:
    """What is to be said of one content; nothing if its leaf is not known, or commits to it."""
    salt, content = frame[HEAD_BYTES:FRAME_BYTES_MIN], frame[FRAME_BYTES_MIN:]
    if len(content) != length or frame[0] not in (KEPT, ERASED):
        return "changed", _("The content's frame was changed.")
    if frame[0] == ERASED:
        if any(salt) or any(content):
            return "half erased", _("The content is marked as erased and is still there, in whole or part.")
        return "erased", _("The content was erased.")
    try:
        is_right = leaf is None or parse_leaf(leaf).commitment == commitment(salt, content)
    except InputError as error:
        return "unreadable", text_of(error)
    return None if is_right else ("changed", _("The content is not what the entry committed to."))
