"""Every act that a node knows, with the room that registered it: what is not here cannot be done."""

from collections.abc import Iterable

from comity.exchange.arriving import arriving_acts
from comity.exchange.attaching import attaching_acts
from comity.exchange.mending import ReadPart
from comity.exchange.reading import reading_acts
from comity.exchange.recent import Pace, Seen
from comity.exchange.relaying import relaying_acts
from comity.exchange.sending import Vault, sending_acts
from comity.exchange.settling import settling_acts
from comity.gate import Done
from comity.limits import PACE_MAX, REPLAY_WINDOW_S
from comity.members.home import Home
from comity.members.measure import measure_acts
from comity.members.session import session_acts
from comity.members.stating import stating_acts
from comity.registers.alerting import alerting_acts
from comity.registers.consigning import consigning_acts
from comity.registers.detail import detail_acts
from comity.registers.entering import entering_acts
from comity.registers.query import Shelf, query_acts


def acts_of(home: Home, vault: Vault, shelf: Shelf, readings: Iterable[Done], read_part: ReadPart) -> tuple[Done, ...]:
    """Each kind of act with who does it; ``readings`` are acts that only read."""
    pace, seen = Pace(PACE_MAX), Seen(REPLAY_WINDOW_S)
    return (
        *session_acts(home.directory, home.entropy),
        *measure_acts(home.directory, is_secretariat=home.is_secretariat),
        *stating_acts(home.directory, is_secretariat=home.is_secretariat),
        *query_acts(home, shelf, pace, seen),
        *detail_acts(home, shelf, pace, seen),
        *entering_acts(home, shelf),
        *consigning_acts(home),
        *alerting_acts(home, vault),
        *sending_acts(home, vault),
        *arriving_acts(home, vault),
        *reading_acts(home, vault),
        *attaching_acts(home, read_part),
        *settling_acts(home),
        *relaying_acts(home),
        *readings,
    )
