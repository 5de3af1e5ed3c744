"""The demonstration's people and documents. All of it is invented."""

from datetime import date
from typing import Final

import msgspec

from comity.founding import Founder
from comity.ids import CountryCode
from comity.registers.layouts import TD1, TD2, TD3, Layout
from comity.registers.mrz import Holder, compose_mrz

NETWORK: Final = "demo"

SECRETARIAT: Final = Founder(code="GS", title="General Secretariat", desk="+33 0 00 00 00 00", time_zone="Europe/Paris")
BUREAUS: Final = (
    Founder(
        code="LT",
        title="Lithuania",
        countries=("LTU",),
        desk="+370 0 000 0000",
        time_zone="Europe/Vilnius",
        has_tour=True,
    ),
    Founder(code="FR", title="France", countries=("FRA",), desk="+33 4 00 00 00 00", time_zone="Europe/Paris"),
    # The secretariat's duty desk is a bureau of its own: other keys, other people than those who run the relay.
    Founder(
        code="DESK", title="Duty desk of the General Secretariat", desk="+33 0 00 00 00 01", time_zone="Europe/Paris"
    ),
)

# A seat for a second laptop: a bureau like the others, whose node runs nowhere until somebody joins.
GUEST: Final = Founder(
    code="BR", title="Brazil", countries=("BRA",), desk="+55 00 0000 0000", time_zone="America/Sao_Paulo"
)


class Person(msgspec.Struct, frozen=True):
    """An officer of the demonstration: where, who, in which roles, and what one tries as this person."""

    member: str
    name: str
    title: str
    roles: tuple[str, ...]
    does: str


INSPECTOR: Final = Person("LT", "r.kazlauskaite", "R. Kazlauskaitė", ("inspector",), "checks documents")
INSPECTOR_2: Final = Person("LT", "t.jonaitis", "T. Jonaitis", ("inspector",), "checks at the command line")
WRITER: Final = Person("LT", "v.balciunas", "V. Balčiūnas", ("desk",), "writes and reads messages")
AUDITOR: Final = Person(
    "LT", "a.petrauskas", "A. Petrauskas", ("auditor", "administrator"), "reads the ledger, resets passwords"
)
REGISTRAR: Final = Person("FR", "c.moreau", "C. Moreau", ("registrar",), "enters records, reads messages")
REGISTRAR_2: Final = Person("FR", "h.roux", "H. Roux", ("registrar",), "releases what a colleague did")
CLERK: Final = Person("FR", "j.petit", "J. Petit", ("registrar",), "entered the demonstration's records")
DUTY: Final = Person("GS", "d.duarte", "D. Duarte", ("duty", "auditor", "administrator"), "takes measures on members")
DESK_OFFICER: Final = Person("DESK", "m.silva", "M. Silva", ("desk",), "answers by day and night")
VISITOR: Final = Person(
    "BR", "l.souza", "L. Souza", ("inspector", "registrar", "desk", "auditor", "administrator"), "joined from afar"
)
GUIDE: Final = Person("LT", "guide", "Guide", ("inspector", "registrar", "desk", "auditor"), "takes the tour")
SHOWN: Final = (GUIDE, INSPECTOR, INSPECTOR_2, WRITER, AUDITOR, REGISTRAR, REGISTRAR_2, DESK_OFFICER, DUTY)
EVERYBODY: Final = (*SHOWN, CLERK)

_HOLDER: Final = Holder(
    surname="MARTIN", given_names="CLAIRE", birth=date(1980, 1, 1), sex="F", nationality=CountryCode("FRA")
)


def mrz(number: str, country: str = "FRA", layout: Layout = TD3) -> str:
    """The machine-readable zone of an invented document."""
    code = "P" if layout is TD3 else "I"
    return compose_mrz(
        layout,
        document_code=code,
        issuing_country=CountryCode(country),
        number=number,
        holder=_HOLDER,
        expiry=date(2030, 1, 1),
    )


AT_BORDER: Final = "border-control"
INVESTIGATING: Final = "investigation"
LOWEST: Final = "official-use"
"""Words of the rulebook that the demonstration runs on."""

STOLEN_BLANK: Final = "19AC45678"
CLEAN: Final = "20BD11223"
FANTASY: Final = (
    "P<WSADVORAK<<MAREK<<<<<<<<<<<<<<<<<<<<<<<<<<\nP000000016WSA7904129M3001019<<<<<<<<<<<<<<08"  # of no state at all
)

RECORDS: Final[tuple[dict[str, str], ...]] = (
    {
        "number": STOLEN_BLANK,
        "country": "FRA",
        "type": "passport",
        "loss": "stolen-blank",
        "theft_country": "FRA",
        "theft_date": "2026-03-04",
        "national_reference": "DEMO-2026-0304",
    },
    {"number": "18XB70912", "country": "FRA", "type": "passport", "loss": "lost", "theft_date": "2026-06-18"},
    {"number": "X4RT09PK1", "country": "FRA", "type": "identity-card", "loss": "stolen", "theft_date": "2026-09-02"},
    {"number": "17AA00417", "country": "FRA", "type": "passport", "loss": "revoked"},
)

PERSON_NAME: Final = "Дворжак Марек"
PERSONS: Final = (
    {
        "reference": "DEMO-P-0001",
        "status": "wanted",
        "names": [
            {"kind": "primary", "quality": "good", "script": "Latn", "given": "Marek", "family": "Dvořák"},
            {"kind": "alias", "quality": "good", "script": "Latn", "whole": "Marek Dvorzhak"},
        ],
        "births": [{"precision": "exact", "from": "1979-04-12"}],
        "nationalities": [{"country": "Testland"}],
        "comment": "An invented person.",
    },
)

STOLEN_VIN: Final = "UU9DEMXZZT0000001"
STOLEN_PLATE: Final = "DE-117-MO"
VEHICLES: Final[tuple[dict[str, str], ...]] = (
    {
        "vin": STOLEN_VIN,
        "plate": STOLEN_PLATE,
        "plate_country": "FRA",
        "engine": "DEMO 4711",
        "status": "stolen",
        "kind": "car",
        "make": "Invented",
        "model": "One",
        "colour": "grey",
        "theft_country": "FRA",
        "theft_date": "2026-09-14",
    },
    {"chassis": "DEMO-1974-07", "status": "misappropriated", "kind": "motorcycle", "make": "Invented"},
    {"plate": "DE-118-MO", "plate_country": "FRA", "status": "plates-stolen"},
)

LAYOUTS: Final = (TD1, TD2, TD3)
