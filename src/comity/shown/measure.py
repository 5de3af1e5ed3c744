"""What a person sees of a measure that waits to be set."""

from typing import Final

from comity.characters import show_line
from comity.members.measure import SET
from comity.plug import ShownPart
from comity.shown.points import FieldPoints
from comity.texts import N_

PART: Final = ShownPart(
    {
        SET: FieldPoints(
            {
                "member": N_("Member"), "channel": N_("Channel"), "state": N_("State"), "reason": N_("Reason"),
                "reference": N_("Reference"), "until_at": N_("Until"),
            }
        )
    },
    {SET: lambda body: show_line(f"{body.member} · {body.channel.value} · {body.state.value}")},
)  # fmt: skip
