"""The register of vehicles: stolen, misappropriated, sought; by VIN or chassis, plate and country, engine."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from comity.errors import MalformedError
from comity.ids import RegisterName
from comity.limits import NUMBER_CHARS, POSTINGS_MAX, REFERENCE_CHARS, VEHICLE_YEAR_MIN, VEHICLE_YEARS_MAX
from comity.registers.countries import parse_issuer
from comity.registers.fields import Field, Groups, normalise_date
from comity.registers.looks import heard_and_seen, sound_of, sounds_asked
from comity.registers.numbers import fold_number, normalise_others_number
from comity.registers.plates import doubt_plate, fold_plate, normalise_plate, plates_asked
from comity.registers.register import Key, Narrowing, Order, Register, Terms
from comity.registers.terms import Subject, Term, TermRead
from comity.registers.vins import (
    doubt_vin,
    fold_look_alikes,
    is_north_american,
    normalise_vin,
    parse_asked_vin,
)
from comity.texts import N_, _

VEHICLE: Final = Subject(name="vehicle", title=N_("Vehicle"), legend=N_("or a vehicle"))


def normalise_country_of_plate(text: str) -> str:
    """The country of a plate, or of a theft, in one form: three letters as FRA, or D. MalformedError otherwise."""
    try:
        return parse_issuer(text)
    except MalformedError as error:
        raise MalformedError(
            _("There is no country {code}.").format(code=text.strip().upper()[:REFERENCE_CHARS]),
            where="plate_country",
            next_step=_("Give three letters as FRA or LTU, or D."),
        ) from error


def _verify_found(fields: Mapping[str, str]) -> None:
    """A vehicle is found by something; a plate says whose it is."""
    if ("plate" in fields) != ("plate_country" in fields):
        missing = "plate_country" if "plate" in fields else "plate"
        raise MalformedError(_("A plate and its country go together."), where=missing)
    if not fields.keys() & {"vin", "chassis", "plate", "engine"}:
        raise MalformedError(
            _("A vehicle has a VIN, a chassis number, a plate with its country or an engine number."), where="vin"
        )


def _doubts(fields: Mapping[str, str]) -> tuple[str, ...]:
    plate = fields.get("plate", "")
    return (*_doubts_of_vin(fields.get("vin", "")), *filter(None, (doubt_plate(plate) if plate else "",)))


def _doubts_of_vin(vin: str) -> tuple[str, ...]:
    return tuple(filter(None, (doubt_vin(vin),))) if vin and not is_north_american(vin) else ()


def _read_vin(text: str, now: datetime) -> TermRead:
    """Digits for look-alike letters, and that so it was asked; that no check digit holds, where none has to."""
    del now
    vin = parse_asked_vin(text)
    typed = "".join(filter(str.isalnum, text.upper()))
    notes = []
    if typed != vin:
        notes.append(_("VIN {typed}: asked as {vin}. No VIN has I, O or Q.").format(typed=typed, vin=vin))
    return TermRead(vin, (*notes, *_doubts_of_vin(vin)))


def _read_plate_country(text: str, now: datetime) -> TermRead:
    del now
    code = normalise_country_of_plate(text)
    if code == text.upper():
        return TermRead(code)
    return TermRead(code, (_("Country of the plate {typed}: asked as {code}.").format(typed=text.upper(), code=code),))


def _compared(numbers: Iterable[str]) -> dict[str, None]:
    """Chassis or engine numbers as they are compared: look-alike letters and digits are one there."""
    return dict.fromkeys(map(fold_look_alikes, numbers))


def _verify_asked(term: str, text: str, normalise: Callable[[str], str]) -> None:
    if len(text) > NUMBER_CHARS:
        raise MalformedError(
            _("It has more than {most} characters.").format(most=NUMBER_CHARS), where=term,
            next_step=_("Give the number alone."),
        )  # fmt: skip
    try:
        normalise(text)
    except MalformedError as error:
        raise MalformedError(error.message, where=term, next_step=error.next_step) from error


def _verify_number(term: str, text: str) -> str:
    _verify_asked(term, text, normalise_others_number)
    return text


def _of_vin(terms: Terms) -> Iterable[str]:
    return _compared(sounds_asked(parse_asked_vin(terms["vin"])))


def _of_chassis(terms: Terms) -> Iterable[str]:
    return _compared(sounds_asked(_verify_number("chassis", terms["chassis"])))


def _of_engine(terms: Terms) -> Iterable[str]:
    return _compared(sounds_asked(_verify_number("engine", terms["engine"])))


def _of_plate(terms: Terms) -> Iterable[str]:
    _verify_asked("plate", terms["plate"], normalise_plate)
    country = normalise_country_of_plate(terms["plate_country"])
    return [f"{sound}\0{country}" for sound in plates_asked(terms["plate"])]


def _frames_of(fields: Mapping[str, str], _groups: Groups) -> Iterable[str]:
    """VIN and chassis number: which of them a number is, its readers may take differently."""
    return [fold_look_alikes(fold_number(fields[name])) for name in ("vin", "chassis") if name in fields]


def _engine_of(fields: Mapping[str, str], _groups: Groups) -> Iterable[str]:
    return [fold_look_alikes(fold_number(fields["engine"]))] if "engine" in fields else []


def _plate_of(fields: Mapping[str, str], _groups: Groups) -> Iterable[str]:
    return [f"{sound_of(fields['plate'])}\0{fields['plate_country']}"] if "plate" in fields else []


def _matches(fields: Mapping[str, str], _groups: Groups, terms: Terms) -> bool:
    """Whether a record is of what was asked: it was found by how its number may sound, and has to be that number."""
    frames = [fields[name] for name in ("vin", "chassis") if name in fields]
    if any(_is_same(frame, terms[name]) for name in ("vin", "chassis") if terms.get(name) for frame in frames):
        return True
    if terms.get("engine") and "engine" in fields and _is_same(fields["engine"], terms["engine"]):
        return True
    if not (terms.get("plate") and terms.get("plate_country") and "plate" in fields):
        return False
    is_there = fields["plate_country"] == normalise_country_of_plate(terms["plate_country"])
    return is_there and not _plates(fields["plate"]).isdisjoint(_plates(terms["plate"]))


def _plates(plate: str) -> frozenset[str]:
    """The forms by which two plates are the same."""
    return frozenset(map(fold_plate, heard_and_seen(plate)))


def _is_same(kept: str, asked: str) -> bool:
    return not _compared(heard_and_seen(kept)).keys().isdisjoint(_compared(heard_and_seen(asked)))


def _forms_of(fields: Mapping[str, str], _groups: Groups) -> frozenset[tuple[str, str]]:
    """Every form under which a question may mean the record: a question's own forms meet one of them."""
    found = {("frame", each) for name in ("vin", "chassis") if name in fields for each in _met(fields[name])}
    found |= {("engine", each) for each in _met(fields.get("engine", ""))}
    if "plate" in fields:
        found |= {(fields["plate_country"], each) for each in _plates(fields["plate"])}
    return frozenset(found)


