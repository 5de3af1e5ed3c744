"""Numbers of documents: the one form in which they are compared, and what a program wrote in place of one.

A table takes a number for an amount or for a date, and writes it in another way. One rule holds in every register: what
is written so is read as the number that it was, or refused with what to do. It becomes no third number.
"""

import re
from typing import Final
from unicodedata import category

from anyascii import anyascii

from comity.characters import join_spaces, normalise_text
from comity.errors import MalformedError
from comity.registers.written_amounts import CURRENCIES, is_counted, is_said_to_be_many
from comity.registers.written_dates import is_compact_date, is_date
from comity.texts import _

_SEPARATORS: Final = " -<."
_SEPARATED: Final = re.compile(r"[\s<-]")  # by what is no decimal point and groups no digits in threes
_MARKS: Final = ".,'\N{RIGHT SINGLE QUOTATION MARK}"
"""What stands between groups of digits, or before decimals; white space is left out before."""
_AMOUNT: Final = re.compile(f"(?=.*[0-9])[0-9]*(?:[{_MARKS}][0-9]*)+")
_GROUP_DIGITS: Final = 3
_DOUBLE_DIGITS: Final = 17
"""A program's amount has no more digits that say something (IEEE 754, binary64), without a form that fills up."""
_INDIAN: Final = re.compile("[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3}")  # lakh and crore
_POWER: Final = re.compile(
    r"[0-9]*[.,][0-9]*E[-+]?[0-9]+|[0-9]+[.,][0-9]+D[-+]?[0-9]+|[0-9]+[ED][+][0-9]+"
    r"|[0-9]+(?:[.,][0-9]*)?(?:[x*\N{MULTIPLICATION SIGN}]10\^?|\*\^)[-+]?[0-9]+"
    r"|0x[0-9a-f]+\.?[0-9a-f]*p[-+]?[0-9]+",
    re.IGNORECASE,
)
"""An amount by its power, of ten or of two."""
_DRESSED: Final = re.compile(
    r"(?<![0-9a-z])(?:[0-9]+[.,][0-9]*[ED][-+]?[0-9]+|[0-9]+[ED][+][0-9]+)[FLDM]?(?![0-9a-z])"
    r"|(?<![0-9a-z:])[0-9]+:[0-5][0-9](?:[AP]M|Z)?(?![0-9a-z])",
    re.IGNORECASE,
)
"""An amount by its power, or a time of day, among other marks."""
_APART: Final = re.compile(f"[^0-9{_MARKS}\\s]+")  # what stands in no amount
_WORD: Final = re.compile("[A-Z]+")
_POINTS: Final = dict.fromkeys(map(ord, "\N{MIDDLE DOT}\N{DOT OPERATOR}\N{BULLET OPERATOR}\N{HYPHENATION POINT}"), ".")
_SIGNED: Final = re.compile("[-+\N{MINUS SIGN}] *[0-9][0-9 .,]*(?:E[-+]?[0-9]+)?", re.IGNORECASE)
_EMPTY: Final = frozenset(  # the last lines: yes and no in the languages that programs speak
    "NAN NAT NA NONE NULL NIL INF INFINITY TRUE FALSE "  # noqa: SIM905 - a word a line says no more
    "SYSTEMOBJECT SYSTEMSTRING JAVALANGOBJECT JAVALANGSTRING NPNAN NUMPYNAN PDNA PDNAT FLOATNAN MATHNAN NUMBERNAN "
    "DOUBLENAN NONETYPE CLASSNONETYPE "
    "UNDEFINED UNDEF DBNULL SYSTEMDBNULL DBNULLVALUE NULLPTR NOTHING MISSING OBJECTOBJECT ERROR OPTIONALEMPTY "
    "VRAI FAUX WAHR FALSCH VERDADERO FALSO VERO VERDADEIRO WAAR ONWAAR PRAWDA FALSZ SANT FALSKT SAND FALSK SANN USANN "
    "TOSI EPATOSI PRAVDA NEPRAVDA IGAZ HAMIS ADEVARAT FALS DOGRU YANLIS ISTINA TOENE VAAR".split()
)
"""What programs write where a cell has no number."""
_ERROR: Final = re.compile(r"#!?[A-Z/0-9]+[!?]?|[0-9]\.#[A-Z]+[0-9]*|Err:[0-9]+|\\N", re.IGNORECASE)
_FORMULA: Final = re.compile(r"""=\s*"([^"]*)"|=\s*([0-9.,\s]+)|'(.*)""", re.DOTALL)
_FORMULAS_DEPTH: Final = 3  # a formula in a formula's text, and once more


def normalise_number(text: str) -> str:
    """A document's number as it is compared: capitals and digits, without spaces, hyphens, dots and fillers.

    MalformedError, with the position from 1, where anything else stands or nothing is left. O and 0 stay apart. A dot
    separates where the number is the same without it: ``912345678.0`` would be another document's.
    """
    if text.isascii() and text.isalnum():
        number = text.upper()
        if number in _EMPTY or is_compact_date(number):
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
    said = _unwrapped(_plain(text))
    if _holds_amount(text, said):
        return ""
    amount = amount_of(said)
    return "".join(each for each in said.upper() if each.isalnum()) if amount is None else amount


