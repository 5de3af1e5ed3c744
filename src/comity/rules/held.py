"""Rules about acts that others release: who may, how often, and which acts are held at all."""

from comity.rules.rule import Rule
from comity.texts import N_

_SAID = ("held.release", "held.refuse")

HELD = (
    Rule(
        "CTY-5.1",
        "Comity 5",
        N_("Whoever sees, releases or refuses a held act may do such acts."),
        "condition",
        ("held.show", *_SAID),
        "may_do_held",
        seen="yes",
    ),
    Rule(
        "CTY-5.2",
        "Comity 5",
        N_("Nobody releases an act of their own."),
        "condition",
        ("held.release",),
        "is_not_author",
        seen="yes",
    ),
    Rule(
        "CTY-5.3",
        "Comity 5",
        N_("An officer releases an act once."),
        "condition",
        ("held.release",),
        "speaks_once",
        seen="yes",
    ),
    Rule(
        "CTY-5.4",
        "Comity 5",
        N_("Only an act that still waits is released or refused."),
        "condition",
        ("held.show", *_SAID),
        "is_known",
        seen="yes",
    ),
    Rule(
        "CTY-5.5",
        "Comity 5",
        N_("A held act is released before its time is over."),
        "condition",
        ("held.release",),
        "is_in_time",
        {"days": 366.0},
        "yes",
    ),
    Rule(
        "CTY-5.6",
        "Comity 5",
        N_("A change that takes more than a tenth of a source's records out is released by a second officer."),
        "hold",
        ("record.consign",),
        "few_go_out",
        {"few": 2.0, "share": 0.1, "releases": 1.0, "days": 7.0},
        "yes",
    ),
)
