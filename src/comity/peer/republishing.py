"""Putting back what was damaged of the published directory, from the copy that the secretariat itself has acquired.

A version that was signed never changes, and a file is named by its hash: what differs from a copy that holds is damage.
What is newer than the copy stays as it is, so that nobody is shown an older directory than before.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from tuf.api.metadata import Timestamp  # type: ignore[attr-defined] # it exports it without saying so

from comity.damage import UNREADABLE
from comity.members.publication import Publication, verify_whole
from comity.members.roles import ROOT, SNAPSHOT, TIMESTAMP, form_of, parse_role, verify_signed
from comity.peer.repository import TIMESTAMP_NAME, names_of, write_durably

_BEFORE_ALL: Final = datetime(1970, 1, 1, tzinfo=UTC)  # when nothing had expired: that is judged elsewhere
_SNAPSHOT_FILE: Final = re.compile(r"([0-9]{1,9})\.snapshot\.json")


def restore(folder: Path, cache: Path) -> tuple[str, ...]:
    """Put back what of the published ``folder`` is not as it is in ``cache``; the names. Nothing where that is damaged.

    OSError where the disk refuses.
    """
    try:
        copy, roots = _read_cache(cache)
        names = names_of(copy.roles, copy.files) | {f"metadata/{name}": data for name, data in roots.items()}
        damaged = {name: data for name, data in names.items() if _read(folder / name) != data}
        if not damaged:
            return ()
        _verify(copy)
        if TIMESTAMP_NAME in damaged and not _is_wanted(folder, copy):
            del damaged[TIMESTAMP_NAME]
    except UNREADABLE:
        return ()
    for name, data in damaged.items():
        write_durably(folder / name, data)
    return tuple(damaged)


def _read_cache(cache: Path) -> tuple[Publication, dict[str, bytes]]:
    """The copy, and every root by its name."""
    roots = {each.name: each.read_bytes() for each in (cache / "root_history").iterdir()}
    latest = max(roots, key=lambda name: int(name.split(".")[0]))
    roles = {each.stem: each.read_bytes() for each in cache.glob("*.json") if each.stem != ROOT}
    files = {unquote(each.name): each.read_bytes() for each in (cache / "targets").iterdir()}
    return Publication(roles | {ROOT: roots[latest]}, files), roots


def _verify(copy: Publication) -> None:
    """Raise unless every signature and hash in the copy holds."""
    verify_whole(copy, _BEFORE_ALL)
    root = copy.delegator(SNAPSHOT)
    for role in (SNAPSHOT, TIMESTAMP):
        verify_signed(root, role, parse_role(role, copy.roles[role], form_of(role)))


def _is_wanted(folder: Path, copy: Publication) -> bool:
    """Whether the published timestamp is damaged, and the copy's names the latest snapshot that was ever published."""
    data = _read(folder / TIMESTAMP_NAME)
    try:
        found = parse_role(TIMESTAMP, data or b"", Timestamp)
        verify_signed(copy.delegator(TIMESTAMP), TIMESTAMP, found)
    except UNREADABLE:
        named = parse_role(TIMESTAMP, copy.roles[TIMESTAMP], Timestamp).signed.snapshot_meta.version
        return bool(named >= _latest_snapshot(folder))
    return False


def _latest_snapshot(folder: Path) -> int:
    found = (_SNAPSHOT_FILE.fullmatch(each.name) for each in (folder / "metadata").iterdir())
    return max((int(match[1]) for match in found if match), default=0)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