def _met(number: str) -> Iterable[str]:
    return _compared(heard_and_seen(number)) if number else ()


VIN: Final = Term(
    name="vin",
    title=N_("VIN"),
    about=VEHICLE,
    read=_read_vin,
    missing=N_("The VIN is missing."),
    step=N_("Type the VIN, or the chassis number, the plate with its country, or the engine number."),
    help=N_("A vehicle's identification number, 17 characters."),
    most_chars=NUMBER_CHARS,
)
CHASSIS: Final = Term(
    name="chassis",
    title=N_("Chassis number"),
    about=VEHICLE,
    missing=N_("The chassis number is missing."),
    step=N_("Type it as it stands on the vehicle."),
    help=N_("A number on the chassis that is no VIN."),
    most_chars=NUMBER_CHARS,
)
PLATE: Final = Term(
    name="plate",
    title=N_("Number plate"),
    about=VEHICLE,
    missing=N_("The number plate is missing."),
    step=N_("Type it as it stands on the vehicle, with its country."),
    help=N_("A number plate; with --plate-country."),
    most_chars=NUMBER_CHARS,
)
PLATE_COUNTRY: Final = Term(
    name="plate_country",
    title=N_("Country of the plate"),
    label=N_("Registered in"),
    about=VEHICLE,
    read=_read_plate_country,
    missing=N_("The country of the plate is missing."),
    step=N_("Type it beside the plate: three letters as FRA or LTU, or D."),
    help=N_("The country of the plate: FRA, LTU, D, ..."),
    example="FRA",
    most_chars=3,
)
ENGINE: Final = Term(
    name="engine",
    title=N_("Engine number"),
    about=VEHICLE,
    missing=N_("The engine number is missing."),
    step=N_("Type it as it stands on the engine."),
    help=N_("An engine's number."),
    most_chars=NUMBER_CHARS,
)

_COUNTRY_CHARS: Final = 3

