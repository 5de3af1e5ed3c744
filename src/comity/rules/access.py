"""Rules about acts of all nouns: who may do them, for whom a node answers, and what it must know to do so.

Their bytes are pinned, so the kinds of acts stand here as they were first published. What a noun has brought since,
and says of its kinds (``ActRuled``), comes behind by itself.
"""

from collections.abc import Callable, Iterable
from typing import Final

from comity.rules.catalogue import KINDS, PARTS
from comity.rules.part import ActRuled, RulesPart
from comity.rules.rule import Rule, Value, is_about
from comity.texts import N_

_ROLES: Final = {
    "inspector": ("query.*", "record.read", "session.*", "password.*"),
    "desk": ("message.*", "held.*", "attachment.*", "query.*", "record.read", "session.*", "password.*"),
    "registrar": ("record.*", "held.*", "message.*", "attachment.*", "query.*", "session.*", "password.*"),
    "auditor": ("ledger.*", "session.*", "password.*"),
    "administrator": ("officer.*", "held.*", "session.*", "password.*"),
    "duty": ("standing.*", "directory.*", "held.*", "session.*", "password.*"),
}
_AT_KEEPER = ("query.answer", "record.show", "batch.accept", "consignment.accept", "consignment.take")
_BUREAUS = (*_AT_KEEPER, "message.deliver", "receipt.take", "blob.show", "envelope.relay", "receipt.relay")
_CHANNELS = (
    "query.*", "record.read", "record.show", "record.enter", "record.consign", "batch.accept", "consignment.accept",
    "consignment.take", "message.send", "message.deliver", "envelope.relay",
)  # fmt: skip
_OFFICERS = (
    "query.ask", "record.read", "record.enter", "record.consign", "message.send", "message.open", "message.list",
    "attachment.add", "attachment.read", "ledger.*", "officer.*", "standing.*", "directory.*", "held.list", "held.show",
    "held.release", "held.refuse", "session.close", "password.set",
)  # fmt: skip


def with_later(
    published: tuple[str, ...], has: Callable[[ActRuled], bool], kinds: Iterable[ActRuled] = KINDS.values()
) -> tuple[str, ...]:
    """The ``published`` kinds of a rule, and behind them those of which ``has`` is so and that are not among them."""
    later = (kind.name for kind in kinds if has(kind))
    return (*published, *(name for name in later if not is_about(published, name)))


def roles_with(parts: Iterable[RulesPart]) -> dict[str, Value]:
    """The acts that each role includes, and behind them those that nouns bring."""
    roles: dict[str, list[str]] = {role: list(acts) for role, acts in _ROLES.items()}
    for part in parts:
        for role, acts in part.roles.items():
            roles.setdefault(role, []).extend(acts)
    return dict(roles)


_OF_BUREAUS: Final = with_later(_BUREAUS, lambda kind: kind.ground == "bureau")
_OF_CHANNELS: Final = with_later(_CHANNELS, lambda kind: kind.uses_channel)

ACCESS = (
    Rule(
        "RPD-6.1",
        "RPD 6",
        N_("The bureaus of members use the system by right."),
        "ground",
        _OF_BUREAUS,
        "is_bureau",
    ),
    Rule(
        "RPD-21.1",
        "RPD 21, 107",
        N_("An officer does what one of the roles given by the bureau includes."),
        "ground",
        with_later(_OFFICERS, lambda kind: kind.ground == "officer"),
        "role_includes_act",
        roles_with(PARTS),
        "partly",
        next_step=N_("Ask your bureau's administrator whether your roles should include this."),
    ),
    Rule(
        "CTY-1.1",
        "Comity 1",
        N_("A request counts only when its signature is that of the member that it names."),
        "condition",
        _OF_BUREAUS,
        "is_proven",
        seen="yes",
    ),
    Rule(
        "CTY-1.2",
        "Comity 1",
        N_("A signed time must be within two minutes of this node's."),
        "condition",
        with_later(("query.answer", "record.show", "blob.show"), lambda kind: kind.is_timed),
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
        with_later(("query.answer", "record.show"), lambda kind: kind.is_answered_once),
        "is_new",
        seen="yes",
    ),
    Rule(
        "CTY-1.4",
        "Comity 1",
        N_("A node finishes what the rulebook let its officer begin, and releases the answer on the record."),
        "ground",
        with_later(
            ("answer.receive", "record.receive", "delivery.expire", "held.end"), lambda kind: kind.ground == "node"
        ),
        "is_node",
        seen="yes",
    ),
    Rule(
        "CTY-1.6",
        "Comity 1",
        N_("What leaves for a member leaves for a bureau that is in force."),
        "condition",
        with_later((*_OF_BUREAUS, "message.send", "alert.send"), lambda kind: kind.gives_to_members),
        "recipient_is_in_force",
        seen="yes",
    ),
    Rule(
        "CTY-2.1",
        "Comity 2",
        N_("Who does not know the members and measures in force may not act on them."),
        "condition",
        _OF_CHANNELS,
        "directory_is_current",
        seen="yes",
        next_step=N_("Wait until the line to the secretariat is up again; the directory is acquired by itself."),
    ),
    Rule(
        "CTY-2.2",
        "Comity 2",
        N_("A register is asked, and entered into, at the node that keeps it."),
        "condition",
        with_later(_AT_KEEPER, lambda kind: kind.is_at_keeper),
        "is_keeper",
        seen="yes",
    ),
    Rule(
        "RPD-131.1",
        "RPD 131",
        N_("A measure in force closes this channel to the member."),
        "condition",
        _OF_CHANNELS,
        "standing_is_open",
        seen="partly",
        next_step=N_("Ask your bureau which measure is in force; the secretariat's duty desk can explain it."),
    ),
)
