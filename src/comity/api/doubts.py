"""What of a machine-readable zone is not sure, or was read otherwise than it stands there: in words, for every face."""

from datetime import date
from typing import Final

from comity.limits import AGE_YEARS_MAX
from comity.registers.countries import bears_out
from comity.registers.fitting import NotAsked
from comity.registers.layouts import FRENCH_CARD, TD2
from comity.registers.mrz import Mrz
from comity.registers.readings import CheckDigit
from comity.texts import _

_CENTURY: Final = 100


def unread_country(zone: Mrz) -> NotAsked:
    """Why documents are not asked for where a zone's issuing state is none, and what to do."""
    read = zone.issuer_as_read
    if read.isalpha():
        return NotAsked(
            "country",
            _("Nobody issues documents under {code}.").format(code=read),
            _(
                "Compare with the document. If it says {code}, no state has issued it; if it says something else, "
                "type that country beside the zone."
            ).format(code=read)
            + _nationality_said(zone),
        )
    return NotAsked(
        "country",
        _("The issuing state cannot be read."),
        _("Type the issuing country beside the zone, as it stands on the document.") + _nationality_said(zone),
    )


def _nationality_said(zone: Mrz) -> str:
    if not zone.nationality:
        return ""
    return " " + _("By the zone, the bearer's nationality is {code}.").format(code=zone.nationality)


def issuer_doubted(zone: Mrz) -> str:
    """That the issuing state may be misread, where the bearer's nationality does not bear it out. Else empty.

    No state need be among the two: a refugee's nationality is none, and a state may be misread as a body.
    """
    issuer, nationality = zone.issuing_country, zone.nationality
    if not issuer or (nationality and bears_out(nationality, issuer)):
        return ""
    if not nationality:
        return _("No check digit covers the issuing country, and the bearer's nationality cannot be read.")
    return _("No check digit covers the issuing country; the bearer's nationality is {code}.").format(code=nationality)


def about_format(zone: Mrz) -> tuple[str, ...]:
    """That a zone was read in another format than it begins as, where it was."""
    begins, first = FRENCH_CARD.begins, zone.lines[0]
    if zone.is_national_variant and not first.startswith(begins):
        said = _(
            "Read as the French identity card issued until 2021: its zone begins with {begins}, and {read} was read."
        )
        return (said.format(begins=begins, read=first[: len(begins)]),)
    if zone.format == TD2.name and first.startswith("V"):
        return (_("Read as a card and not as a visa: V was read, and the check digits hold as a card's."),)
    return ()


def doubts_of(zone: Mrz, today: date) -> dict[str, str]:
    """Why some of a zone's terms are not sure, so that no answer is taken for more than it is."""
    failing, doubts = set(zone.failing), {}
    whole = _("the check digit of the whole zone does not hold.")
    is_whole_alone = failing == {"composite"}  # what only it covers has nothing else that vouches for it
    if zone.number and "number" in failing:
        doubts["number"] = _about_number(zone)
    elif zone.number and is_whole_alone:
        doubts["number"] = whole
    if any(each.isdigit() for each in zone.surname + zone.given_names):
        doubts["name"] = _("there is a digit in it.")
    elif zone.is_name_full:
        doubts["name"] = _("it fills its place, and may have been cut.")
    elif zone.is_national_variant and is_whole_alone:  # the only format whose digits cover names
        doubts["name"] = whole
    if zone.birth and {"birth", "composite"} & failing:
        doubts["birth_date"] = _("a check digit over it does not hold.")
    elif zone.birth and not days_of(zone.birth, today):
        doubts["birth_date"] = _("it is not read as a day.")
    return doubts


def _about_number(zone: Mrz) -> str:
    digit = next(check for check in zone.checks if check.name == "number")
    if digit.expected != "<":
        return _("its check digit does not hold.")
    return _("it was read as a long one, though {found} stands in line {line}, column {column}, and not <.").format(
        found=digit.found, line=digit.line, column=digit.column
    )


def days_of(printed: str, today: date) -> tuple[str, ...]:
    """A zone's ``YYMMDD`` as days, one of each century that is possible. None where it is not known as a whole."""
    if len(printed) != len("YYMMDD") or not (printed.isascii() and printed.isdigit()):
        return ()
    year, month, day = int(printed[:2]), int(printed[2:4]), int(printed[4:])
    century = today.year - today.year % _CENTURY
    found = []
    for each in (century + year - _CENTURY, century + year):
        try:
            born = date(each, month, day)
        except ValueError:
            continue
        if born <= today and today.year - each <= AGE_YEARS_MAX:
            found.append(born.isoformat())
    return tuple(found)


def describe_digit(digit: CheckDigit) -> str:
    """A failing check digit in words: what it covers, where it stands, what it should be.

    Where a filler is expected, it is no digit: the zone's digits hold with a long number, which has one there.
    """
    if digit.expected == "<":
        return _("Line {line}, column {column}: {found} was read; with < there, a long document number holds.").format(
            line=digit.line, column=digit.column, found=digit.found
        )
    names = {
        "number": _("document number"),
        "birth": _("date of birth"),
        "expiry": _("date of expiry"),
        "optional": _("optional data"),
        "composite": _("whole zone"),
    }
    return _("Line {line}, column {column}: the check digit of the {name} is {found}; {expected} was expected.").format(
        line=digit.line,
        column=digit.column,
        name=names.get(digit.name, digit.name),
        found=digit.found,
        expected=digit.expected,
    )
