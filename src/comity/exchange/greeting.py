"""Greetings: a node's signed word that it is there, and which pass lets it into the broker."""

from typing import Annotated, ClassVar, Final, Literal

import msgspec

from comity.exchange.signed import Moment, Signed
from comity.formats import Format
from comity.ids import MemberCode
from comity.plug import RoomPart


class PassHeld(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a node says of its pass: its times, and the SHA-256 of what it permits, hexadecimal."""

    issued_at: Moment
    expires_at: Moment
    permits: Annotated[str, msgspec.Meta(max_length=64)]


class Greeting(Signed, frozen=True, forbid_unknown_fields=True):
    """That ``member``'s node is there, signed as a frame of kind ``greeting``; no act.

    What waits for that member is worth a try now. The secretariat answers with a pass where the one held is to be
    replaced, everybody else with nothing.

    Evolution: as for ``Signed``.
    """

    context: ClassVar[str] = "greeting"

    v: Literal[1]
    member: MemberCode
    to: MemberCode
    at: Moment
    held: PassHeld | None


Greeting.format = Format("greeting", {1: Greeting})


PART: Final = RoomPart(travelling=(Greeting.format,))
