"""What a person sees of records that wait to be entered."""

from collections.abc import Iterable
from typing import Final

from comity.characters import show_line
from comity.plug import ShownPart
from comity.registers.entering import ENTER, Entering
from comity.registers.record import Record
from comity.registers.register import name_of
from comity.registers.registry import get_register
from comity.shown.points import NAMES_MAX, NameOf, PointShown, and_more, in_words
from comity.texts import _


def entering_points(body: Entering, _name: NameOf) -> Iterable[PointShown]:
    """Which records come in, and who may see them."""
    register = get_register(body.register)
    lines = [PointShown(name_of(register, each.fields), _said_by(each)) for each in body.records[:NAMES_MAX]]
    if len(body.records) > NAMES_MAX:
        lines.append(PointShown("", and_more(len(body.records))))
    return (
        PointShown(_("Register"), _(register.title)),
        PointShown(_("Source"), in_words({each.source for each in body.records})),
        PointShown(_("Coming in"), str(len(body.records))),
        PointShown(_("Who may see them"), in_words({each.audience for each in body.records})),
        PointShown(_("Confidentiality"), in_words({each.handling for each in body.records})),
        *lines,
    )


def entering_gist(body: Entering) -> str:
    """How many records come in, and the first of them by name."""
    register = get_register(body.register)
    first = ": ".join([_("Coming in"), str(len(body.records))])
    named = show_line(", ".join(name_of(register, each.fields) for each in body.records[:_NAMED]))
    return " · ".join(filter(None, (_(register.title), first, named)))


def _said_by(record: Record) -> str:
    """What a record says, its instruction first."""
    groups = (each for group in record.groups.values() for each in group)
    said = (value for values in (record.fields, *groups) for value in values.values() if value)
    return show_line(", ".join(filter(None, (record.instruction, *said))))


_NAMED: Final = 3

PART: Final = ShownPart({ENTER: entering_points}, {ENTER: entering_gist})
