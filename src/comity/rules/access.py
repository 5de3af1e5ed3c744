"""Rules about access: who is let in, for whom a node answers, and what it must know to do so."""

from comity.rules.kinds import ASKED_OF_KEEPERS, BETWEEN_BUREAUS, GIVING_TO_MEMBERS, USING_A_CHANNEL
from comity.rules.rule import Rule, Value
from comity.texts import N_

_ROLES: dict[str, Value] = {
    "inspector": ["query.*", "record.read", "session.*", "password.*"],
    "desk": ["message.*", "held.*", "attachment.*", "query.*", "record.read", "session.*", "password.*"],
    "registrar": ["record.*", "held.*", "message.*", "attachment.*", "query.*", "session.*", "password.*"],
    "auditor": ["ledger.*", "session.*", "password.*"],
    "administrator": ["officer.*", "held.*", "session.*", "password.*"],
    "duty": ["standing.*", "directory.*", "held.*", "session.*", "password.*"],
}
_OF_DESKS = ("message.send", "message.open", "message.list", "attachment.add", "attachment.read")
_OF_OFFICERS = (
    "query.ask", "record.read", "record.enter", "record.consign", *_OF_DESKS, "ledger.*", "officer.*", "standing.*",
    "directory.*", "held.list", "held.show", "held.release", "held.refuse",
)  # fmt: skip

ACCESS = (
    Rule(
        "RPD-6.1",
        "RPD 6",
        N_("The bureaus of members use the system by right."),
        "ground",
        BETWEEN_BUREAUS,
        "is_bureau",
    ),
    Rule(
        "RPD-21.1",
        "RPD 21, 107",
        N_("An officer does what one of the roles given by the bureau includes."),
        "ground",
        (*_OF_OFFICERS, "session.close", "password.set"),
        "role_includes_act",
        _ROLES,
        "partly",
        next_step=N_("Ask your bureau's administrator whether your roles should include this."),
    ),
    Rule(
        "RPD-107.1",
        "RPD 107",
        N_("Only a named officer who proves to be that officer is let in."),
        "ground",
        ("session.open",),
        "is_officer_signing_in",
    ),
    Rule(
        "CTY-1.1",
        "Comity 1",
        N_("A request counts only when its signature is that of the member that it names."),
        "condition",
        BETWEEN_BUREAUS,
        "is_proven",
        seen="yes",
    ),
    Rule(
        "CTY-1.2",
        "Comity 1",
        N_("A signed time must be within two minutes of this node's."),
        "condition",
        ("query.answer", "record.show", "blob.show"),
        "time_is_near",
        {"skew_s": 120.0},
        "yes",
        next_step=N_("Tell your bureau's operator: this node's clock is wrong."),
    ),
    Rule(
        "CTY-1.3",
        "Comity 1",
        N_("A signed request is answered once."),
        "condition",
        ("query.answer", "record.show"),
        "is_new",
        seen="yes",
    ),
    Rule(
        "CTY-1.4",
        "Comity 1",
        N_("A node finishes what the rulebook let its officer begin, and releases the answer on the record."),
        "ground",
        ("answer.receive", "record.receive", "delivery.expire", "held.end"),
        "is_node",
        seen="yes",
    ),
    Rule(
        "CTY-1.6",
        "Comity 1",
        N_("What leaves for a member leaves for a bureau that is in force."),
        "condition",
        GIVING_TO_MEMBERS,
        "recipient_is_in_force",
        seen="yes",
    ),
    Rule(
        "CTY-2.1",
        "Comity 2",
        N_("Who does not know the members and measures in force may not act on them."),
        "condition",
        USING_A_CHANNEL,
        "directory_is_current",
        seen="yes",
        next_step=N_("Wait until the line to the secretariat is up again; the directory is acquired by itself."),
    ),
    Rule(
        "CTY-2.2",
        "Comity 2",
        N_("A register is asked, and entered into, at the node that keeps it."),
        "condition",
        ASKED_OF_KEEPERS,
        "is_keeper",
        seen="yes",
    ),
    Rule(
        "CTY-3.1",
        "Comity 3",
        N_("After five wrong passwords an officer waits for a minute."),
        "condition",
        ("session.open", "password.set"),
        "is_not_paused",
        seen="yes",
        next_step=N_("Wait a minute, then do it again."),
    ),
    Rule(
        "CTY-3.2",
        "Comity 3",
        N_("Who chooses another password shows the present one."),
        "condition",
        ("password.set",),
        "is_proven",
        seen="yes",
        next_step=N_("Type your present password again."),
    ),
)

FIRST_OFFICER = Rule(
    "CTY-1.5",
    "Comity 1",
    N_("Whoever holds a node's folder lets its first administrator in."),
    "ground",
    ("officer.first",),
    "is_node",
    seen="yes",
)
