"""What is shown of own records, and of changes to them that wait for others."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from comity.characters import show_line
from comity.plug import ShownPart
from comity.registers.own_record import AMEND, Amending
from comity.registers.registry import get_register
from comity.shown.points import NAMES_MAX, NameOf, PointShown, and_more
from comity.texts import N_, _

STATE_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "in-force": N_("In force"),
        "expired": N_("Expired: shown to nobody"),
        "taken-out": N_("Taken out"),
        "damaged": N_("Damaged"),
    }
)
"""How an own record stands."""
VERB_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "take-out": N_("Take out"),
        "correct": N_("Correct"),
        "restrict": N_("Change who sees it"),
        "prolong": N_("Keep longer"),
    }
)
"""What can be done to one."""
VERB_ASKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "take-out": N_("Nobody finds them any more, and their bytes are erased. This cannot be undone."),
        "correct": N_("Another record comes in its place; what it said is erased."),
        "restrict": N_("Others come in their place, for the members that you choose."),
        "prolong": N_("Others come in their place, and are kept longer."),
    }
)
"""What each does, said before it is done."""
VERB_DONE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "take-out": N_("Taken out"),
        "correct": N_("Corrected"),
        "restrict": N_("Shown to others than before"),
        "prolong": N_("Kept longer"),
    }
)
"""The same, done."""


def amending_gist(body: Amending) -> str:
    """What is done to which records, in one line."""
    named = ", ".join(map(show_line, body.names[:NAMES_MAX]))
    return " · ".join((_(get_register(body.change.register).title), f"{_(VERB_TITLES[body.verb])}: {named}"))


def amending_points(body: Amending, _name: NameOf) -> Iterable[PointShown]:
    """What is done to which records, and why."""
    named = [show_line(each) for each in body.names[:NAMES_MAX]]
    if len(body.names) > NAMES_MAX:
        named.append(and_more(len(body.names)))
    return (
        PointShown(_("Register"), _(get_register(body.change.register).title)),
        PointShown(_(VERB_TITLES[body.verb]), ", ".join(named)),
        *((PointShown(_("Why"), show_line(body.why)),) if body.why else ()),
    )


PART: Final = ShownPart({AMEND: amending_points}, {AMEND: amending_gist})
