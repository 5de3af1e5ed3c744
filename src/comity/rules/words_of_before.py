"""The words that stood in the program before a rulebook had its own: those of rulebooks of the forms 1 and 2, for ever.

Nothing here changes any more. What forms 1 and 2 cannot say is taken from here, by the codes and numbers that their
rules name; a code that stood in no table is its own title.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from comity.rules.rule import Rule
from comity.rules.wording import HandlingLevel, Purpose, ReferenceNeed, Role, Wording
from comity.texts import N_

PURPOSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "border-control": N_("Border control"),
        "search-wanted": N_("Search for a wanted person"),
        "locate": N_("Locate a person"),
        "investigation": N_("Investigation"),
        "warn": N_("Warn"),
        "identify": N_("Identify a person or body"),
        "forensic": N_("Forensic analysis"),
        "security-check": N_("Security check"),
        "threats": N_("Identify threats and trends"),
    }
)
_FROM_SHIFT: Final = "border-control"

LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "official-use": N_("For official use only"),
        "restricted": N_("Restricted"),
        "confidential": N_("Confidential"),
    }
)
_SUBJECT_SHOWN: Final = ("official-use", "restricted")

ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "inspector": N_("Inspector: checks documents"),
        "desk": N_("Desk: writes and reads messages, checks documents"),
        "registrar": N_("Registrar: enters records, writes and reads messages, checks documents"),
        "auditor": N_("Auditor: reads the ledger"),
        "administrator": N_("Administrator: creates and disables officers"),
        "duty": N_("Duty officer: measures and directory"),
    }
)
_HOMES: Final[Mapping[str, str]] = MappingProxyType({"desk": "message.list"})

NEXT_STEPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "RPD-10.1": N_("Choose the purpose, then do it again: {purposes}."),
        "RPD-10.2": N_("Give the reference of the case or shift, then do it again."),
        "RPD-127.2": N_("Wait a minute, then do it again."),
        "RPD-21.1": N_("Ask your bureau's administrator whether your roles should include this."),
        "RPD-107.2": N_("Ask a registrar of your bureau: the record's level is beyond your role."),
        "RPD-131.1": N_("Ask your bureau which measure is in force; the secretariat's duty desk can explain it."),
        "RPD-131.2": N_("Only the secretariat does this."),
        "RPD-131.3": N_("Write the reason, as a sentence for the member."),
        "RPD-131.4": N_("Say when the measure ends."),
        "RPD-131.5": N_("Name the decision of the executive committee, or choose an earlier end."),
        "CTY-2.1": N_("Wait until the line to the secretariat is up again; the directory is acquired by itself."),
        "CTY-3.1": N_("Wait a minute, then do it again."),
        "CTY-3.2": N_("Type your present password again."),
        "CTY-1.2": N_("Tell your bureau's operator: this node's clock is wrong."),
        "TD-1.1": N_("Check the issuing country; a document of another country is that country's to enter."),
        "RPD-12.1": N_("Confirm that your national law allows it."),
        "RPD-49.1": N_("Choose an earlier end of retention."),
        "RPD-112.1": N_("Choose one of the levels of confidentiality that the rulebook lists."),
        "CTY-4.1": N_("Choose other members of the directory, each in force; nobody writes to the own bureau."),
        "CTY-4.6": N_("Look for it in the list of messages."),
        "CTY-4.9": N_("Send it to fewer bureaus at a time."),
    }
)
NOT_HERE: Final = ("CTY-4.6",)
"""What was refused by nothing else was said not to be here."""


def words_of(rules: Iterable[Rule]) -> Wording:
    """The words of a rulebook of form 1 or 2: of the codes that its rules name, or of all where they name none."""
    rules = tuple(rules)
    purposes = _named(_lists(rules, "purpose_is_listed", "purposes"), PURPOSES)
    demanding = set(_lists(rules, "reference_is_given", "purposes"))
    levels = _named((*_lists(rules, "handling_is_known", "levels"), *_keys(rules, "role_covers_handling")), LEVELS)
    included = set(_keys(rules, "role_includes_act"))  # in no order: a file has them by the alphabet
    roles = (*(code for code in ROLES if code in included or not included), *sorted(included - ROLES.keys()))
    return Wording(
        tuple(Purpose(code, PURPOSES.get(code, code), _need(code, demanding)) for code in purposes),
        tuple(HandlingLevel(code, LEVELS.get(code, code), code not in _SUBJECT_SHOWN) for code in levels),
        tuple(Role(code, ROLES.get(code, code), _HOMES.get(code, "")) for code in roles),
    )


def _need(code: str, demanding: set[str]) -> ReferenceNeed:
    return "no" if code not in demanding else "shift" if code == _FROM_SHIFT else "given"


def _named(found: Iterable[str], table: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found)) or tuple(table)


def _lists(rules: Iterable[Rule], test: str, name: str) -> Iterator[str]:
    for rule in rules:
        listed = rule.values.get(name) if rule.test == test else None
        yield from listed if isinstance(listed, list) else ()


def _keys(rules: Iterable[Rule], test: str) -> Iterator[str]:
    for rule in rules:
        yield from rule.values if rule.test == test else ()
