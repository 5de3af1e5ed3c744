"""Rules about alerts: what the source of a record hears of a hit on it."""

from comity.rules.rule import Rule
from comity.texts import N_

ALERTS = (
    Rule(
        "RPD-104.1",
        "RPD 104",
        N_("The source is told of a hit on its record."),
        "ground",
        ("alert.send",),
        "is_node",
        seen="partly",
    ),
    Rule(
        "RPD-104.2",
        "RPD 104",
        N_("The source is told time and place of a hit only where the purpose is about what was checked."),
        "mask",
        ("alert.send",),
        "purpose_tells_place",
        {"purposes": ["border-control", "identify", "forensic"], "hides": ["time", "place"]},
    ),
    Rule(
        "RPD-104.3",
        "RPD 104, 131",
        N_("A source that a measure has suspended is told of no hit."),
        "condition",
        ("alert.send",),
        "recipient_is_not_suspended",
        seen="partly",
    ),
    Rule(
        "RPD-104.4",
        "RPD 104, 131",
        N_("A source under any measure is not told who asked, when and where."),
        "mask",
        ("alert.send",),
        "recipient_is_clear",
        {"hides": ["asker", "time", "place"]},
        "partly",
    ),
)
