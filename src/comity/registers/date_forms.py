"""How another system writes its days: a form as strptime has it, read digit by digit.

A form says a whole day, or it cannot be used: nothing is filled in. Where no mark stands between two numbers each has
all of its digits, so that a day whose zero a spreadsheet dropped is refused and does not become another one.
"""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from comity.errors import MalformedError
from comity.texts import _

_DIGITS: Final = {
    "d": 2, "m": 2, "y": 2, "Y": 4, "j": 3, "G": 4, "V": 2, "U": 2, "W": 2, "u": 1, "w": 1,
    "H": 2, "I": 2, "M": 2, "S": 2, "f": 6,
}  # fmt: skip
"""The parts that are numbers, and how many digits each has at most."""
_WHOLE: Final = frozenset("yYG")  # a year has all of its digits
_WORDS: Final = {
    **dict.fromkeys("aAbB", r"[^\W\d_]+"),
    "p": "[AP]M",
    "z": r"Z|[-+]\d{2}:?\d{2}",
}
_OF_DAYS: Final = tuple("dmyYjGVUWuwaA")  # what is compared with the day that was read
_YEAR, _MONTH, _WEEKDAY = frozenset("yY"), frozenset("mbB"), frozenset("aAuw")
_PIECE: Final = re.compile(r"%(?P<part>.)|(?P<space>\s+)|(?P<mark>.)", re.DOTALL)


class DateForm(NamedTuple):
    """One form: what its text looks like, and its pieces, ``%d`` or a mark."""

    shape: re.Pattern[str]
    pieces: tuple[str, ...]

    @property
    def is_month_said_otherwise(self) -> bool:
        """Whether ``1965-12`` is no month among texts of this form: what stands behind the year there is no month."""
        places = (at for at, piece in enumerate(self.pieces) if piece in ("%Y", "%G"))
        return any(self.pieces[at + 1 : at + 2] == ("-",) and self.pieces[at + 2 : at + 3] != ("%m",) for at in places)

    def read(self, text: str) -> date | None:
        """The day, each part of it as it was said: a weekday that is another one says another day."""
        found = self.shape.fullmatch(text.strip())
        if found is None:
            return None
        said = {
            part: f"{int(value):0{_DIGITS[part]}}" if part in _DIGITS and part != "f" else value
            for part, value in found.groupdict().items()
        }
        written = "".join(said[piece[1]] if _is_part(piece) else piece for piece in self.pieces)
        try:
            day = datetime.strptime(written, _form_of(self.pieces)).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            return None
        parts = (part for part in _OF_DAYS if part in said)
        return day if all(_is_same(said[part], day.strftime(f"%{part}")) for part in parts) else None


@lru_cache(maxsize=4096)  # the lines of a file are of some years
def read_day(text: str, form: str) -> str:
    """A day in ISO 8601; empty where the text is not what the form says, which ``date_form`` can read."""
    day = date_form(form).read(text)
    return "" if day is None else day.isoformat()


@lru_cache(maxsize=16)  # the lines of a file share it
def date_form(text: str) -> DateForm:
    """The form that a mapping says; MalformedError where it cannot be read, or leaves a part of the day open."""
    pieces = tuple(_piece_of(found) for found in _PIECE.finditer(text.strip()))
    parts = [piece[1] for piece in pieces if _is_part(piece)]
    unknown = next((part for part in parts if part not in _DIGITS and part not in _WORDS), "")
    twice = next((part for part in parts if parts.count(part) > 1), "")
    if unknown or text.count("%") - 2 * text.count("%%") != len(parts):
        raise _unusable(_("%{part} is no part of a day.").format(part=unknown))
    if twice:
        raise _unusable(_("%{part} stands there twice.").format(part=twice))
    if not _is_whole_day(frozenset(parts)):
        raise _unusable(_("It leaves the year, the month or the day open."))
    shapes = (_shape_of(pieces, at) for at in range(len(pieces)))
    return DateForm(re.compile("".join(shapes), re.IGNORECASE), pieces)


def verify_century(form: str) -> None:
    """Raise MalformedError for a form that leaves the century open: 02.05.26 may be a child, or a hundred years old."""
    if "%y" in date_form(form).pieces:
        raise _unusable(_("%y leaves the century open, and dates of birth and of expiry are of several."))


def _piece_of(found: re.Match[str]) -> str:
    if found["part"]:
        return "%" if found["part"] == "%" else f"%{found['part']}"
    return " " if found["space"] else found["mark"]


def _is_part(piece: str) -> bool:
    return len(piece) > 1


def _form_of(pieces: tuple[str, ...]) -> str:
    return "".join("%%" if piece == "%" else piece for piece in pieces)


def _is_whole_day(parts: frozenset[str]) -> bool:
    has_date = bool(parts & _YEAR) and ("j" in parts or ("d" in parts and bool(parts & _MONTH)))
    has_week = bool(parts & _WEEKDAY) and ({"G", "V"} <= parts or bool(parts & _YEAR and parts & {"U", "W"}))
    return has_date or has_week


def _shape_of(pieces: tuple[str, ...], at: int) -> str:
    """What one piece looks like; a number beside another one has all of its digits."""
    piece = pieces[at]
    if piece == " ":
        return r"\s+"
    if not _is_part(piece):
        return re.escape(piece)
    part = piece[1]
    if part in _WORDS:
        return f"(?P<{part}>{_WORDS[part]})"
    is_beside = any(map(_is_number, (*pieces[max(at - 1, 0) : at], *pieces[at + 1 : at + 2])))
    least = _DIGITS[part] if is_beside or part in _WHOLE else 1
    return rf"(?P<{part}>\d{{{least},{_DIGITS[part]}}})"


def _is_number(piece: str) -> bool:
    return piece[1] in _DIGITS if _is_part(piece) else piece.isdigit()


def _is_same(said: str, meant: str) -> bool:
    return said.lower() == meant.lower() or (said.isdigit() and int(said) == int(meant))


def _unusable(why: str) -> MalformedError:
    return MalformedError(
        _("Dates cannot be read in this form.") + " " + why, where="dates",
        next_step=_("Say day, month and year, as %d.%m.%Y or %Y%m%d does."),
    )  # fmt: skip
