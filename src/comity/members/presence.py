"""Who is acting, as facts: the one place where names of members become facts without names."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from comity.act import Act, Actor
from comity.ids import MemberCode
from comity.members.directory import Directory
from comity.members.standing import Channel
from comity.rules.act import ActorKind, Standing
from comity.rules.facts import Facts

_WORST_FIRST: Final[tuple[Standing, ...]] = ("none", "suspended", "review", "open")


def actor_kind(actor: Actor) -> ActorKind:
    """What kind of actor it is."""
    if actor.officer:
        return "officer" if actor.proven else "nobody"
    return "bureau"


def facts_of(
    act: Act[Any],
    directory: Directory,
    *,
    channel: Channel | None = None,
    gives_to: Iterable[MemberCode] = (),
    gives_on: Channel | None = None,
    **more: Any,
) -> Facts:
    """The facts that every act has, and ``more`` that its room knows; purpose and reference where they are given.

    ``gives_to`` are the members to whom something leaves, on ``gives_on`` where that is not the actor's ``channel``.
    """
    facts: dict[str, Any] = {
        "kind": act.kind,
        "actor": actor_kind(act.actor),
        "is_proven": act.actor.proven,
        "roles": frozenset(act.actor.roles),
        "directory": directory.judge(act.at).value,
    }
    if act.purpose:
        facts["purpose"] = act.purpose
    if act.reference.strip():
        facts["has_reference"] = True
    if channel is not None:
        facts["standing"] = standing_of(act.actor.member, directory, channel, act.at)
    on = gives_on or channel
    if on is not None and (to := tuple(gives_to)):
        is_actor = on is channel and to == (act.actor.member,)
        facts["recipient_standing"] = facts["standing"] if is_actor else worst_standing(to, directory, (on,), act.at)
    return Facts(**(facts | more))


def standing_of(member: MemberCode, directory: Directory, channel: Channel, now: datetime) -> Standing:
    """A member's state on ``channel``; ``none`` where its bureau is not in force in the directory."""
    if directory.find_bureau(member, now) is None:
        return "none"
    statement = directory.find_statement(member, channel, now)
    return statement.state.value if statement else "none"


def worst_standing(
    members: Iterable[MemberCode], directory: Directory, channels: Iterable[Channel], now: datetime
) -> Standing:
    """The worst state of any of the members on any of the channels; ``open`` where there is no member."""
    on, found = tuple(channels), set[Standing](("open",))
    for member in members:
        if directory.find_bureau(member, now) is None:
            return "none"
        for channel in on:
            said = directory.find_statement(member, channel, now)
            found.add(said.state.value if said is not None else "none")
    return min(found, key=_WORST_FIRST.index)
