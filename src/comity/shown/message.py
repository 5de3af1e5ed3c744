"""What a person sees of a message that waits to be sent."""

from typing import Final

from comity.exchange.sending import SEND
from comity.plug import ShownPart
from comity.shown.points import FieldPoints
from comity.texts import N_

PART: Final = ShownPart(
    {
        SEND: FieldPoints(
            {
                "to": N_("To"), "subject": N_("Subject"), "text": N_("Text"), "urgency": N_("Urgency"),
                "handling": N_("Confidentiality"), "within": N_("Deadline"),
            }
        )
    }
)  # fmt: skip
