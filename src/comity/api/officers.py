"""The bureau's officers: listed, created, given a new one-time password, disabled."""

from typing import Final

from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from comity.api.given import AtNode, BySession
from comity.api.problems import MAY_BE_HELD, SIGNED_IN, problems, released
from comity.api.wire import Done, OfficerForm, OfficerShown, OneTime
from comity.errors import MalformedError, UnknownError
from comity.gate import Outcome
from comity.members.officer import Officer
from comity.plug import FacePart
from comity.texts import _


@get("/officers", responses=problems(*SIGNED_IN), opt={"kind": "officer.list"}, sync_to_thread=True)
def list_officers(node: AtNode, session: BySession) -> list[OfficerShown]:
    """Everybody who may sign in here, and who no longer may."""
    return [officer_shown(officer) for officer in released(node.officers.list(session))]


@post("/officers", status_code=HTTP_201_CREATED, responses=problems(*MAY_BE_HELD), opt={"kind": "officer.create"},
      sync_to_thread=True)  # fmt: skip
def create_officer(data: JSONBody[OfficerForm], node: AtNode, session: BySession) -> OneTime:
    """Create an officer. The one-time password is in this answer and nowhere else."""
    outcome, password = node.officers.create(session, data.name, data.title, tuple(data.roles))
    return OneTime(data.name, password, created(outcome))


@post("/officers/{name:str}/reset", status_code=HTTP_200_OK, responses=problems(*MAY_BE_HELD, 404),
      opt={"kind": "officer.reset"}, sync_to_thread=True)  # fmt: skip
def reset_officer(name: FromPath[str], node: AtNode, session: BySession) -> OneTime:
    """Give an officer a new one-time password; the one before is worth nothing from here on."""
    outcome, password = node.officers.reset(session, name)
    return OneTime(name, password, changed(outcome))


@post("/officers/{name:str}/disable", status_code=HTTP_200_OK, responses=problems(*MAY_BE_HELD, 404),
      opt={"kind": "officer.disable"}, sync_to_thread=True)  # fmt: skip
def disable_officer(name: FromPath[str], node: AtNode, session: BySession) -> Done:
    """End an officer's sessions now; no new one begins."""
    return Done(changed(node.officers.disable(session, name)))


def created(outcome: Outcome[bool]) -> str:
    """The entry of a creation; RefusedError, or MalformedError where the name was ever used."""
    if not released(outcome):
        raise MalformedError(
            _("This name was used before; names are never used again."),
            where="name",
            next_step=_("Choose another name."),
        )
    return outcome.entry


def changed(outcome: Outcome[bool]) -> str:
    """The entry of a change; RefusedError, or UnknownError where there is no such officer."""
    if not released(outcome):
        raise UnknownError(_("There is no officer of this name."), where="name")
    return outcome.entry


def officer_shown(officer: Officer) -> OfficerShown:
    """An officer as administrators see one: never a hash."""
    return OfficerShown(
        officer.name, officer.title, officer.roles, officer.is_one_time, officer.disabled_at, officer.damage
    )


PART: Final = FacePart((list_officers, create_officer, reset_officer, disable_officer))
