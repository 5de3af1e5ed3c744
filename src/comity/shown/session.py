"""What a person sees of acts on officers and their passwords that wait: never a password, nor a session."""

from typing import Final

from comity.members.session import CREATE, DISABLE, RESET, SET_PASSWORD
from comity.plug import ShownPart
from comity.shown.points import FieldPoints
from comity.texts import N_

_OFFICER: Final = N_("Officer")

PART: Final = ShownPart(
    {
        CREATE: FieldPoints({"name": _OFFICER, "title": N_("Name"), "roles": N_("Roles")}),
        RESET: FieldPoints({"name": _OFFICER}),
        DISABLE: FieldPoints({"": _OFFICER}),
        SET_PASSWORD: FieldPoints({"name": _OFFICER}),
    }
)
