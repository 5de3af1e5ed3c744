"""One period of the ledger as files: the tree's tiles, bundles of leaves, contents, the published checkpoint."""

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from comity.errors import CorruptError, MalformedError, UnknownError
from comity.ids import EntryId
from comity.ledger.checkpoint import parse_checkpoint, parse_note
from comity.ledger.entry import Entry, entry_id
from comity.ledger.merkle import HASH_BYTES, compute_root, hash_leaf, hash_row, prove_consistency, prove_inclusion
from comity.ledger.proof import ConsistencyProof, InclusionProof
from comity.limits import CHECKPOINT_BYTES, ENTRY_BYTES
from comity.texts import _
from comity.tiles.contents import Contents
from comity.tiles.durable import Boundary, no_boundary, read_at_least, replace_file, sync_folders, write_file
from comity.tiles.paths import CHECKPOINT, TILE_HEIGHT, TILE_WIDTH, bundle_path, tile_path

_LENGTH: Final = struct.Struct(">H")
TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
BUNDLE_BYTES: Final = TILE_WIDTH * (_LENGTH.size + ENTRY_BYTES)
_TILES_KEPT: Final = 256  # 2 MB of hashes
_BUNDLES_KEPT: Final = 16
_LEVELS_MAX: Final = 8  # of a tree of 2**63 entries


class Erased(msgspec.Struct, frozen=True):
    """An entry whose salt and content were erased: its leaf remains, and proves as before."""

    leaf: bytes

    @property
    def id(self) -> EntryId:
        """The entry's name, as it always was."""
        return entry_id(self.leaf)


class _Edge(msgspec.Struct, frozen=True):
    """A tree's right edge: everything that is not yet in full tiles and bundles. Replaced, never changed."""

    size: int
    tiles: tuple[tuple[bytes, ...], ...]  # hashes of the partial tile of each level
    leaves: tuple[bytes, ...]  # of the partial bundle


_EMPTY: Final = _Edge(0, ((),), ())


def encode_bundle(leaves: Sequence[bytes]) -> bytes:
    """Leaves as C2SP tlog-tiles bundles them: each behind its length in two bytes, big-endian."""
    return b"".join([_LENGTH.pack(len(leaf)) + leaf for leaf in leaves])


def parse_bundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """The first ``width`` leaves of a bundle; MalformedError if there are fewer."""
    leaves: list[bytes] = []
    offset = 0
    while len(leaves) < width:
        start = offset + _LENGTH.size
        if start > len(data):
            raise MalformedError(_("The bundle ends before its last leaf."), where=f"leaf {len(leaves)}")
        offset = start + int.from_bytes(data[offset:start], "big")
        if offset > len(data):
            raise MalformedError(_("The bundle ends before its last leaf."), where=f"leaf {len(leaves)}")
        leaves.append(data[start:offset])
    return tuple(leaves)


def parse_tile(data: bytes, width: int) -> tuple[bytes, ...]:
    """The first ``width`` hashes of a tile; MalformedError if there are fewer."""
    if len(data) < width * HASH_BYTES:
        raise MalformedError(_("The tile ends before its last hash."), where="tile")
    return tuple(data[i : i + HASH_BYTES] for i in range(0, width * HASH_BYTES, HASH_BYTES))


def edge_widths(size: int) -> tuple[int, ...]:
    """The width of the partial tile of each level at ``size``, zero where there is none."""
    widths = []
    while size:
        widths.append(size % TILE_WIDTH)
        size //= TILE_WIDTH
    return tuple(widths) or (0,)


