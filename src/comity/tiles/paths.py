"""Where things lie in a period's folder: C2SP tlog-tiles, and contents beside them."""

from typing import Final

TILE_WIDTH: Final = 256
TILE_HEIGHT: Final = 8
CHECKPOINT: Final = "checkpoint"


def number_path(number: int) -> str:
    """A tile's number in groups of three digits, all but the last behind an x: 1234067 is ``x001/x234/067``.

    ValueError below zero.
    """
    if number < 0:
        raise ValueError("tiles are counted from zero")
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03d}")
    return "/".join(reversed(groups))


def tile_path(level: int, number: int, width: int = TILE_WIDTH) -> str:
    """The tile of hashes at ``level`` (0 are leaf hashes); below 256 hashes it is a partial one."""
    return _partial(f"tile/{level}/{number_path(number)}", width)


def bundle_path(number: int, width: int = TILE_WIDTH) -> str:
    """The bundle of leaves beside tile ``number`` of level 0."""
    return _partial(f"tile/entries/{number_path(number)}", width)


def contents_path(number: int) -> str:
    """Salts and contents of the leaves of bundle ``number``."""
    return f"contents/{number_path(number)}"


def _partial(path: str, width: int) -> str:
    return path if width == TILE_WIDTH else f"{path}.p/{width}"
