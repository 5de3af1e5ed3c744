"""Numbers of documents: the one form in which they are compared, and what a program wrote in place of one.

A table takes a number for an amount or for a date, and writes it in another way. One rule holds in every register: what
is written so is read as the number that it was, or refused with what to do. It becomes no third number.
"""

import re
from typing import Final

from anyascii import anyascii

from comity.characters import join_spaces, normalise_text
from comity.errors import MalformedError
from comity.texts import _

_SEPARATORS: Final = " -<."
_SEPARATED: Final = re.compile(r"[\s<-]")  # by what is no decimal point and groups no digits in threes
_MARKS: Final = ".,'\N{RIGHT SINGLE QUOTATION MARK}"
"""What stands between groups of digits, or before decimals; white space is left out before."""
_AMOUNT: Final = re.compile(f"(?=.*[0-9])[0-9]*(?:[{_MARKS}][0-9]*)+")
_GROUP_DIGITS: Final = 3
_AMOUNT_DIGITS: Final = 15
"""A table's amount has no more digits that say something (IEEE 754, binary64)."""
_INDIAN: Final = re.compile("[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3}")  # lakh and crore
_POWER: Final = re.compile(
    r"[0-9]*[.,][0-9]*E[-+]?[0-9]+|[0-9]+E[+][0-9]+"
    r"|[0-9]+(?:[.,][0-9]*)?(?:[x*\N{MULTIPLICATION SIGN}\N{MIDDLE DOT}]10\^?|\*\^)[-+]?[0-9]+"
    r"|0x[0-9a-f]+\.?[0-9a-f]*p[-+]?[0-9]+",
    re.IGNORECASE,
)
"""An amount by its power, of ten or of two."""
_WEEKDAY: Final = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,. ]{1,2})?"
_MONTH: Final = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_DAY, _MONTHS_NUMBER = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])"
_NTH, _YEAR, _SHORT_YEAR = f"{_DAY}(?:st|nd|rd|th)?", "(?:1[89]|2[01])[0-9]{2}", "[0-9]{2}"
_APART: Final = "[-./, ]{1,2}"
_DATE: Final = re.compile(
    f"{_WEEKDAY}(?:"
    f"{_NTH}{_APART}{_MONTH}(?:{_APART}(?:{_YEAR}|{_SHORT_YEAR}))?"
    f"|{_MONTH}{_APART}{_NTH}{_APART}{_YEAR}|{_YEAR}{_APART}{_MONTH}{_APART}{_DAY}"
    f"|{_MONTH}(?:-{_SHORT_YEAR}|{_APART}{_YEAR})"
    f"|{_YEAR}([-./]){_MONTHS_NUMBER}\\1{_DAY}"
    f"|{_DAY}([-./]){_MONTHS_NUMBER}\\2{_YEAR}|{_MONTHS_NUMBER}([-./]){_DAY}\\3{_YEAR}"
    f"|{_DAY}([./]){_MONTHS_NUMBER}\\4{_SHORT_YEAR}|{_MONTHS_NUMBER}([./]){_DAY}\\5{_SHORT_YEAR}"
    r")(?:[T, ]{1,2}[0-9]{1,2}:[0-9]{2}.*)?",
    re.IGNORECASE,
)
"""A date as tables write it, with the time or without."""
_SIGNED: Final = re.compile("[-+\N{MINUS SIGN}] *[0-9][0-9 .,]*(?:E[-+]?[0-9]+)?", re.IGNORECASE)
_EMPTY: Final = frozenset({"NAN", "NAT", "NA", "N/A", "NONE", "NULL", "INF", "INFINITY", "TRUE", "FALSE"})
"""What programs write where a cell has no number."""
_ERROR: Final = re.compile(r"#[A-Z/0-9]+[!?]?", re.IGNORECASE)
_FORMULA: Final = re.compile(r"""=\s*"?([^"]*)"?|'(.*)""", re.DOTALL)


def normalise_number(text: str) -> str:
    """A document's number as it is compared: capitals and digits, without spaces, hyphens, dots and fillers.

    MalformedError, with the position from 1, where anything else stands or nothing is left. O and 0 stay apart. A dot
    separates where the number is the same without it: ``912345678.0`` would be another document's.
    """
    if text.isascii() and text.isalnum():
        number = text.upper()
        if number in _EMPTY:
            raise _no_number()
        return number
    number = join_spaces(text)
    if number.isascii() and _is_no_number(number):
        raise _no_number()
    if number.isascii() and _is_spreadsheets(number):
        raise MalformedError(
            _("The number looks like a spreadsheet's, and which number it was is not known."),
            where="number",
            next_step=_("Give it as text, as it was read; in a spreadsheet, format the column as text."),
        )
    for separator in _SEPARATORS:
        number = number.replace(separator, "")
    if number.isascii() and number.isalnum():
        return number.upper()
    if not number:
        raise MalformedError(_("The number has no letter and no digit."), where="number", next_step=_number_step())
    position = next(
        at
        for at, each in enumerate(text, 1)
        if not (each.isspace() or (each.isascii() and (each.isalnum() or each in _SEPARATORS)))
    )
    raise MalformedError(
        _("Character {position} cannot stand in a number.").format(position=position), where="number",
        next_step=_number_step(),
    )  # fmt: skip


