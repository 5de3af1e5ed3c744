"""Vehicle identification numbers (ISO 3779): 17 characters, and a check digit that North America asks for (49 CFR 565).

I, O and Q stand in none, so that nobody takes them for 1 and 0. Where a question says one of them, the digit is meant.
"""

from types import MappingProxyType
from typing import Final

from comity.errors import MalformedError
from comity.registers.numbers import normalise_number
from comity.texts import _

VIN_CHARS: Final = 17
CHECK_PLACE: Final = 9  # of the check digit, from 1
_VALUES: Final = MappingProxyType(
    dict(zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "012345678912345678123457923456789"), strict=True))
)
_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_DIGITS: Final = "0123456789X"
_LOOK_ALIKES: Final = str.maketrans("IOQ", "100")
_NORTH_AMERICA: Final = "12345"  # first characters; ISO 3780


def fold_look_alikes(number: str) -> str:
    """A number in capitals with a digit for each letter that looks like one: only to compare by, never to keep."""
    return number.translate(_LOOK_ALIKES)


def normalise_vin(text: str) -> str:
    """A VIN as it is kept: 17 capitals and digits. MalformedError where it is none.

    A look-alike letter is not replaced: what is kept is what its source read. In North America the check digit holds.
    """
    vin = normalise_number(text)
    wrong = next((at for at, each in enumerate(vin, 1) if each in "IOQ"), None)
    if wrong is not None and len(vin) == VIN_CHARS:
        raise MalformedError(
            _("Character {position} is {letter}: no VIN has I, O or Q.").format(position=wrong, letter=vin[wrong - 1]),
            where="vin",
            next_step=_("Look whether it is {digit}. A number that is no VIN is a chassis number.").format(
                digit=fold_look_alikes(vin[wrong - 1])
            ),
        )
    _verify_length(vin)
    _verify_check_digit(vin)
    return vin


def parse_asked_vin(text: str) -> str:
    """A VIN as a question looks for it, with digits for look-alike letters. MalformedError as ``normalise_vin``."""
    vin = fold_look_alikes(normalise_number(text))
    _verify_length(vin)
    _verify_check_digit(vin)
    return vin


def doubt_vin(vin: str) -> str:
    """That the check digit of a VIN does not hold where none is asked for; empty where it holds, or a letter stands.

    Most makers outside North America write a letter there, which says nothing.
    """
    expected, found = compute_check(vin), vin[CHECK_PLACE - 1]
    if found == expected or found not in _DIGITS:
        return ""
    return _(
        "VIN {vin}: {found} in place {place} is no check digit that holds ({expected} would be). "
        "Outside North America a VIN needs none: compare it with the vehicle."
    ).format(vin=vin, found=found, place=CHECK_PLACE, expected=expected)


def compute_check(vin: str) -> str:
    """The check digit of a VIN's other characters."""
    rest = sum(weight * _VALUES[each] for weight, each in zip(_WEIGHTS, vin, strict=True)) % len(_DIGITS)
    return _DIGITS[rest]


def is_north_american(vin: str) -> bool:
    """Whether a VIN was given in the region where its check digit has to hold."""
    return vin[:1] in _NORTH_AMERICA


def _verify_length(vin: str) -> None:
    if len(vin) != VIN_CHARS:
        raise MalformedError(
            _("A VIN has {all} characters, and this has {count}.").format(all=VIN_CHARS, count=len(vin)),
            where="vin",
            next_step=_("Compare it with the vehicle. A number of another length is a chassis number."),
        )


def _verify_check_digit(vin: str) -> None:
    if not is_north_american(vin):
        return
    expected, found = compute_check(vin), vin[CHECK_PLACE - 1]
    if found != expected:
        raise MalformedError(
            _("The check digit in place {place} of the VIN is {found}; {expected} was expected.").format(
                place=CHECK_PLACE, found=found, expected=expected
            ),
            where="vin",
            next_step=_("Compare it with the vehicle. If it stands there so, give it as the chassis number."),
        )
