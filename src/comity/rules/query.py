"""Rules about asking: the purpose that every question has, and how much is asked."""

from comity.rules.rule import Rule
from comity.texts import N_

PURPOSES = (
    "border-control",
    "search-wanted",
    "locate",
    "investigation",
    "warn",
    "identify",
    "forensic",
    "security-check",
    "threats",
)
"""The closed list of RPD 10(2), in the order in which officers need them."""

QUERIES = (
    Rule(
        "RPD-10.1",
        "RPD 10(1), 10(2)",
        N_("Every processing has a given purpose from the closed list."),
        "condition",
        ("query.*", "record.read", "record.show"),
        "purpose_is_listed",
        {"purposes": list(PURPOSES)},
        "yes",
        next_step=N_("Choose the purpose, then do it again: {purposes}."),
    ),
    Rule(
        "RPD-10.2",
        "RPD 10(6)",
        N_("This purpose demands the reference of a case or of a shift."),
        "condition",
        ("query.*", "record.read", "record.show"),
        "reference_is_given",
        {"purposes": [purpose for purpose in PURPOSES if purpose not in ("warn", "threats")]},
        "partly",
        next_step=N_("Give the reference of the case or shift, then do it again."),
    ),
    Rule(
        "RPD-127.1",
        "RPD 127",
        N_("A query asks about one document, person or vehicle; comparing in bulk is another act."),
        "condition",
        ("query.*",),
        "count_is_bounded",
        {"most": 1.0},
    ),
    Rule(
        "RPD-127.2",
        "RPD 127",
        N_("An officer asks at most sixty times a minute."),
        "condition",
        ("query.ask",),
        "rate_is_bounded",
        {"per_minute": 60.0},
        next_step=N_("Wait a minute, then do it again."),
    ),
)
