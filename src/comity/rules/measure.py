"""Rules about measures: what they close, and how they are taken."""

from comity.rules.kinds import USING_A_CHANNEL
from comity.rules.rule import Rule
from comity.texts import N_

CLOSED_CHANNELS = (
    Rule(
        "RPD-131.1",
        "RPD 131",
        N_("A measure in force closes this channel to the member."),
        "condition",
        USING_A_CHANNEL,
        "standing_is_open",
        seen="partly",
        next_step=N_("Ask your bureau which measure is in force; the secretariat's duty desk can explain it."),
    ),
)

MEASURES = (
    Rule(
        "RPD-131.2",
        "RPD 131",
        N_("A measure is taken at the secretariat."),
        "condition",
        ("standing.set", "directory.publish"),
        "is_secretariat",
        seen="partly",
        next_step=N_("Only the secretariat does this."),
    ),
    Rule(
        "RPD-131.3",
        "RPD 131",
        N_("A measure gives its reason."),
        "condition",
        ("standing.set",),
        "is_reasoned",
        seen="partly",
        next_step=N_("Write the reason, as a sentence for the member."),
    ),
    Rule(
        "RPD-131.4",
        "RPD 131",
        N_("A measure says when it ends."),
        "condition",
        ("standing.set",),
        "measure_has_an_end",
        seen="partly",
        next_step=N_("Say when the measure ends."),
    ),
    Rule(
        "RPD-131.5",
        "RPD 131",
        N_("A measure of more than three months names the decision of the executive committee."),
        "condition",
        ("standing.set",),
        "long_measure_is_decided",
        {"days": 92.0},
        "partly",
        next_step=N_("Name the decision of the executive committee, or choose an earlier end."),
    ),
)
