"""Attachments as forms carry them from sheet to sheet, until a message names them."""

from collections.abc import Iterable
from typing import Any

from comity.limits import ATTACHMENT_BYTES, FIELD_CHARS


def parse_attached(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Attachments as forms carry them: the blob's name, the size, the file's name, for showing them again."""
    found = []
    for line in lines:
        blob, _space, rest = line.partition(" ")
        size, _space, name = rest.partition(" ")
        if blob and name and size.isascii() and size.isdigit() and len(size) <= len(str(ATTACHMENT_BYTES)):
            found.append({"blob": blob, "size": int(size), "name": name[:FIELD_CHARS], "line": line})
    return found
