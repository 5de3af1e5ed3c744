"""The rulebook of the model organisation: INTERPOL's rules on the processing of data, where software can hold to them.

Numbers are ``RPD-<article>.<ours>`` for the Rules on the Processing of Data, ``TD`` for the travel document register,
``CTY`` for what Comity itself demands. A rule with ``seen="no"`` is to be checked against the text in force. Another
organisation ships its own file; thresholds and texts are data.
"""

from comity.rules.rule import Rule, Value
from comity.rules.rulebook import Rulebook
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

_ROLES: dict[str, Value] = {
    "inspector": ["query.*", "record.read", "session.*", "password.*"],
    "desk": ["message.*", "attachment.*", "query.*", "record.read", "session.*", "password.*"],
    "registrar": ["record.*", "message.*", "attachment.*", "query.*", "session.*", "password.*"],
    "auditor": ["ledger.*", "session.*", "password.*"],
    "administrator": ["officer.*", "session.*", "password.*"],
    "duty": ["standing.*", "directory.*", "session.*", "password.*"],
}
_HANDLING: dict[str, Value] = {
    "official-use": ["inspector", "registrar", "desk"],
    "restricted": ["inspector", "registrar", "desk"],
    "confidential": ["registrar", "desk"],
}
_ASKED_OF_KEEPERS = ("query.answer", "record.show", "batch.accept")
_RELAYED = ("envelope.relay", "receipt.relay")
_BETWEEN_BUREAUS = (*_ASKED_OF_KEEPERS, "message.deliver", "receipt.take", "blob.show", *_RELAYED)
_OF_DESKS = ("message.send", "message.open", "message.list", "attachment.add", "attachment.read")
_OF_OFFICERS = (
    "query.ask", "record.read", "record.enter", *_OF_DESKS, "ledger.*", "officer.*", "standing.*", "directory.*",
)  # fmt: skip