VEHICLES: Final = Register(
    name=RegisterName("vehicles"),
    title=N_("Vehicles"),
    fields=(
        Field(name="vin", title=N_("VIN"), normalise=normalise_vin, is_code=True, most_chars=NUMBER_CHARS),
        Field(
            name="chassis",
            is_code=True,
            title=N_("Chassis number"),
            normalise=normalise_others_number,
            most_chars=NUMBER_CHARS,
        ),
        Field(
            name="plate",
            title=N_("Number plate"),
            normalise=normalise_plate,
            is_code=True,
            most_chars=NUMBER_CHARS,
        ),
        Field(
            name="plate_country",
            is_code=True,
            title=N_("Country of the plate"),
            normalise=normalise_country_of_plate,
            most_chars=_COUNTRY_CHARS,
        ),
        Field(
            name="engine",
            title=N_("Engine number"),
            normalise=normalise_others_number,
            is_code=True,
            most_chars=NUMBER_CHARS,
        ),
        Field(
            name="status",
            title=N_("Status"),
            required=True,
            choices={
                "stolen": N_("Stolen"),
                "misappropriated": N_("Misappropriated"),
                "plates-stolen": N_("Plates stolen"),
                "sought": N_("Sought as evidence"),
            },
        ),
        Field(
            name="kind",
            title=N_("Kind"),
            choices={
                "car": N_("Car"),
                "motorcycle": N_("Motorcycle"),
                "lorry": N_("Lorry"),
                "bus": N_("Bus"),
                "trailer": N_("Trailer"),
                "caravan": N_("Caravan"),
                "machine": N_("Machine"),
                "other": N_("Other vehicle"),
            },
        ),
        Field(name="make", title=N_("Make"), most_chars=REFERENCE_CHARS),
        Field(name="model", title=N_("Model"), most_chars=REFERENCE_CHARS),
        Field(
            name="colour",
            title=N_("Colour"),
            choices={
                "white": N_("White"),
                "black": N_("Black"),
                "grey": N_("Grey"),
                "silver": N_("Silver"),
                "blue": N_("Blue"),
                "red": N_("Red"),
                "green": N_("Green"),
                "yellow": N_("Yellow"),
                "orange": N_("Orange"),
                "brown": N_("Brown"),
                "beige": N_("Beige"),
                "violet": N_("Violet"),
                "several": N_("Several colours"),
            },
        ),
        Field(name="theft_date", title=N_("Date of theft"), normalise=normalise_date, is_past=True),
        Field(
            name="theft_country",
            is_code=True,
            title=N_("Country of theft"),
            normalise=normalise_country_of_plate,
            most_chars=_COUNTRY_CHARS,
        ),
        Field(name="national_reference", is_code=True, title=N_("National reference"), most_chars=REFERENCE_CHARS),
    ),
    keys=(
        Key(name="frame", terms=("vin",), of_terms=_of_vin, of_record=_frames_of),
        # The same key by its other term: what one bureau took for a VIN, another entered as a chassis number.
        Key(name="frame", terms=("chassis",), of_terms=_of_chassis, of_record=_frames_of),
        Key(name="plate", terms=("plate", "plate_country"), of_terms=_of_plate, of_record=_plate_of),
        Key(name="engine", terms=("engine",), of_terms=_of_engine, of_record=_engine_of),
    ),
    narrowing=Narrowing(matches=_matches, room=_forms_of, covers=frozenset.issuperset),
    asked_by=(VIN, PLATE, PLATE_COUNTRY, CHASSIS, ENGINE),
    verify=_verify_found,
    doubts=_doubts,
    named_by=(("vin",), ("chassis",), ("plate", "plate_country"), ("engine",)),
    entered_by="any-member",
    status_field="status",
    retention_years=VEHICLE_YEARS_MAX,
    postings_max=POSTINGS_MAX,
    instructions={
        "seize": Order(title=N_("Seize the vehicle"), headline=N_("Hit: seize the vehicle")),
        "identify": Order(
            title=N_("Identify vehicle and driver"), headline=N_("Hit: identify vehicle and driver, let them go on")
        ),
        "locate": Order(title=N_("Locate"), headline=N_("Hit: locate, and tell the source")),
        "inform": Order(title=N_("Inform the source"), headline=N_("Hit: inform the source")),
    },
    not_before=(("theft_date", f"{VEHICLE_YEAR_MIN}-01-01"),),
    shown_on_hit=(
        "vin",
        "chassis",
        "plate",
        "plate_country",
        "engine",
        "status",
        "kind",
        "make",
        "model",
        "colour",
        "theft_date",
    ),
    hit_line=N_("{colour} {make} {model} {plate} {plate_country} {vin} {chassis}: {status}"),
    typed=(
        "vin",
        "plate",
        "plate_country",
        "status",
        "kind",
        "make",
        "model",
        "colour",
        "chassis",
        "engine",
        "theft_date",
    ),
)
