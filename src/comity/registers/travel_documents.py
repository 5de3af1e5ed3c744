"""The register of stolen, lost and revoked travel documents."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from comity.errors import MalformedError
from comity.ids import RegisterName
from comity.limits import (
    DOCUMENT_YEAR_MIN,
    NUMBER_CHARS,
    NUMBERS_ASKED_MAX,
    POSTINGS_MAX,
    RECORD_YEARS_MAX,
    REFERENCE_CHARS,
)
from comity.registers.countries import BORNE, codes_of, issuer_of, parse_issuer
from comity.registers.fields import Field, Groups, normalise_country, normalise_date, normalise_place
from comity.registers.mrz import DOCUMENT_KINDS
from comity.registers.numbers import normalise_number
from comity.registers.register import Key, Order, Register, Terms
from comity.registers.terms import Subject, Term, TermRead
from comity.texts import N_, _

_BETWEEN_NUMBERS: Final = ","
LOSSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stolen-blank": N_("Stolen blank"),
        "stolen": N_("Stolen from bearer"),
        "lost": N_("Lost"),
        "revoked": N_("Revoked"),
    }
)
DOCUMENT: Final = Subject(name="document", title=N_("Document"), legend=N_("or number, country and type"))


def verify_number(number: str) -> str:
    """A document's number as it is compared; MalformedError where it cannot be one."""
    if len(number) > NUMBER_CHARS:
        raise MalformedError(
            _("A document's number has at most {most} characters.").format(most=NUMBER_CHARS), where="number",
            next_step=_("Give the document's number alone."),
        )  # fmt: skip
    return normalise_number(number)


def join_numbers(numbers: Iterable[str]) -> str:
    """Several numbers of which one is the document's, as a question says them: a zone may leave open which."""
    return _BETWEEN_NUMBERS.join(numbers)


def parse_numbers(text: str) -> tuple[str, ...]:
    """The numbers of a question as they are compared; MalformedError where one cannot be, or there are too many.

    Evolution: a question of version 1 says one number or, since zones leave it open, several between commas.
    """
    numbers = text.split(_BETWEEN_NUMBERS)
    if len(numbers) > NUMBERS_ASKED_MAX:
        raise MalformedError(
            _("A question is about one document, and {most} numbers at most.").format(most=NUMBERS_ASKED_MAX),
            where="number", next_step=_("Give the document's number alone."),
        )  # fmt: skip
    return tuple(map(verify_number, numbers))


def _read_number(text: str, now: datetime) -> TermRead:
    del now
    verify_number(text)
    return TermRead(text)


def _read_country(text: str, now: datetime) -> TermRead:
    """The code that a country's zones bear; and that it is another one, to be said."""
    del now
    try:
        code = parse_issuer(text)
    except MalformedError:
        return TermRead(text)  # it is named when it is asked
    if code == text.strip("<").upper():
        return TermRead(code)
    return TermRead(code, (_("Issuing country {typed}: asked as {code}.").format(typed=text.upper(), code=code),))


NUMBER: Final = Term(
    name="number",
    title=N_("Document number"),
    label=N_("Number"),
    about=DOCUMENT,
    read=_read_number,
    missing=N_("The document number is missing."),
    step=N_("Type it as it stands on the document, with the issuing country, or scan the machine-readable zone."),
    help=N_("The document's number."),
    most_chars=60,
    seen_chars=14,  # the longest that ICAO 9303 has room for before its optional data is 9
)
COUNTRY: Final = Term(
    name="country",
    title=N_("Issuing country"),
    label=N_("Country"),
    about=DOCUMENT,
    read=_read_country,
    missing=N_("The issuing country is missing."),
    step=N_("Type it as it stands on the document: three letters as FRA or LTU, or D."),
    help=N_("The issuing country, as on the document."),
    example="FRA",
    most_chars=3,
)
TYPE: Final = Term(
    name="type",
    title=N_("Type"),
    about=DOCUMENT,
    choices=DOCUMENT_KINDS,
    help=N_("passport, identity-card, visa, ..."),
    is_code=False,
)


def _of_terms(terms: Terms) -> Iterable[str]:
    numbers = parse_numbers(terms["number"])
    # A record of before may stand under another code of the same issuer.
    codes = codes_of(normalise_country(terms["country"]))
    return [f"{number}\0{code}" for number in numbers for code in codes]


def _of_record(fields: Mapping[str, str], _groups: Groups) -> Iterable[str]:
    return (f"{fields['number']}\0{issuer_of(fields['country'])}",)


TRAVEL_DOCUMENTS: Final = Register(
    name=RegisterName("travel-documents"),
    title=N_("Travel documents"),
    fields=(
        Field(
            name="number",
            is_code=True,
            title=N_("Document number"),
            normalise=normalise_number,
            required=True,
            most_chars=NUMBER_CHARS,
        ),
        Field(
            name="country",
            is_code=True,
            title=N_("Issuing country"),
            normalise=normalise_country,
            required=True,
            most_chars=3,
            former=BORNE,
        ),
        Field(name="type", title=N_("Type"), required=True, choices=DOCUMENT_KINDS),
        Field(name="loss", title=N_("Kind of loss"), required=True, choices=LOSSES),
        Field(
            name="theft_country", is_code=True, title=N_("Country of theft"), normalise=normalise_place, most_chars=3
        ),
        Field(name="theft_date", title=N_("Date of theft"), normalise=normalise_date, is_past=True),
        Field(name="issue_date", title=N_("Date of issue"), normalise=normalise_date, is_past=True),
        Field(name="expiry_date", title=N_("Date of expiry"), normalise=normalise_date),
        Field(name="national_reference", is_code=True, title=N_("National reference"), most_chars=REFERENCE_CHARS),
    ),
    # Not the type: document codes are too messy to find by.
    keys=(Key(name="document", terms=("number", "country"), of_terms=_of_terms, of_record=_of_record),),
    asked_by=(NUMBER, COUNTRY, TYPE),
    named_by=(("number", "country"),),
    entered_by="issuing-country",
    status_field="loss",
    country_field="country",
    retention_years=RECORD_YEARS_MAX,
    postings_max=POSTINGS_MAX,
    instructions={
        "hold": Order(title=N_("Hold the document"), headline=N_("Hit: hold the document")),
        "seize": Order(title=N_("Seize the document"), headline=N_("Hit: seize the document")),
        "locate": Order(title=N_("Locate"), headline=N_("Hit: locate, and tell the source")),
        "inform": Order(title=N_("Inform the source"), headline=N_("Hit: inform the source")),
    },
    in_order=(("issue_date", "expiry_date"),),
    not_before=tuple((name, f"{DOCUMENT_YEAR_MIN}-01-01") for name in ("theft_date", "issue_date", "expiry_date")),
    shown_on_hit=("number", "country", "type", "loss", "theft_date"),
    hit_line=N_("{type} {number} of {country}: {loss}"),
)