_ACCESS = (
    Rule(
        "RPD-6.1",
        "RPD 6",
        N_("The bureaus of members use the system by right."),
        "ground",
        _BETWEEN_BUREAUS,
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
        _BETWEEN_BUREAUS,
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
        ("answer.receive", "record.receive", "delivery.expire"),
        "is_node",
        seen="yes",
    ),
    Rule(
        "CTY-2.1",
        "Comity 2",
        N_("Who does not know the members and measures in force may not act on them."),
        "condition",
        (
            "query.*",
            "record.read",
            "record.show",
            "record.enter",
            "batch.accept",
            "message.send",
            "message.deliver",
            "envelope.relay",
        ),
        "directory_is_current",
        seen="yes",
    ),
    Rule(
        "CTY-2.2",
        "Comity 2",
        N_("A register is asked, and entered into, at the node that keeps it."),
        "condition",
        _ASKED_OF_KEEPERS,
        "is_keeper",
        seen="yes",
    ),
    Rule(
        "CTY-3.1",
        "Comity 3",
        N_("After five wrong passwords an officer waits for a minute."),
        "condition",
        ("session.open",),
        "is_not_paused",
        seen="yes",
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

_PURPOSE = (
    Rule(
        "RPD-10.1",
        "RPD 10(1), 10(2)",
        N_("Every processing has a given purpose from the closed list."),
        "condition",
        ("query.*", "record.read", "record.show"),
        "purpose_is_listed",
        {"purposes": list(PURPOSES)},
        "yes",
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
    ),
    Rule(
        "RPD-127.1",
        "RPD 127",
        N_("A query asks about one document; comparing in bulk is another act."),
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
    ),
    Rule(
        "RPD-131.1",
        "RPD 131",
        N_("A measure in force closes this channel to the member."),
        "condition",
        (
            "query.*",
            "record.read",
            "record.show",
            "record.enter",
            "batch.accept",
            "message.send",
            "message.deliver",
            "envelope.relay",
        ),
        "standing_is_open",
        seen="partly",
    ),
)

_ENTERING = ("record.enter", "batch.accept")
_RECORDS = (
    Rule(
        "TD-1.1",
        "Travel documents 1",
        N_("Only the issuing country enters a travel document."),
        "condition",
        _ENTERING,
        "is_issuer",
        seen="partly",
    ),
    Rule(
        "RPD-12.1",
        "RPD 11",
        N_("The source confirms that its national law allows the processing."),
        "condition",
        _ENTERING,
        "is_lawful",
    ),
    Rule(
        "RPD-36.1",
        "RPD 36, 37",
        N_("A record carries its mandatory fields."),
        "condition",
        _ENTERING,
        "is_complete",
    ),
    Rule(
        "RPD-7.1",
        "RPD 7",
        N_("A record is entered by the member that is its source."),
        "condition",
        _ENTERING,
        "is_source",
        seen="partly",
    ),
    Rule(
        "RPD-49.1",
        "RPD 49",
        N_("A travel document is kept for ten years at most."),
        "condition",
        _ENTERING,
        "retention_is_bounded",
        {"years": 10.0},
        "partly",
    ),
    Rule(
        "RPD-112.1",
        "RPD 112",
        N_("A record or message has one of the three confidentiality levels."),
        "condition",
        (*_ENTERING, "message.send"),
        "handling_is_known",
        {"levels": list(_HANDLING)},
        "partly",
    ),
    Rule(
        "RPD-127.3",
        "RPD 127",
        N_("By hand, one to a thousand records are entered at a time."),
        "condition",
        _ENTERING,
        "count_is_bounded",
        {"most": 1000.0},
    ),
    Rule(
        "RPD-58.1",
        "RPD 58",
        N_("A record is open to the audience that its source has set."),
        "mask",
        ("query.answer", "record.show"),
        "in_audience",
        seen="partly",
    ),
    Rule(
        "RPD-107.2",
        "RPD 107, 113",
        N_("An officer's role must cover the confidentiality level of what is shown."),
        "condition",
        ("record.receive", "message.open", "attachment.read"),
        "role_covers_handling",
        _HANDLING,
    ),
)

_MESSAGES = (
    Rule(
        "CTY-4.1",
        "Comity 4",
        N_("A message is for bureaus in force, each named once, and not for oneself."),
        "condition",
        ("message.send", *_RELAYED, "alert.send"),
        "is_addressable",
        seen="yes",
    ),
    Rule(
        "CTY-4.2",
        "Comity 4",
        N_("A bureau is given what was sealed to it, and nothing else."),
        "condition",
        ("message.deliver", "blob.show"),
        "is_addressee",
        seen="yes",
    ),
    Rule(
        "CTY-4.3",
        "Comity 4",
        N_("An envelope with a field that this version does not know is not taken."),
        "condition",
        ("message.deliver",),
        "is_readable",
        seen="yes",
    ),
    Rule(
        "CTY-4.4",
        "Comity 4",
        N_("All recipients read the text that the sender committed to."),
        "condition",
        ("message.deliver",),
        "is_same_text",
        seen="yes",
    ),
    Rule(
        "CTY-4.5",
        "Comity 4",
        N_("An envelope is delivered before it expires, within a month."),
        "condition",
        ("message.send", "message.deliver", *_RELAYED),
        "is_in_time",
        {"days": 31.0},
        "yes",
    ),
    Rule(
        "CTY-4.6",
        "Comity 4",
        N_("A receipt is for what was sent from here; what is opened or answered is here."),
        "condition",
        ("receipt.take", "message.send", "message.open", "attachment.read"),
        "is_known",
        seen="yes",
    ),
    Rule(
        "CTY-4.7",
        "Comity 4",
        N_("The relay is at the secretariat."),
        "condition",
        _RELAYED,
        "is_secretariat",
        seen="yes",
    ),
    Rule(
        "CTY-4.8",
        "Comity 4",
        N_("The relay keeps at most ten thousand parcels of one member."),
        "condition",
        _RELAYED,
        "relay_has_room",
        {"most": 10_000.0},
        "yes",
    ),
    Rule(
        "CTY-4.9",
        "Comity 4",
        N_("A message is for one to two hundred bureaus."),
        "condition",
        ("message.send",),
        "count_is_bounded",
        {"most": 200.0},
        "yes",
    ),
    Rule(
        "RPD-104.1",
        "RPD 104",
        N_("The source is told of a hit on its record."),
        "ground",
        ("alert.send",),
        "is_node",
        seen="partly",
    ),
    Rule(
        "RPD-104.2",
        "RPD 104",
        N_("The source is told time and place of a hit only where the purpose is about the document."),
        "mask",
        ("alert.send",),
        "purpose_tells_place",
        {"purposes": ["border-control", "identify", "forensic"]},
    ),
)

_MEASURES = (
    Rule(
        "RPD-131.2",
        "RPD 131",
        N_("A measure is taken at the secretariat."),
        "condition",
        ("standing.set", "directory.publish"),
        "is_secretariat",
        seen="partly",
    ),
    Rule(
        "RPD-131.3",
        "RPD 131",
        N_("A measure gives its reason."),
        "condition",
        ("standing.set",),
        "is_reasoned",
        seen="partly",
    ),
    Rule(
        "RPD-131.4",
        "RPD 131",
        N_("A measure says when it ends."),
        "condition",
        ("standing.set",),
        "measure_has_an_end",
        seen="partly",
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
    ),
)

MODEL_RULEBOOK = Rulebook(
    v=1,
    name="model organisation",
    version="2026-11",
    rules=(*_ACCESS, FIRST_OFFICER, *_PURPOSE, *_RECORDS, *_MESSAGES, *_MEASURES),
)
"""What the ceremony proposes to a new network, and what the demonstration runs on."""

FIRST_RULEBOOK = Rulebook(v=1, name="before the directory", version="1", rules=(FIRST_OFFICER,))
"""What a node goes by that has never acquired a directory: its holder lets an administrator in, and nothing else."""
