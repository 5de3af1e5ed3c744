"""What a rule may look at. There is no name in it: neither of a member, nor of an officer, nor of a person."""

from typing import Literal

import msgspec

ActorKind = Literal["nobody", "officer", "bureau", "node"]
Standing = Literal["open", "review", "suspended", "none"]
Freshness = Literal["fresh", "in-grace", "stale"]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one act. Each default is the answer that a rule refuses.

    Exchanging any two members everywhere leaves the facts, and therefore the verdict, as they were: that is what makes
    the rulebook neutral, and a test does exchange them.
    """

    kind: str
    actor: ActorKind = "nobody"
    is_proven: bool = False  # the session, password or signature that claims the actor verified
    roles: frozenset[str] = frozenset()
    is_paused: bool = False  # too many wrong passwords, the wait is not over

    standing: Standing = "none"  # the member's standing on the channel that the act uses
    recipient_standing: Standing = "none"  # the worst, on the channels used, among the members that are given something
    recipient_is_clear: bool = False  # no measure on any channel is in force against any of them
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

    is_issuer: bool = False  # every record's issuing country is one of the source's own
    is_source: bool = False  # the actor's member is the source of what is entered
    is_lawful: bool = False  # the source confirmed that its national law allows the processing
    is_complete: bool = False  # every mandatory field of every record is there and well formed
    count: int = 0  # records or documents in one act
    handlings: frozenset[str] | None = None  # every level in the act; None where nobody has looked
    retention_years: float | None = None  # the longest in the act; None where nothing is kept

    statuses: frozenset[str] = frozenset()  # of the records that are told of: words of their registers, "" where none

    in_audience: bool = False  # the reader is in the record's audience

    is_addressable: bool = False  # everyone it is for is a bureau in force that messages can be sealed to
    is_addressee: bool = False  # it is sealed to this node's member
    is_readable: bool = False  # this version knows every field of it
    is_same_text: bool = False  # what opens is what its sender committed to before all recipients
    may_send_form: bool = False  # whoever sent the form is one of those who may, as the form declares it
    is_well_filled: bool = False  # the form has what it asks for, within its bounds, of what it offers, and no more
    answers_its_form: bool = False  # an answer's form is for the question that it answers; what is no answer: true
    is_asked_of_source: bool = False  # what asks the source of a record came to the source; what asks none: true
    is_known: bool = False  # what a receipt is about is on its way from here, or what is answered is here
    days_left: float | None = None  # until it expires; None where nothing says
    waiting_count: int = 0  # parcels of the same member that the relay keeps already

    releases: int = 0  # how many others have released an act that was held
    may_do_held: bool = False  # the officer's roles include acts of the kind that is held
    is_author: bool = True  # the held act is the officer's own
    has_spoken: bool = True  # the officer has released or refused it already
    taken_out: int = 0  # records of the source that the act takes out of its register
    taken_share: float = 1.0  # how much of the source's records in force those are, from 0 to 1

    has_reason: bool = False
    measure_days: float | None = None  # how long a measure is to last; None where it has no end