def amount_of(text: str) -> str | None:
    """The whole number that a text says as an amount, in digits; empty where it may be several, or none that is whole.

    None where it is no amount: letters, digits alone, or digits around one dot that no program writes for an amount.
    """
    compact = _SEPARATED.sub("", text)
    if _POWER.fullmatch(compact) or _POWER.fullmatch("".join(text.split())):
        return ""
    if not _AMOUNT.fullmatch(compact):
        return None
    whole, decimals = _parted(compact.rstrip(_MARKS))
    if whole.isdigit() and "." in compact and not _is_doubles(whole, decimals):
        return None
    return _ungrouped(whole) if not decimals.strip("0") else ""


def kept_number(text: str) -> str:
    """A number that is kept already: it was judged when it came in, by what was known then."""
    return text.upper() if text.isascii() and text.isalnum() else normalise_number(text)


def _is_doubles(whole: str, decimals: str) -> bool:
    """Whether a program may have written digits around a dot for an amount: as few as it needs, or as many as asked."""
    if len((whole + decimals.rstrip("0")).lstrip("0")) <= _DOUBLE_DIGITS or not decimals.strip("0"):
        return True
    return f"{float(f'{whole}.{decimals}'):.{len(decimals)}f}" == f"{whole}.{decimals}"


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


def _holds_amount(text: str, said: str) -> bool:
    """Whether an amount stands in a text among other marks than a number's, or a formula that is none of a text.

    ``said`` is the text in our digits. Three digits behind one dot are a number's part where letters stand beside it.
    """
    if said.startswith("=") or _DRESSED.search(said) or _has_sign(text):
        return True
    words = _WORD.findall(said.upper())
    if _AMOUNT.fullmatch(_SEPARATED.sub("", said)):
        return False
    parts = [part for each in _APART.split(said) if (part := "".join(each.split()).strip(_MARKS))]
    is_money = len(words) == 1 and words[0] in CURRENCIES
    if any((is_money and not part.isdigit()) or _has_decimals(part, is_bare=not words) for part in parts):
        return True
    if words and any(_has_decimals(part, is_bare=True) for part in parts):
        return is_counted(words, is_behind=not said[0].isalpha() or words[0] in CURRENCIES)
    return len(parts) == 1 and is_said_to_be_many(words)


def _has_sign(text: str) -> bool:
    """Whether there is a sign of money, of a share or a power, or a fraction: nobody's number has one."""
    if text.isascii():
        return any(sign in text for sign in "$%^")
    return any(category(each) in ("Sc", "No") or each in "%^" for each in anyascii(text) + text)


def _has_decimals(part: str, *, is_bare: bool) -> bool:
    """Whether digits with marks between them have decimals for sure; beside letters, decimals that are zeros."""
    if part.isdigit():
        return False
    whole, decimals = _parted(part)
    if not decimals:  # 12.345.678.0
        return bool(whole) and not _ungrouped(whole) and whole.rsplit(".", 1)[-1].strip("0") == ""
    is_written_so = _ungrouped(whole) != "" and (whole == "0" or whole[0] != "0")  # no amount begins with 0
    return is_written_so and (is_bare or decimals.strip("0") == "")


def _unwrapped(said: str) -> str:
    """What a formula says that only keeps a text or a number as it is."""
    for _depth in range(_FORMULAS_DEPTH):
        if not (formula := _FORMULA.fullmatch(said)):
            break
        said = (formula[1] or formula[2] or formula[3] or "").strip()
    return said


def _plain(text: str) -> str:
    """A text in others' writing, its digits and marks as ours."""
    return join_spaces(text if text.isascii() else anyascii(text.translate(_POINTS)))


def _is_no_number(text: str) -> bool:
    """Whether a program wrote this where a document's number was taken for a date or for an amount, or was missing."""
    said = _plain(text)
    is_empty = "".join(filter(str.isalnum, said.upper())) in _EMPTY
    return is_empty or is_date(said) or any(each.fullmatch(said) for each in (_SIGNED, _ERROR))


def _no_number() -> MalformedError:
    return MalformedError(
        _("It looks like a spreadsheet's date, amount or empty cell, and which number it was is not known."),
        where="number",
        next_step=_("Give it as text, as it was read; in a spreadsheet, format the column as text."),
    )


def _is_spreadsheets(text: str) -> bool:
    """Whether a program wrote this that took a document's number for a number, or its text for a formula."""
    amount = amount_of(text)
    if text.startswith(("=", "'")) or _holds_amount(text, text):
        return True
    return amount is not None and amount != "".join(filter(str.isdigit, text))


def _number_step() -> str:
    return _("Give its letters and digits as they were read.")
