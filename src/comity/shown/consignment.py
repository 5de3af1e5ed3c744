"""What a person sees of a file of records that waits to be entered."""

from collections.abc import Iterable
from typing import Final

from comity.characters import show_line
from comity.plug import ShownPart
from comity.registers.consigning import CONSIGN, Consigning
from comity.registers.registry import get_register
from comity.shown.points import NAMES_MAX, NameOf, PointShown, and_more
from comity.texts import _


def consigning_points(body: Consigning, name: NameOf) -> Iterable[PointShown]:
    """How many records come and go, and by name those that go out."""
    going = len(body.removed) - body.replaced
    named = [name(each) for each in body.removed[:NAMES_MAX]]
    if len(body.removed) > NAMES_MAX:
        named.append(and_more(len(body.removed)))
    return (
        PointShown(_("Register"), _(get_register(body.register).title)),
        PointShown(_("Records that go out for good, or out of somebody's sight"), str(going)),
        PointShown(_("Records that are replaced"), str(body.replaced)),
        PointShown(_("Records that come in"), str(sum(each.lot.count for each in body.lots) - body.replaced)),
        PointShown(_("Read from"), show_line(body.origin) or _("no file")),
        PointShown(_("Going out"), ", ".join(named)),
    )


PART: Final = ShownPart({CONSIGN: consigning_points})
