"""Who issues documents: the codes that machine-readable zones write (ICAO 9303-3, section 5)."""

import re
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

_PRIVATE: Final = re.compile(r"AA[A-Z]|Q[M-Z][A-Z]|X[A-Z]{2}|ZZ[A-Z]")  # ISO 3166-1, 8.1.3: for whoever wants them

ISSUERS: Final = frozenset(_NO_STATES) | {
    code
    for code in get_global("territory_aliases")
    if len(code) == _LETTERS and code.isalpha() and not _PRIVATE.fullmatch(code)
}
"""Every code; those of states that are no more too, whose documents are still carried."""


def parse_issuer(text: str) -> CountryCode:
    """Return ``text`` (fillers and case aside) as an issuer's code; MalformedError if nobody issues under it.

    A misspelt country would be answered with "nothing open to you", as if somebody had looked.
    """
    code = parse_country_code(text)
    if code not in ISSUERS:
        raise MalformedError(
            _("Nobody issues documents under this code: it is three letters as FRA or LTU, or D."),
            where="country",
            next_step=_("Give it as it stands on the document."),
        )
    return code
