"""The facts that acts of several nouns have. Those of one noun stand in its file; ``facts.py`` has all of them."""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["nobody", "officer", "bureau", "node"]
Standing = Literal["open", "review", "suspended", "none"]
Freshness = Literal["fresh", "in-grace", "stale"]


@dataclass(frozen=True, kw_only=True)
class ActFacts:
    """What a rule may look at in an act of any noun.

    A default stands where a handler states nothing. No rule comes about acts that do not state what its test looks at
    (``faults.find_idle``); of a fact that says whether something is so, the default is what a rule refuses.
    """

    kind: str
    actor: ActorKind = "nobody"
    is_proven: bool = False  # the session, password or signature that claims the actor verified
    roles: frozenset[str] = frozenset()

    standing: Standing = "none"  # the member's standing on the channel that the act uses
    recipient_standing: Standing = "none"  # the worst, on the channels used, among the members that are given something
    source_standing: Standing = "none"  # the worst, for entering, among the sources of what is shown, or asked
    directory: Freshness = "stale"
    is_secretariat: bool = False  # the node acts as the secretariat of its network
    is_keeper: bool = False  # the node keeps the register that is asked, or entered into

    registers: frozenset[str] | None = None  # that the act is about; None where nobody has looked

    purpose: str = ""
    has_reference: bool = False
    recent_count: int = 0  # acts of this kind by this actor within the last minute
    skew_s: float | None = None  # signed time minus our time; None where nothing was signed elsewhere
    is_replay: bool = False

    count: int = 0  # records, documents or recipients in one act
    handlings: frozenset[str] | None = None  # every level in the act; None where nobody has looked
    days_left: float | None = None  # until it expires; None where nothing says
    waiting_count: int = 0  # things of the same member that are kept here already until they go on

    is_addressable: bool = False  # everyone it is for is a bureau in force that messages can be sealed to
    is_addressee: bool = False  # it is sealed to this node's member
    is_known: bool = False  # what it is about is here, or was sent from here

    releases: int = 0  # how many others have released an act that was held