def normalise_others_number(text: str) -> str:
    """A document's number in others' writing, as it is kept; MalformedError where nobody would find anything by it."""
    said = normalise_text(text)
    if _is_no_number(said):
        raise _no_number()
    if not is_others_number(said):
        raise MalformedError(
            _("Its letters and digits are not known: a spreadsheet may have cut them off."), where="number",
            next_step=_number_step(),
        )  # fmt: skip
    return said


def is_others_number(text: str) -> bool:
    """Whether a document's number in others' writing is one that documents are found by."""
    return not _is_no_number(text) and fold_number(text) != ""


def fold_number(text: str) -> str:
    """A document's number as others wrote it: its letters and digits, in capitals.

    Of a number that a spreadsheet wrote, the number it was; empty where that is not known any more.
    """
    said = _plain(text)
    if formula := _FORMULA.fullmatch(said):
        said = formula[1] or formula[2] or ""
    amount = amount_of(said)
    return "".join(each for each in said.upper() if each.isalnum()) if amount is None else amount


def amount_of(text: str) -> str | None:
    """The whole number that a text says as an amount, in digits; empty where it may be several, or none that is whole.

    None where it is no amount: letters, digits alone, or digits around one dot that are too many for an amount.
    """
    compact = _SEPARATED.sub("", text)
    if _POWER.fullmatch(compact) or _POWER.fullmatch("".join(text.split())):
        return ""
    if not _AMOUNT.fullmatch(compact):
        return None
    whole, decimals = _parted(compact.rstrip(_MARKS))
    decimals = decimals.rstrip("0")
    if decimals and whole.isdigit() and "." in compact and len(whole + decimals) > _AMOUNT_DIGITS:
        return None
    return _ungrouped(whole) if not decimals else ""


def kept_number(text: str) -> str:
    """A number that is kept already: it was judged when it came in, by what was known then."""
    return text.upper() if text.isascii() and text.isalnum() else normalise_number(text)


def _parted(amount: str) -> tuple[str, str]:
    """An amount's whole part, with the marks of its groups, and its decimals.

    The last mark stands before decimals where it stands once; and does not where it may group digits only.
    """
    at = max(map(amount.rfind, _MARKS))
    if at < 0 or amount[at] in amount[:at]:
        return amount, ""
    mark, whole, rest = amount[at], amount[:at], amount[at + 1 :]
    has_groups = any(each in whole for each in _MARKS)
    is_group = len(rest) == _GROUP_DIGITS and 0 < len(whole) <= _GROUP_DIGITS
    if is_group and not has_groups:
        return (amount, "") if mark not in ".," else ("", "")
    return whole, rest


def _ungrouped(whole: str) -> str:
    """The digits of a whole number; empty where the marks between them are no groups'."""
    marks = {each for each in whole if each in _MARKS}
    if len(marks) > 1 or not whole:
        return ""
    if not marks:
        return whole
    first, *groups = whole.split(mark := marks.pop())
    is_grouped = 0 < len(first) <= _GROUP_DIGITS and {len(each) for each in groups} == {_GROUP_DIGITS}
    # Several dots separate a number's parts on many documents; but in 12.345.678.0 the last may begin decimals.
    is_written_so = mark == "." and groups[-1].strip("0") != ""
    return "".join((first, *groups)) if is_grouped or is_written_so or _INDIAN.fullmatch(whole) else ""


def _plain(text: str) -> str:
    """A text in others' writing, its digits and marks as ours."""
    return join_spaces(text if text.isascii() else anyascii(text))


def _is_no_number(text: str) -> bool:
    """Whether a program wrote this where a document's number was taken for a date or for an amount, or was missing."""
    said = _plain(text)
    return said.upper().lstrip("+-") in _EMPTY or any(each.fullmatch(said) for each in (_DATE, _SIGNED, _ERROR))


def _no_number() -> MalformedError:
    return MalformedError(
        _("It looks like a spreadsheet's date, amount or empty cell, and which number it was is not known."),
        where="number",
        next_step=_("Give it as text, as it was read; in a spreadsheet, format the column as text."),
    )


def _is_spreadsheets(text: str) -> bool:
    """Whether a program wrote this that took a document's number for a number, or its text for a formula."""
    amount = amount_of(text)
    return text.startswith(("=", "'")) or (amount is not None and amount != "".join(filter(str.isdigit, text)))


def _number_step() -> str:
    return _("Give its letters and digits as they were read.")