class TileLog:
    """The ledger of one period, in ``folder``.

    The checkpoint's size decides: whatever lies beyond it was never acknowledged and is overwritten. ``append`` writes
    and syncs contents, bundles and tiles, in that order; ``publish`` makes them count. One writer; opening and reading
    write nothing, so any number of readers may open the same folder and ``refresh``. Raises CorruptError where stored
    bytes do not lead to the checkpoint, OSError where the disk fails.
    """

    def __init__(self, folder: Path, boundary: Boundary = no_boundary) -> None:
        self.folder = folder
        self._boundary = boundary
        self._contents = Contents(folder, boundary)
        self._is_writing = False
        self._stale: set[Path] = set()
        self._full_tile = lru_cache(_TILES_KEPT)(self._read_full_tile)
        self._full_bundle = lru_cache(_BUNDLES_KEPT)(self._read_full_bundle)
        self.refresh()

    # Reading

    @property
    def size(self) -> int:
        """How many entries the published checkpoint covers."""
        return self._published.size

    @property
    def end(self) -> int:
        """How many entries were appended, published or not."""
        return self._end.size

    def checkpoint(self) -> bytes | None:
        """The published checkpoint note, None before the first."""
        return self._note

    def refresh(self) -> None:
        """Read the published checkpoint again, forgetting what was appended and not published."""
        try:
            with (self.folder / CHECKPOINT).open("rb") as file:
                self._note: bytes | None = file.read(CHECKPOINT_BYTES + 1)
        except FileNotFoundError:
            self._note = None
        self._published = self._end = self._load_edge(self._note)

    def _load_edge(self, note: bytes | None) -> _Edge:
        if note is None:
            return _EMPTY
        try:
            checkpoint = parse_checkpoint(parse_note(note).text)
            tiles = []
            for level, width in enumerate(edge_widths(checkpoint.size)):
                number = checkpoint.size >> TILE_HEIGHT * (level + 1)
                data = self._read(tile_path(level, number), width, TILE_BYTES) if width else b""
                tiles.append(parse_tile(data, width))
            width = checkpoint.size % TILE_WIDTH
            data = self._read(bundle_path(checkpoint.size // TILE_WIDTH), width, BUNDLE_BYTES) if width else b""
            edge = _Edge(checkpoint.size, tuple(tiles), parse_bundle(data, width))
        except (MalformedError, FileNotFoundError) as error:
            raise CorruptError(_("The ledger's last tiles cannot be read."), where=str(self.folder)) from error
        if self._root(edge, edge.size) != checkpoint.root:
            raise CorruptError(_("The ledger's last tiles do not lead to its checkpoint."), where=str(self.folder))
        return edge

    def _read(self, path: str, width: int, most_bytes: int) -> bytes:
        return read_at_least(self.folder, path, width, most_bytes)

    def _read_full_tile(self, level: int, number: int) -> tuple[bytes, ...]:
        return self._parsed(parse_tile, tile_path(level, number), TILE_BYTES)

    def _read_full_bundle(self, number: int) -> tuple[bytes, ...]:
        return self._parsed(parse_bundle, bundle_path(number), BUNDLE_BYTES)

    def _parsed(
        self, parse: Callable[[bytes, int], tuple[bytes, ...]], path: str, most_bytes: int
    ) -> tuple[bytes, ...]:
        try:
            return parse(self._read(path, TILE_WIDTH, most_bytes), TILE_WIDTH)
        except (MalformedError, FileNotFoundError) as error:
            raise CorruptError(_("A file of the ledger is missing or too short."), where=path) from error

    def _node(self, edge: _Edge) -> Callable[[int, int], bytes]:
        def node(height: int, index: int) -> bytes:
            level, rise = divmod(height, TILE_HEIGHT)
            number, place = divmod(index << rise, TILE_WIDTH)
            is_partial = number == edge.size >> TILE_HEIGHT * (level + 1)
            hashes = edge.tiles[level] if is_partial else self._full_tile(level, number)
            return hash_row(hashes[place : place + (1 << rise)])

        return node

    def _root(self, edge: _Edge, size: int) -> bytes:
        return compute_root(size, self._node(edge))

    def tile(self, level: int, number: int, width: int = TILE_WIDTH) -> tuple[bytes, ...]:
        """The first ``width`` hashes of a published tile, also where only a wider one is kept; UnknownError if none."""
        edge = self._published
        there = (edge.size >> TILE_HEIGHT * level) - number * TILE_WIDTH if min(level, number) >= 0 else 0
        if not 0 <= width <= min(TILE_WIDTH, there):
            raise UnknownError(_("There is no such tile."), where=f"tile {level}, {number}")
        is_partial = number == edge.size >> TILE_HEIGHT * (level + 1)
        return (edge.tiles[level] if is_partial else self._full_tile(level, number))[:width]

    def leaves(self, start: int, stop: int) -> Iterator[bytes]:
        """The published leaves from ``start`` to before ``stop``; UnknownError if they are not all there."""
        edge = self._published
        if not 0 <= start <= stop <= edge.size:
            raise UnknownError(_("There is no such entry in this period."), where=str(self.folder))
        while start < stop:
            number, place = divmod(start, TILE_WIDTH)
            bundle = edge.leaves if number == edge.size // TILE_WIDTH else self._full_bundle(number)
            here = bundle[place : place + stop - start]
            yield from here
            start += len(here)

    def names(self, start: int, stop: int) -> Iterator[EntryId]:
        """The names of the published entries from ``start`` to before ``stop``, as the tree has them."""
        while start < stop:
            number, place = divmod(start, TILE_WIDTH)
            here = min(stop - start, TILE_WIDTH - place)
            yield from (EntryId(each.hex()) for each in self.tile(0, number, place + here)[place:])
            start += here

    def leaf(self, index: int) -> bytes:
        """The leaf at ``index``; UnknownError if it is not published."""
        return next(self.leaves(index, index + 1))

    def entry(self, index: int) -> Entry | Erased:
        """The entry at ``index``, or what remains of it; UnknownError if it is not published."""
        return next(self.entries(index, index + 1))

    def entries(self, start: int, stop: int) -> Iterator[Entry | Erased]:
        """The entries from ``start`` to before ``stop``, or what remains of them; UnknownError as for ``leaves``."""
        pairs = zip(self.leaves(start, stop), self._contents.read_range(start, stop), strict=True)
        for leaf, content in pairs:
            yield Erased(leaf) if content is None else Entry(leaf, *content)

    def root(self, size: int | None = None) -> bytes:
        """The root over the first ``size`` entries, appended ones included; by default over the published ones."""
        edge = self._end
        size = self.size if size is None else size
        if not 0 <= size <= edge.size:
            raise UnknownError(_("The ledger is not that long."), where=str(self.folder))
        return self._root(edge, size)

    def inclusion(self, index: int, size: int) -> InclusionProof:
        """The proof that the entry at ``index`` is in the tree of ``size``; UnknownError if either is not there."""
        edge = self._published
        if not 0 <= index < size <= edge.size:
            raise UnknownError(_("There is no such entry in this period."), where=str(self.folder))
        return InclusionProof(index, size, prove_inclusion(index, size, self._node(edge)))

    def consistency(self, old_size: int, new_size: int) -> ConsistencyProof:
        """The proof that one tree begins with another; UnknownError if the ledger is not that long."""
        edge = self._published
        if not 0 <= old_size <= new_size <= edge.size:
            raise UnknownError(_("The ledger is not that long."), where=str(self.folder))
        return ConsistencyProof(old_size, new_size, prove_consistency(old_size, new_size, self._node(edge)))

    # Writing

    def append(self, entries: Sequence[Entry]) -> range:
        """Write and sync entries behind the last; they count once a checkpoint over them is published.

        If this raises, everything that was not published is forgotten.
        """
        if not self._is_writing:
            self.discard()
        before, self._is_writing = self._end, False
        made_in: set[Path] = set()
        self._boundary("append.contents")
        self._contents.append(before.size, entries, made_in)
        self._boundary("append.bundles")
        leaves = self._write_leaves(before, [entry.leaf for entry in entries], made_in)
        self._boundary("append.tiles")
        tiles = self._write_tiles(before, [hash_leaf(entry.leaf) for entry in entries], made_in)
        self._boundary("append.folders")
        sync_folders(made_in)
        self._boundary("append.synced")
        self._end = _Edge(before.size + len(entries), tiles, leaves)
        self._stale.update(set(self._partials(before)) - set(self._partials(self._end)))
        self._is_writing = True
        return range(before.size, self._end.size)

    def _write_leaves(self, before: _Edge, leaves: list[bytes], made_in: set[Path]) -> tuple[bytes, ...]:
        rest, number = (*before.leaves, *leaves), before.size // TILE_WIDTH
        while len(rest) >= TILE_WIDTH:
            write_file(self.folder / bundle_path(number), encode_bundle(rest[:TILE_WIDTH]), made_in)
            rest, number = rest[TILE_WIDTH:], number + 1
        if rest and leaves:
            write_file(self.folder / bundle_path(number, len(rest)), encode_bundle(rest), made_in)
        return rest

    def _write_tiles(self, before: _Edge, added: list[bytes], made_in: set[Path]) -> tuple[tuple[bytes, ...], ...]:
        tiles, level = [], 0
        while added or level < len(before.tiles):
            rest = (*(before.tiles[level] if level < len(before.tiles) else ()), *added)
            number, above = before.size >> TILE_HEIGHT * (level + 1), []
            while len(rest) >= TILE_WIDTH:
                write_file(self.folder / tile_path(level, number), b"".join(rest[:TILE_WIDTH]), made_in)
                above.append(hash_row(rest[:TILE_WIDTH]))
                rest, number = rest[TILE_WIDTH:], number + 1
            if rest and added:
                write_file(self.folder / tile_path(level, number, len(rest)), b"".join(rest), made_in)
            tiles.append(rest)
            added, level = above, level + 1
        return tuple(tiles)

    def publish(self, note: bytes) -> None:
        """Replace the checkpoint, durably, then remove partial tiles that it no longer needs.

        MalformedError unless the note is a checkpoint of exactly what was appended. If the disk fails, whether it
        counts is for the disk to say: ``discard`` asks.
        """
        checkpoint = parse_checkpoint(parse_note(note).text)
        if checkpoint.size != self._end.size or checkpoint.root != self.root(checkpoint.size):
            raise MalformedError(_("The checkpoint is not of what was appended."), where="checkpoint")
        self._boundary("publish.checkpoint")
        replace_file(self.folder / CHECKPOINT, note, self._boundary)
        self._published, self._note = self._end, note
        self._boundary("publish.prune")
        self._prune()

    def discard(self) -> None:
        """Go back to the checkpoint on the disk, and make sure that it stays there.

        What was appended since was never acknowledged; CorruptError if the checkpoint's own entries are not all there.
        """
        self._is_writing = False
        self._full_tile.cache_clear()
        self._full_bundle.cache_clear()
        self.refresh()
        if self.folder.is_dir():
            sync_folders([self.folder])
        self._contents.cut(self.size)
        self._stale |= self._left_over()
        self._prune()
        self._is_writing = True

    def erase(self, index: int) -> None:
        """Zero salt and content of the entry at ``index``, durably; every proof stays valid. UnknownError if none."""
        if not 0 <= index < self.size:
            raise UnknownError(_("There is no such entry in this period."), where=str(self.folder))
        self._contents.erase(index)

    def _partials(self, edge: _Edge) -> Iterator[Path]:
        for level, width in enumerate(edge_widths(edge.size)):
            if width:
                yield self.folder / tile_path(level, edge.size >> TILE_HEIGHT * (level + 1), width)
        if edge.size % TILE_WIDTH:
            yield self.folder / bundle_path(edge.size // TILE_WIDTH, edge.size % TILE_WIDTH)

    def _left_over(self) -> set[Path]:
        """Partial files near the edge that a crash kept from being removed."""
        size, found = self.size, set[Path]()
        for level in range(_LEVELS_MAX):
            last = size >> TILE_HEIGHT * (level + 1)
            for number in {last, max(last - 1, 0)}:
                found.update((self.folder / tile_path(level, number)).parent.glob("*.p/*"))
                if level == 0:
                    found.update((self.folder / bundle_path(number)).parent.glob("*.p/*"))
        return found - set(self._partials(self._published))

    def _prune(self) -> None:
        for path in self._stale - set(self._partials(self._published)):
            path.unlink(missing_ok=True)
            with suppress(OSError):  # other partial tiles are still in it
                path.parent.rmdir()
        self._stale.clear()
