"""What is wrong with a node and what to do about it, in words for its operator; no personal data."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

import msgspec

from comity.aside import SetAside
from comity.bounded import Name, Passage
from comity.damage import TITLES, Damage
from comity.limits import DAMAGE_NAMED_MAX, PROBLEMS_MAX
from comity.members.directory import Freshness
from comity.rules.in_force import InForce
from comity.rules.model import FIRST_RULEBOOK
from comity.texts import _

_RULES_NAMED_MAX: Final = 8  # the rest are counted


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong. ``is_red`` problems keep people from working; the others will, if nothing is done."""

    code: Name
    message: Passage
    next_step: Passage
    is_red: bool = True


class Health(msgspec.Struct, frozen=True):
    """The whole: ``is_ok`` unless a problem is red."""

    is_ok: bool
    problems: Annotated[tuple[Problem, ...], msgspec.Meta(max_length=PROBLEMS_MAX)]


class StateLine(msgspec.Struct, frozen=True):
    """What every page says of its node: the line, how fresh its knowledge is, the last checkpoint, what waits."""

    is_up: bool
    rtt_ms: float | None
    as_of: datetime | None
    freshness: str
    checkpoint_at: datetime | None
    queued: int


class Vital(msgspec.Struct, frozen=True, kw_only=True):
    """What health is judged from."""

    is_locked: bool
    is_up: bool
    is_turned_away: bool = False  # by a broker that is there
    trouble: str = ""  # what keeps the line down, where that is known
    freshness: Freshness | None  # None before a directory was ever acquired
    refused: str  # why the last directory was refused; empty if it was not
    free_bytes: int  # beyond the reserve
    failing: tuple[str, ...]  # names of background work that failed last time
    aside: tuple[tuple[str, tuple[SetAside, ...]], ...] = ()  # by background work, what it has set aside
    expiring: tuple[str, ...]  # roles of the directory that people have to renew soon
    faults: tuple[str, ...] = ()  # statements of members that were not taken, each with its member and why
    in_force: InForce | None = None  # the rules that the node goes by
    damaged: tuple[Damage, ...] = ()  # what is stored and is not what was written
    indexes: Mapping[str, str] = {}  # what is wrong with registers' indexes, by register


def judge_health(vital: Vital) -> Health:
    """Name everything that is wrong, the most urgent first."""
    problems = tuple(_problems(vital))
    return Health(not any(problem.is_red for problem in problems), problems)


def _problems(vital: Vital) -> list[Problem]:
    found: list[Problem] = []
    if vital.is_locked:
        found.append(
            Problem("keys-locked", _("The keys are locked: nothing can be signed."), _("Run: comity node unlock"))
        )
    if vital.free_bytes < 0:
        found.append(Problem("disk-full", _("The disk is full: every act is refused."), _("Free space on the disk.")))
    if not vital.is_up and vital.is_turned_away:
        found.append(
            Problem(
                "line-refused",
                _("The broker does not let this node in: its pass has expired, or the member was removed."),
                _("Ask the secretariat which it is; it makes a new pass: comity member pass"),
            )
        )
    elif not vital.is_up:
        found.append(
            Problem(
                "line-down",
                " ".join(filter(None, (_("The line to the broker is down: nobody else can be asked."), vital.trouble))),
                _("Look at the broker and the network; the node connects again by itself."),
            )
        )
    found += _of_damage(vital.damaged)
    found += _of_directory(vital)
    if vital.in_force is not None and vital.in_force.why:
        found.append(_of_rulebook(vital.in_force))
    found += [_of_index(register, trouble) for register, trouble in vital.indexes.items()]
    found += [
        Problem(f"failing-{name}", _("Background work fails: {name}.").format(name=name), _("Look at the diagnostics."))
        for name in vital.failing
    ]
    found += [_of_aside(work, held) for work, held in vital.aside]
    if vital.expiring:
        roles = ", ".join(vital.expiring)
        found.append(
            Problem(
                "directory-expiring",
                _("Parts of the directory expire within 30 days: {roles}.").format(roles=roles),
                _("Ask those who sign them to renew them."),
                is_red=False,
            )
        )
    return found


