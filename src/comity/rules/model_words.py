"""The model organisation's words: purposes, levels of handling and roles, by the codes that its rules list."""

from comity.rules.wording import HandlingLevel, Purpose, Role, Wording
from comity.texts import N_

MODEL_WORDS = Wording(
    purposes=(
        Purpose("border-control", N_("Border control"), "shift"),
        Purpose("search-wanted", N_("Search for a wanted person"), "given"),
        Purpose("locate", N_("Locate a person"), "given"),
        Purpose("investigation", N_("Investigation"), "given"),
        Purpose("warn", N_("Warn")),
        Purpose("identify", N_("Identify a person or body"), "given"),
        Purpose("forensic", N_("Forensic analysis"), "given"),
        Purpose("security-check", N_("Security check"), "given"),
        Purpose("threats", N_("Identify threats and trends")),
    ),
    levels=(
        HandlingLevel("official-use", N_("For official use only")),
        HandlingLevel("restricted", N_("Restricted")),
        HandlingLevel("confidential", N_("Confidential"), hides_subject=True),
    ),
    roles=(
        Role("inspector", N_("Inspector: asks registers")),
        Role("desk", N_("Desk: writes and reads messages, asks registers"), "message.list"),
        Role("registrar", N_("Registrar: enters records, writes and reads messages, asks registers")),
        Role("auditor", N_("Auditor: reads the ledger")),
        Role("administrator", N_("Administrator: creates and disables officers")),
        Role("duty", N_("Duty officer: measures and directory")),
    ),
)
