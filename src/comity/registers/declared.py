"""The registers that there are, a line each: a further one needs its file, and its line here."""

from typing import Final

from comity.registers.persons import PERSONS
from comity.registers.register import Register
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.registers.vehicles import VEHICLES

DECLARED: Final[tuple[Register, ...]] = (
    TRAVEL_DOCUMENTS,
    PERSONS,
    VEHICLES,
)
"""In the order in which they are asked, shown and entered into."""

KNOWN_TO_ALL: Final = (TRAVEL_DOCUMENTS.name, PERSONS.name)
"""Registers that every node knows. That it knows a later one, a node states with the formats that it reads."""
