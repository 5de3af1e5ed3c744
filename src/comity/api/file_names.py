"""Names of attachments: what somebody else has called a file is never a path here, and never a header."""

from typing import Final
from urllib.parse import quote

from comity.characters import is_one_line

_FORBIDDEN: Final = frozenset('<>:"|?*')  # in file names of some systems
_DEVICES: Final = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}
)
_NAME_BYTES: Final = 200  # file systems take 255; a number is put behind a name that comes twice


def safe_name(name: str) -> str:
    """A name to keep a file under, from what its sender says; ``attachment`` where nothing is left of it.

    It leads to no other folder, is not hidden, no option and no device, and as long as every system takes.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(each if _may_stand(each) else "_" for each in last).strip(" ")
    if kept[:1] in {".", "-"}:
        kept = f"_{kept[1:]}"
    kept = _cut(kept.rstrip(". "))
    if kept.partition(".")[0].strip().upper() in _DEVICES:
        kept = f"_{kept}"
    return kept if kept.strip("_") else "attachment"


def number_name(name: str, number: int) -> str:
    """The ``number``-th file of one name: ``report (2).pdf``."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem} ({number}){dot}{suffix}" if stem else f"{name} ({number})"


def disposition(name: str) -> str:
    """The value of Content-Disposition for a file to be kept, never shown (RFC 6266, RFC 8187)."""
    kept = safe_name(name)
    plain = "".join(each if each.isascii() and (each.isalnum() or each in "._- ") else "_" for each in kept)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(kept, safe='')}"


def _may_stand(character: str) -> bool:
    return character.isprintable() and is_one_line(character) and character not in _FORBIDDEN


def _cut(name: str) -> str:
    """The name within the bound, its ending kept."""
    if len(name.encode()) <= _NAME_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    ending = f"{dot}{suffix}" if stem and len(suffix.encode()) <= _NAME_BYTES // 10 else ""
    room = _NAME_BYTES - len(ending.encode())
    return name.encode()[:room].decode(errors="ignore").rstrip(". ") + ending
