"""What a person sees of a file of records that waits to be entered."""

from collections.abc import Iterable
from typing import Final

from comity.characters import show_line
from comity.plug import ShownPart
from comity.registers.consigning import CONSIGN, Consigning
from comity.registers.registry import get_register
from comity.shown.points import NAMES_MAX, NameOf, PointShown, and_more
from comity.texts import N_, _

_GOING: Final = N_("Taken out for good, or hidden from somebody")
_REPLACED: Final = N_("Replaced")
_COMING: Final = N_("Coming in")


def consigning_gist(body: Consigning) -> str:
    """How many records come and go, and from which file they were read."""
    coming = sum(each.lot.count for each in body.lots) - body.replaced
    said = [_(get_register(body.register).title)]
    if going := len(body.removed) - body.replaced:
        said.append(f"{_(_GOING)}: {going}")
    if body.replaced:
        said.append(f"{_(_REPLACED)}: {body.replaced}")
    if coming:
        said.append(f"{_(_COMING)}: {coming}")
    if file := body.origin.rpartition(" sha256:")[0] or body.origin:
        said.append(_("file {name}").format(name=show_line(file)))
    return " · ".join(said)


def consigning_points(body: Consigning, name: NameOf) -> Iterable[PointShown]:
    """How many records come and go, and by name those that go out."""
    going = len(body.removed) - body.replaced
    named = [name(each) for each in body.removed[:NAMES_MAX]]
    if len(body.removed) > NAMES_MAX:
        named.append(and_more(len(body.removed)))
    return (
        PointShown(_("Register"), _(get_register(body.register).title)),
        PointShown(_(_GOING), str(going)),
        PointShown(_(_REPLACED), str(body.replaced)),
        PointShown(_(_COMING), str(sum(each.lot.count for each in body.lots) - body.replaced)),
        PointShown(_("Read from"), show_line(body.origin) or _("no file")),
        PointShown(_("Going out"), ", ".join(named)),
    )


PART: Final = ShownPart({CONSIGN: consigning_points}, {CONSIGN: consigning_gist})
