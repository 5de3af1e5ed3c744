"""Walks through an index, as a process of its own: ``python -m comity.index.walking FILE REGISTER``.

Ends with 0 where everything is what was stored. A damaged file may end this process instead of the node's.
"""

import sys
from pathlib import Path
from subprocess import DEVNULL, TimeoutExpired, run

from comity.errors import ComityError
from comity.ids import RegisterName
from comity.index.exact import Index
from comity.limits import INDEX_WALK_S

_STEP = 10_000


def walk(path: Path, register: RegisterName) -> None:
    """Read everything; CorruptError where something is not what was stored."""
    index = Index(path, register, readonly=True)
    try:
        index.verify_names()
        key = b""
        while listed := index.list_postings(key, _STEP):
            key = listed[-1][0]
    finally:
        index.close()


def is_walkable(path: Path, register: RegisterName) -> bool:
    """Whether another process, which may end by it, can walk through the file: nobody else opens it before."""
    command = [sys.executable, "-m", "comity.index.walking", str(path), register]
    try:
        walked = run(  # noqa: S603 - our own module
            command, check=False, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL,
            timeout=INDEX_WALK_S * (1 + path.stat().st_size / 1e9),
        )  # fmt: skip
    except TimeoutExpired:
        return False
    return walked.returncode == 0


if __name__ == "__main__":
    try:
        walk(Path(sys.argv[1]), RegisterName(sys.argv[2]))
    except ComityError:
        sys.exit(1)
