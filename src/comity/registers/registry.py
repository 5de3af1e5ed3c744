"""Which registers there are."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.errors import MalformedError
from comity.ids import RegisterName
from comity.registers.persons import PERSONS
from comity.registers.register import NotAsked, Questions, Register, Terms, questions_for
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.texts import N_, _

REGISTERS: Final[Mapping[RegisterName, Register]] = MappingProxyType(
    {register.name: register for register in (TRAVEL_DOCUMENTS, PERSONS)}
)

CHOICE_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "passport": N_("Passport"),
        "identity-card": N_("Identity card"),
        "visa": N_("Visa"),
        "residence-permit": N_("Residence permit"),
        "other": N_("Other document"),
        "stolen-blank": N_("Stolen blank"),
        "stolen": N_("Stolen from bearer"),
        "lost": N_("Lost"),
        "revoked": N_("Revoked"),
        "wanted": N_("Wanted"),
        "missing": N_("Missing"),
        "sanctioned": N_("Sanctioned"),
        "warned-of": N_("Warned of"),
        "deceased": N_("Deceased"),
        "female": N_("Female"),
        "male": N_("Male"),
        "unspecified": N_("Unspecified"),
        "primary": N_("Name"),
        "alias": N_("Alias"),
        "former": N_("Former name"),
        "original-script": N_("Original script"),
        "good": N_("Good quality"),
        "low": N_("Low quality"),
        "exact": N_("Exact"),
        "around": N_("Around"),
        "between": N_("Between"),
        "unknown": N_("Unknown"),
        "birth": N_("Place of birth"),
        "address": N_("Address"),
        "hold": N_("Hold the document"),
        "seize": N_("Seize the document"),
        "locate": N_("Locate"),
        "inform": N_("Inform the source"),
    }
)
"""What a person sees for a choice."""


def get_register(name: str) -> Register:
    """The register of that name; MalformedError if there is none."""
    register = REGISTERS.get(RegisterName(name))
    if register is None:
        raise MalformedError(_("There is no register of this name."), where="register")
    return register


def ask_all(terms: Terms, wrong: Mapping[str, NotAsked] = MappingProxyType({})) -> Questions:
    """One question to every register that what is said fits; the rest and errors as for ``questions_for``."""
    return questions_for(terms, REGISTERS.values(), wrong)
