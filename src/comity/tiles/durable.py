"""Bytes that are on the disk when the call returns, and bytes that may be renamed under a reader."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from comity.tiles.paths import TILE_WIDTH

Boundary = Callable[[str], None]
"""Called with a step's name before and after each durable step; the simulator raises there."""

_TRIES_MAX: Final = 8  # a writer that publishes this often while one file is opened does not exist

sync_data: Final[Callable[[int], None]] = getattr(os, "fdatasync", os.fsync)


def no_boundary(step: str) -> None:
    """Let every step pass."""
    del step


def sync_folders(folders: Iterable[Path]) -> None:
    """Make names created, renamed or removed in these folders durable. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def make_folder(folder: Path, made_in: set[Path]) -> None:
    """Create ``folder`` and those above it, noting in ``made_in`` whose names then need a sync."""
    if folder.is_dir():
        return
    make_folder(folder.parent, made_in)
    folder.mkdir(exist_ok=True)
    made_in.add(folder.parent)


def write_file(path: Path, data: bytes, made_in: set[Path], *, append: bool = False) -> None:
    """Write and sync ``path``, noting in ``made_in`` which folder's names need a sync."""
    make_folder(path.parent, made_in)
    with path.open("ab" if append else "wb", buffering=0) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]
        sync_data(file.fileno())
    if not append:
        made_in.add(path.parent)


def replace_file(path: Path, data: bytes, boundary: Boundary) -> None:
    """Put ``data`` in the place of ``path``: whoever opens it sees the old bytes or the new ones."""
    made_in: set[Path] = set()
    beside = path.with_name(f"{path.name}.new")
    boundary("replace.write")
    write_file(beside, data, made_in)
    boundary("replace.rename")
    beside.replace(path)
    boundary("replace.renamed")
    sync_folders(made_in | {path.parent})
    boundary("replace.synced")


def read_at_least(folder: Path, full: str, width: int, most_bytes: int) -> bytes:
    """Read a tile or bundle that is at least ``width`` wide, as it began with that width.

    While a node runs, its partial files give way to wider ones; FileNotFoundError if none is there.
    """
    for _ in range(_TRIES_MAX):
        for path in _candidates(folder / full, width):
            try:
                with path.open("rb") as file:
                    return file.read(most_bytes + 1)
            except FileNotFoundError:
                continue
    raise FileNotFoundError(full)


def _candidates(full: Path, width: int) -> Iterator[Path]:
    partials = full.with_name(f"{full.name}.p")
    if width < TILE_WIDTH:
        yield partials / str(width)
    yield full
    if width < TILE_WIDTH and partials.is_dir():
        widths = []
        with suppress(FileNotFoundError):  # removed meanwhile: then the full one is there
            widths = sorted(int(path.name) for path in partials.iterdir() if path.name.isdecimal())
        yield from (partials / str(wider) for wider in widths if wider > width)