def _of_damage(damaged: tuple[Damage, ...]) -> list[Problem]:
    """One problem for each kind of thing that is damaged: the first of them by name, the rest counted."""
    found = []
    for kind in dict.fromkeys(each.kind for each in damaged):
        ours = [each for each in damaged if each.kind == kind]
        named = "; ".join(each.line for each in ours[:DAMAGE_NAMED_MAX])
        more = _(" and {count} more").format(count=len(ours) - DAMAGE_NAMED_MAX) if len(ours) > DAMAGE_NAMED_MAX else ""
        text = _("Damaged. {what}: {named}{more}").format(what=_(TITLES[kind]), named=named, more=more)
        found.append(Problem(f"damaged-{kind}", text, ours[0].next_step))
    return found


def _of_aside(work: str, held: tuple[SetAside, ...]) -> Problem:
    """What stays behind while everything else of that work goes on."""
    first = held[0]
    return Problem(
        f"aside-{work}",
        _("{work}: {count} could not be done and are set aside; the first is {name} ({reason}).").format(
            work=work, count=len(held), name=first.name, reason=first.reason
        ),
        _("Each is tried again by itself, the others go on. If it stays, look at the diagnostics for its name."),
        is_red=False,
    )


def _of_index(register: str, trouble: str) -> Problem:
    texts = {
        "damaged": _("The index of {register} is damaged and is being built again: it gives no answers until then."),
        "behind": _("The index of {register} is being built again: it gives no answers until then."),
        "stuck": _("The index of {register} cannot take in a batch: it does not say 'nothing' until it can."),
        "unreadable": _("Batches of {register} cannot be read: their records are not shown."),
    }
    steps = {
        "stuck": _("Run: comity node verify. It names the files to restore from a backup."),
        "unreadable": _("Run: comity node verify. It names the files to restore from a backup."),
    }
    wait = _("Wait: it goes on by itself. Should it happen again, look at the disk.")
    return Problem(f"index-{trouble}", texts[trouble].format(register=register), steps.get(trouble, wait))


def _of_rulebook(in_force: InForce) -> Problem:
    """The rulebook of the directory is not the one that is applied: which rules are missing, and what that closes."""
    numbers = [rule.number for rule in in_force.unread]
    named = ", ".join(numbers[:_RULES_NAMED_MAX])
    more = _(" and {count} more").format(count=len(numbers) - _RULES_NAMED_MAX) if numbers[_RULES_NAMED_MAX:] else ""
    said = [_("This version of Comity cannot apply the rulebook of the directory. {why}").format(why=in_force.why)]
    if numbers:
        said.append(_("What these rules are about is refused: {rules}.").format(rules=named + more))
    if in_force.rulebook is FIRST_RULEBOOK:
        said.append(_("No rulebook is kept here that it could apply: hardly anything is allowed."))
    else:
        said.append(
            _("Everything else goes on under the rulebook {name} {version}.").format(
                name=in_force.rulebook.name, version=in_force.rulebook.version
            )
        )
    step = _("Update Comity at this node; it then takes the rulebook up by itself.")
    return Problem("rulebook-unread", " ".join(said), step)


def _of_directory(vital: Vital) -> list[Problem]:
    again = _("Look at the line to the secretariat; the directory is acquired again by itself.")
    if vital.freshness is None:
        return [Problem("directory-none", _("This node has not acquired the directory: it knows no member."), again)]
    found = []
    if vital.freshness is Freshness.STALE:
        found.append(Problem("directory-stale", _("The directory is stale: queries and entries are refused."), again))
    elif vital.freshness is Freshness.IN_GRACE:
        found.append(
            Problem("directory-in-grace", _("The directory has expired and serves in grace."), again, is_red=False)
        )
    if vital.refused:
        found.append(
            Problem(
                "directory-refused",
                _("A directory was refused; the last good one goes on serving. {why}").format(why=vital.refused),
                _("Ask the secretariat; compare fingerprints with another member."),
                is_red=False,
            )
        )
    found += [
        Problem(
            "directory-fault",
            _("The newest statement of a member is not taken. {fault}").format(fault=fault),
            _("Tell that member and the secretariat: the bureau has to sign another statement."),
            is_red=False,
        )
        for fault in vital.faults
    ]
    return found
