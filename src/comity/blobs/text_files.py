"""Files of text as others bring them, line by line: never more than a piece and one line in memory."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, Final

from comity.errors import MalformedError
from comity.limits import LINE_CHARS_MAX
from comity.texts import _

_PIECE_BYTES: Final = 65_536


def read_lines(file: BinaryIO) -> Iterator[str]:
    """The lines of a file in UTF-8, with or without a mark at its beginning, with the ends that they have.

    MalformedError where it is not UTF-8. A line that passes LINE_CHARS_MAX comes in parts, the first too long for
    whoever bounds lines.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")("strict")
    number, rest = 0, ""
    for piece in iter(lambda: file.read(_PIECE_BYTES), b""):
        text = rest + _decode(decoder, piece, number)
        lines = io.StringIO(text, newline="").readlines()
        # What comes next may go on with the last line, or be the other half of its end.
        rest = lines.pop() if lines and not lines[-1].endswith("\n") and len(lines[-1]) <= LINE_CHARS_MAX else ""
        number += len(lines)
        yield from lines
    _decode(decoder, b"", number, is_last=True)
    if rest:
        yield rest


def _decode(decoder: codecs.IncrementalDecoder, piece: bytes, number: int, *, is_last: bool = False) -> str:
    try:
        return decoder.decode(piece, is_last)
    except UnicodeDecodeError as error:
        # What was given out ends before the piece that could not be read.
        wrong = number + 1 + error.object[: error.start].count(b"\n")
        raise MalformedError(
            _("The file is not UTF-8 in line {wrong}.").format(wrong=wrong),
            where="encoding",
            next_step=_("Nothing was entered. Save the file as UTF-8 and enter it again."),
        ) from error
