"""Who issues documents, and the code that each writes in its zones (ICAO 9303-3, section 5)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from babel.core import get_global

from comity.errors import MalformedError
from comity.ids import CountryCode, parse_country_code
from comity.texts import _

_LETTERS: Final = 3
_NO_STATES: Final = (
    "D", "EUE", "GBD", "GBN", "GBO", "GBP", "GBS", "IAO", "NTZ", "RKS", "UNA", "UNK", "UNO", "UTO", "XBA", "XCC",
    "XCE", "XCO", "XDC", "XEC", "XES", "XIM", "XMP", "XOM", "XPO", "XXA", "XXB", "XXC", "XXX",
)  # fmt: skip
"""What stands on documents beside the codes of ISO 3166-1: D is Germany; the rest, kinds of nationality and bodies."""
_KINDS_OF_NATIONALITY: Final = frozenset({"GBD", "GBN", "GBO", "GBP", "GBS", "XXA", "XXB", "XXC", "XXX"})
"""Of these, what says whose protection a bearer has or lacks, and nothing about who issued."""
_WITHDRAWN: Final = (
    "AFI", "ANT", "ATB", "ATN", "BUR", "BYS", "CSK", "CTE", "DDR", "DHY", "FXX", "GEL", "HVO", "JTN", "MID", "NHB",
    "NTZ", "PCI", "PCZ", "PUS", "RHO", "SCG", "SKM", "SUN", "TMP", "VDR", "WAK", "YMD", "YUG", "ZAR",
)  # fmt: skip
"""ISO 3166-3: states that are no more. Their documents are still carried, and still stolen."""

BORNE: Final[Mapping[str, CountryCode]] = {
    "DEU": CountryCode("D"),  # ICAO 9303-3, section 5: Germany's own zones have one letter
    "ROM": CountryCode("ROU"),  # Romania's code until 2002
    "XKX": CountryCode("RKS"),  # what others write for Kosovo, whose zones have RKS; UNK is another issuer's
}
"""Codes of an issuer that its zones do not bear, and the one that they do: record and question meet under it."""

_PRIVATE: Final = re.compile(r"AA[A-Z]|Q[M-Z][A-Z]|X[A-Z]{2}|ZZ[A-Z]")  # ISO 3166-1, 8.1.3: for whoever wants them

ISSUERS: Final = frozenset({*_NO_STATES, *_WITHDRAWN, *BORNE}) | {
    code
    for code in get_global("territory_aliases")
    if len(code) == _LETTERS and code.isalpha() and not _PRIVATE.fullmatch(code)
}
"""Every code that is known."""


def parse_issuer(text: str) -> CountryCode:
    """Return ``text`` (fillers and case aside) as the code that its issuer's zones bear.

    MalformedError if nobody issues under it: a misspelt country would be answered with "nothing open to you", as if
    somebody had looked.
    """
    return issuer_of(parse_known_code(text))


def parse_known_code(text: str) -> CountryCode:
    """Return ``text`` (fillers and case aside) as a code as it is written; MalformedError if it is nobody's."""
    step = _("Give it as it stands on the document: three letters as FRA or LTU, or D.")
    try:
        code = parse_country_code(text)
    except MalformedError as error:
        raise MalformedError(error.message, where="country", next_step=step) from error
    if code not in ISSUERS:
        raise MalformedError(
            _("Nobody issues documents under {code}.").format(code=code),
            where="country",
            next_step=_(
                "Compare with the document. If it says {code}, no state has issued it; if it says something else, "
                "give that: three letters as FRA or LTU, or D."
            ).format(code=code),
        )
    return code


def bears_out(nationality: CountryCode, issuer: CountryCode) -> bool:
    """Whether a bearer's nationality vouches for an issuer: it is the issuer's own, and no mere kind of nationality.

    British passports issued overseas apart, nobody issues under a kind of nationality; GBR may be misread as GBD.
    """
    return issuer_of(nationality) == issuer_of(issuer) and nationality not in _KINDS_OF_NATIONALITY


@lru_cache(maxsize=1024)  # it is asked for several times with every record
def issuer_of(code: str) -> CountryCode:
    """The code that the zones of a code's issuer bear."""
    return BORNE.get(code) or CountryCode(code)


@lru_cache(maxsize=1024)  # it is asked for with every question
def codes_of(issuer: str) -> tuple[CountryCode, ...]:
    """Every code of an issuer, the one that its zones bear first: older records stand under the others."""
    return CountryCode(issuer), *(CountryCode(code) for code, borne in BORNE.items() if borne == issuer)
