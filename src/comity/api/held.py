"""Acts that wait for others: listed, looked at, released, refused."""

from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody, Parameter
from litestar.status_codes import HTTP_200_OK

from comity.api.act_words import act_title
from comity.api.given import AtNode, BySession
from comity.api.problems import SIGNED_IN, problems, released
from comity.api.wire import DamagedShown, damaged_shown
from comity.bounded import Line
from comity.errors import ComityError
from comity.gate import Outcome
from comity.ids import RecordId
from comity.limits import COUNT_MAX
from comity.members.held import HeldPage, HeldShown, HeldWanted
from comity.node import Node
from comity.plug import FacePart
from comity.registers.register import name_of
from comity.registers.registry import get_register
from comity.shown.held import WORDS, HeldActShown, act_shown, gist_of, held_shown
from comity.texts import _

Over = Annotated[bool, Parameter(required=False)]
Before = Annotated[int, Parameter(ge=0, le=COUNT_MAX, required=False)]


class HeldForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word on a held act: ``reason`` is for its author and for auditors. A release has one."""

    reason: Line = ""


class HeldList(msgspec.Struct, frozen=True):
    """Held acts, the newest first. ``older`` is what ``before`` takes next; ``entry`` is this reading, on record too.

    ``damaged`` says why some may be missing.
    """

    acts: tuple[HeldActShown, ...]
    older: int | None
    entry: str
    damaged: tuple[DamagedShown, ...] = ()


class Said(msgspec.Struct, frozen=True):
    """A word was said, in this entry. ``left`` is how many more releases it takes.

    ``state`` is how the act stands then, and ``word`` says it to people.
    """

    entry: str
    left: int = 0
    state: str = ""
    word: str = ""


@get("/held", responses=problems(*SIGNED_IN), opt={"kind": "held.list"}, sync_to_thread=True)
def list_held(*, node: AtNode, session: BySession, over: Over = False, before: Before = 0) -> HeldList:
    """One's own acts that are held, and those that one may release; with ``over`` those whose fate is known."""
    return list_of(node, node.held.list(session, HeldWanted(not over, before)))


@get("/held/{act:str}", responses=problems(*SIGNED_IN, 404), opt={"kind": "held.show"}, sync_to_thread=True)
def show_held(act: FromPath[str], node: AtNode, session: BySession) -> HeldActShown:
    """One of them, with all that would be done; the first digits of its name are enough."""
    return shown_of(node, node.held.show(session, act))


@post("/held/{act:str}/release", status_code=HTTP_200_OK, responses=problems(*SIGNED_IN, 404),
      opt={"kind": "held.release"}, sync_to_thread=True)  # fmt: skip
def release(act: FromPath[str], data: JSONBody[HeldForm], node: AtNode, session: BySession) -> Said:
    """Release somebody else's act; with the last word that it takes it is done, or as soon as it can be."""
    outcome = node.held.release(session, act, data.reason)
    return _said(node, act, outcome.entry, released(outcome))


@post("/held/{act:str}/refuse", status_code=HTTP_200_OK, responses=problems(*SIGNED_IN, 404),
      opt={"kind": "held.refuse"}, sync_to_thread=True)  # fmt: skip
def refuse_held(act: FromPath[str], data: JSONBody[HeldForm], node: AtNode, session: BySession) -> Said:
    """Do not release an act, or take back one's own: it is over."""
    outcome = node.held.refuse(session, act, data.reason)
    released(outcome)
    return _said(node, act, outcome.entry)


def _said(node: Node, act: str, entry: str, left: int = 0) -> Said:
    """With how the act stands that an officer has just said a word on."""
    state = node.held.state_of(act)
    return Said(entry, left, state.value, _(WORDS[state])) if state is not None else Said(entry, left)


# What pages say in the same words


def list_of(node: Node, outcome: Outcome[HeldPage]) -> HeldList:
    """What was listed, a line for each act."""
    page, actor = released(outcome), outcome.act.actor
    acts = tuple(
        held_shown(
            each, act_title(each.held.act.kind), node.held.gist(each.held, gist_of), is_own=each.held.is_author(actor)
        )
        for each in page.acts
    )
    return HeldList(acts, page.older, outcome.entry, damaged_shown(page.damaged))


def shown_of(node: Node, outcome: Outcome[HeldShown]) -> HeldActShown:
    """A held act with all that would be done."""
    found, held = released(outcome), released(outcome).held

    def name(record: RecordId) -> str:
        try:
            read = node.consignments.find_record(record)
            return name_of(get_register(read.register), read.fields)
        except ComityError:
            return record

    return act_shown(
        found, node.held.body_of(held.act), act_title(held.act.kind), name,
        is_own=held.is_author(outcome.act.actor), put_off=node.held.why_put_off(held.id),
    )  # fmt: skip


PART: Final = FacePart((list_held, show_held, release, refuse_held))
