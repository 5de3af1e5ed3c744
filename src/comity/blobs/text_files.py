"""Files of text as others bring them, line by line: never more than one line in memory."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from comity.errors import MalformedError
from comity.limits import LINE_CHARS_MAX
from comity.texts import _


def read_lines(file: BinaryIO) -> Iterator[str]:
    """The lines of a file in UTF-8, with or without a mark at its beginning, with the ends that they have.

    MalformedError where it is not UTF-8. A line that passes LINE_CHARS_MAX comes in parts, the first too long for
    whoever bounds lines.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="strict", newline="")
    number = 0
    try:
        while line := text.readline(LINE_CHARS_MAX + 1):
            number += 1
            yield line
    except UnicodeDecodeError as error:
        # What was given out ends before the piece that could not be read.
        wrong = number + 1 + error.object[: error.start].count(b"\n")
        raise MalformedError(
            _("The file is not UTF-8 in line {wrong}.").format(wrong=wrong),
            where="encoding",
            next_step=_("Nothing was entered. Save the file as UTF-8 and enter it again."),
        ) from error
    finally:
        if not file.closed:
            text.detach()
