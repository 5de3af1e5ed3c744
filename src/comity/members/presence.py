"""Who is acting, as facts: the one place where names of members become facts without names."""

from datetime import datetime
from typing import Any

from comity.act import Act, Actor
from comity.members.directory import Directory
from comity.members.standing import Channel
from comity.rules.facts import ActorKind, Facts


def actor_kind(actor: Actor) -> ActorKind:
    """What kind of actor it is."""
    if actor.officer:
        return "officer" if actor.proven else "nobody"
    return "bureau"


def facts_of(act: Act, directory: Directory, *, channel: Channel | None = None, **more: Any) -> Facts:
    """The facts that every act has, and ``more`` that its room knows."""
    facts: dict[str, Any] = {
        "kind": act.kind,
        "actor": actor_kind(act.actor),
        "is_proven": act.actor.proven,
        "roles": frozenset(act.actor.roles),
        "directory": directory.judge(act.at).value,
        "purpose": act.purpose,
        "has_reference": bool(act.reference.strip()),
    }
    if channel is not None:
        facts["standing"] = standing_of(act.actor, directory, channel, act.at)
    return Facts(**(facts | more))


def standing_of(actor: Actor, directory: Directory, channel: Channel, now: datetime) -> str:
    """The actor's member's state on ``channel``; ``none`` where its bureau is not in force in the directory."""
    if directory.find_bureau(actor.member, now) is None:
        return "none"
    statement = directory.find_statement(actor.member, channel, now)
    return statement.state.value if statement else "none"
