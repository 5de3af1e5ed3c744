"""Characters that turn a line round, or that nobody sees: where they may stand, and how they are shown.

There is one set. No text of one line that an officer or another member gives has any of them. What was taken in before,
and texts of several lines, are shown with their numbers instead, ``<U+202E>``: no terminal obeys them, and no name
looks like another.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from comity.errors import MalformedError
from comity.texts import _

_SPANS: Final = (
    "\\u0000-\\u001f\\u007f-\\u009f"  # controls, C0 and C1: what a terminal obeys
    "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e"  # soft hyphen, fillers, marks without a shape
    "\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f"  # zero width, marks of direction, line ends, turning
    "\\u2800\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb"  # blanks that are letters, the byte order mark, annotations
    "\\ud800-\\udfff"  # halves of a character
    "\\U0001bca0-\\U0001bca3\\U00013430-\\U0001343f\\U0001d173-\\U0001d17a"  # controls of scripts and of music
    "\\U000e0000-\\U000e00ff\\U000e01f0-\\U000e0fff"  # tags
)
"""Unicode's formats (Cf), controls (Cc), line and paragraph ends, and letters without a shape.

U+200C and U+200D are not among them: they stand inside ordinary Persian and Kurdish words. Neither are the signs that
Arabic and Syriac numbers begin with, which are seen, nor what chooses a letter's variant.
"""
_OBEYED_SPANS: Final = (
    "\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff"
    "\\U000e0000-\\U000e00ff\\U000e01f0-\\U000e0fff"
)
"""Those of them that a text of several lines does without, line ends and tabs aside."""
_SPACE: Final = re.compile(r"\s")
_HIDDEN: Final = re.compile(f"[{_SPANS}]")
_HIDDEN_IN_JSON: Final = re.compile(f"(?!\\n)[{_SPANS}]")
_HIDDEN_IN_SPACE: Final = re.compile(f"(?![\\n\\r\\t])[{_SPANS}]")
_OBEYED: Final = re.compile(f"[{_OBEYED_SPANS}]")


def is_one_line(text: str) -> bool:
    """Whether ``text`` shows as one line, whole, in the order in which it is written."""
    return _HIDDEN.search(text) is None


def join_spaces(text: str) -> str:
    """``text`` with one space wherever white space stands: tabs, line ends, no-break spaces; none at its ends."""
    return " ".join(text.split())


def normalise_text(text: str) -> str:
    """``text`` on one line, single spaces; MalformedError names a character that no answer could show."""
    joined = join_spaces(text)
    if not (joined.isascii() and joined.isprintable()):
        verify_line(_SPACE.sub(" ", text), "")
    return joined


def verify_line(text: str, where: str) -> None:
    """Raise MalformedError where ``text`` has a character of the set; it says which, and where it stands."""
    found = _HIDDEN.search(text)
    if found is not None:
        raise MalformedError(
            _("Character {position} is {character}: nobody sees it, or it turns the text round.").format(
                position=found.start() + 1, character=_number(found[0])
            ),
            where=where,
            next_step=_("Remove it, or type the text again."),
        )


def verify_all_lines(data: bytes, where: str) -> None:
    """Raise MalformedError where any text in this JSON, which has been read, has a character of the set."""
    if data.isascii() and b"\\" not in data and b"\x7f" not in data:
        return
    for text in _texts_in(msgspec.json.decode(data)):
        verify_line(text, where)


def show_line(text: str) -> str:
    """``text`` on one line, with the number of each character of the set in its place."""
    return _HIDDEN.sub(_show, text)


def show_word(text: str, *, is_markup: bool = False) -> str:
    """``text`` where white space shows as a space: with the numbers of all other characters of the set in their place.

    Pages show every text so that is not one of several lines; of ``is_markup`` the numbers are markup too.
    """
    return _HIDDEN_IN_SPACE.sub(_show_in_markup if is_markup else _show, text)


def show_lines(text: str) -> str:
    """``text`` of several lines, with the numbers of the characters that would be obeyed or turn it round.

    What is only not seen stays as it is: many programs put such characters between words.
    """
    return _OBEYED.sub(_show, text)


def escape_json(text: str) -> str:
    """JSON that means the same, with every such character escaped; the ends of its own lines stay."""
    return _HIDDEN_IN_JSON.sub(lambda found: "".join(f"\\u{unit:04x}" for unit in _units(found[0])), text)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts_in(each)


def _number(character: str) -> str:
    return f"U+{ord(character):04X}"


def _show(found: re.Match[str]) -> str:
    return f"<{_number(found[0])}>"


def _show_in_markup(found: re.Match[str]) -> str:
    return f"&lt;{_number(found[0])}&gt;"


def _units(character: str) -> Iterator[int]:
    """The one or two numbers that JSON writes a character by."""
    data = character.encode("utf-16-be", "surrogatepass")
    return (int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2))
