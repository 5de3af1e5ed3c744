"""A bureau's own records: listed, looked at, and changed."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

from litestar import get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, Parameter
from litestar.status_codes import HTTP_200_OK

from comity.api.file_wire import ConsignmentShown
from comity.api.files import consignment_shown, on_record_of, sight_of
from comity.api.given import AtNode, BySession
from comity.api.own_record_wire import (
    AmendedShown,
    AmendmentAnswer,
    AmendmentDraft,
    AmendmentForm,
    DraftedShown,
    HitToldShown,
    OwnRecordList,
    OwnRecordShown,
    OwnRecordWhole,
)
from comity.api.problems import MAY_BE_HELD, SIGNED_IN, problems, refuse
from comity.api.words import value_title
from comity.audience import Audience
from comity.characters import show_line
from comity.gate import Outcome
from comity.limits import FIELD_CHARS
from comity.node import Node
from comity.office.faces import covers
from comity.office.own_history import Amended, HitTold
from comity.office.own_record import AmendForm, Draft
from comity.plug import FacePart
from comity.registers.own_record import VIEW, OwnListed, OwnPage, OwnWanted
from comity.registers.record import Record
from comity.registers.register import name_of
from comity.registers.registry import get_register
from comity.shown.own_record import STATE_TITLES, VERB_DONE
from comity.shown.wording import level_title, purpose_title
from comity.texts import _

PAGE_MAX: Final = 100

Said = Annotated[str, Parameter(max_length=FIELD_CHARS, required=False)]
Most = Annotated[int, Parameter(ge=1, le=PAGE_MAX, required=False)]
Gone = Annotated[bool, Parameter(required=False)]
Order = Annotated[Literal["newest", "ends-first"], Parameter(required=False)]


def own_wanted(
    register: Annotated[str, Parameter(max_length=FIELD_CHARS)],
    search: Said = "",
    status: Said = "",
    file: Said = "",
    ends_from: Said = "",
    ends_by: Said = "",
    order: Order = "newest",
    after: Said = "",
    most: Most = 50,
    *,
    gone: Gone = False,
) -> OwnWanted:
    """Which own records: found by ``search``, a number or a name; of a ``status``, a word of the register's.

    By the ``file`` that they came in, a consignment; by the days between which they end. ``gone``: those that were
    taken out instead. UnknownError for a register that there is not.
    """
    return OwnWanted(
        register=get_register(register).name, search=search, status=status, file=file, ends_from=ends_from,
        ends_by=ends_by, order=order, gone=gone, after=after, most=most,
    )  # fmt: skip


@get("/records", responses=problems(*SIGNED_IN), opt={"kind": "record.list"}, sync_to_thread=True,
     dependencies={"wanted": Provide(own_wanted, sync_to_thread=False)})  # fmt: skip
def list_records(node: AtNode, session: BySession, wanted: NamedDependency[OwnWanted]) -> OwnRecordList:
    """What this bureau has entered in a register, the newest first or those that end first."""
    return page_shown(node, node.own_records.list(session, wanted))


@get("/records/{record:str}", responses=problems(*SIGNED_IN, 404), opt={"kind": "record.view"}, sync_to_thread=True)
def show_record(record: FromPath[str], node: AtNode, session: BySession) -> OwnRecordWhole:
    """The whole of an own record, who can see it, what was done to it and why, and the hits that were told of."""
    return whole_shown(node, node.own_records.view(session, record))


@post("/records/draft", status_code=HTTP_200_OK, responses=problems(*SIGNED_IN, 404),
      opt={"kind": "record.draft", "needs": ("record.amend",)}, sync_to_thread=True)  # fmt: skip
def draft(data: JSONBody[AmendmentForm], node: AtNode, session: BySession) -> AmendmentDraft:
    """What a change would do, and who would see it. Nothing is done."""
    return draft_shown(node, node.own_records.draft(session, _form(data)))


@post("/records/amend", status_code=HTTP_200_OK, responses=problems(*MAY_BE_HELD, 404),
      opt={"kind": "record.amend"}, sync_to_thread=True)  # fmt: skip
def amend(data: JSONBody[AmendmentForm], node: AtNode, session: BySession) -> AmendmentAnswer:
    """Take own records out, correct, restrict or prolong them: in force as soon as the keeper has them.

    404 for a record that this bureau never entered, or that is no longer there.
    """
    outcome = node.own_records.amend(session, _form(data))
    if outcome.release is None:
        raise refuse(outcome.verdict, outcome.entry, outcome.held)
    return amendment_shown(node, outcome)


@get("/records/changes/{consignment:str}", responses=problems(*SIGNED_IN, 404),
     opt={"kind": "record.follow", "needs": ("record.amend",)}, sync_to_thread=True)  # fmt: skip
def follow(consignment: FromPath[str], node: AtNode, session: BySession) -> ConsignmentShown:
    """What became of a change: from ``entered`` on it is in force at the keeper."""
    node.officers.verify_may(session, "record.amend", on=consignment)
    return consignment_shown(node, node.consignments.find(consignment))


def _form(data: AmendmentForm) -> AmendForm:
    return AmendForm(
        records=data.records, verb=data.verb, fields=data.fields, audience=data.audience, handling=data.handling,
        instruction=data.instruction, expires_on=data.expires_on, why=data.why, is_lawful=data.is_lawful,
    )  # fmt: skip


# What pages say in the same words


def page_shown(node: Node, listed: Outcome[OwnPage]) -> OwnRecordList:
    """A page of own records, as far as the reader's roles cover each."""
    page, roles = released_page(listed), frozenset(listed.act.actor.roles)
    soon = node.own_records.ending_soon(get_register(listed.act.body.register))
    return OwnRecordList(
        records=tuple(record_shown(node, each, roles) for each in page.records),
        total=page.total,
        next=page.next,
        lacks=page.lacks,
        entry=listed.entry,
        ending=soon.total,
        ending_by=soon.by,
    )


def released_page(listed: Outcome[OwnPage]) -> OwnPage:
    """What was listed; RefusedError where the rulebook refused it."""
    if listed.release is None:
        raise refuse(listed.verdict, listed.entry)
    return listed.release


def whole_shown(node: Node, viewed: Outcome[OwnListed]) -> OwnRecordWhole:
    """An own record with all that is known of it."""
    if viewed.release is None:
        raise refuse(viewed.verdict, viewed.entry)
    found, history = viewed.release, node.own_records.history(viewed)
    record = found.record
    return OwnRecordWhole(
        shown=record_shown(node, found, frozenset(viewed.act.actor.roles)),
        fields=_lines(_in_order(record)) if record else {},
        groups={name: [_lines(each) for each in entries] for name, entries in record.groups.items()} if record else {},
        sight=sight_of(node, Audience.parse(record.audience)) if record else None,
        amended=tuple(map(_amended, history.amended)),
        hits=tuple(_hit(node, each) for each in history.hits),
        has_more=history.has_more,
        record=on_record_of(node, viewed),
    )


def record_shown(node: Node, listed: OwnListed, roles: frozenset[str]) -> OwnRecordShown:
    """One own record in a list."""
    state = _state_of(node, listed)
    record = listed.record
    if record is None:
        word = listed.damage or _(STATE_TITLES[state])
        return OwnRecordShown(id=listed.id, register=listed.register, state=state, word=word, gone_at=listed.gone_at)
    is_covered = covers(node.knowledge.rulebook(), roles, VIEW.name, record.handling)
    return _shown(node, listed.id, record, state, is_covered=is_covered)


def _shown(node: Node, name: str, record: Record, state: str, *, is_covered: bool = True) -> OwnRecordShown:
    register = get_register(record.register)
    status = register.status_of(record.fields)
    return OwnRecordShown(
        id=name,
        register=record.register,
        state=state,
        word=_(STATE_TITLES[state]),
        name=show_line(name_of(register, record.fields)) if is_covered else "",
        status=value_title(record.register, register.status_field, status) if status and is_covered else "",
        instruction=record.instruction,
        handling=record.handling,
        handling_title=level_title(node.knowledge.rulebook().wording, record.handling),
        audience=record.audience,
        entered_at=record.entered_at,
        expires_at=record.expires_at,
    )


def draft_shown(node: Node, draft: Draft) -> AmendmentDraft:
    """What a change will do, record by record."""
    comes = [each.after for each in draft.records if each.after is not None]
    return AmendmentDraft(
        register=draft.register.name,
        records=tuple(
            DraftedShown(
                before=_shown(node, each.id, each.before, "in-force"),
                after=_shown(node, "", each.after, "in-force") if each.after else None,
                losing=_less(sight_in(node, each.before), sight_in(node, each.after)),
                gaining=_less(sight_in(node, each.after), sight_in(node, each.before)),
            )
            for each in draft.records
        ),
        sight=sight_of(node, Audience.parse(comes[0].audience)) if comes else None,
    )


def sight_in(node: Node, record: Record | None) -> tuple[str, ...]:
    """Who sees a record, among the members that there are; nobody where there is none."""
    return sight_of(node, Audience.parse(record.audience)).seeing if record is not None else ()


def amendment_shown(node: Node, outcome: Outcome[str]) -> AmendmentAnswer:
    """What a change came to so far."""
    return AmendmentAnswer(
        consignment=consignment_shown(node, node.consignments.find(outcome.given)),
        record=on_record_of(node, outcome),
    )


def _state_of(node: Node, listed: OwnListed) -> str:
    if listed.gone_at is not None:
        return "taken-out"
    if listed.record is None:
        return "damaged"
    return "expired" if listed.record.is_expired(node.now()) else "in-force"


def _amended(done: Amended) -> AmendedShown:
    word = VERB_DONE.get(done.verb)
    return AmendedShown(
        entry=done.entry,
        at=done.at,
        officer=done.officer,
        verb=done.verb,
        word=_(word) if word else done.verb,
        why=show_line(done.why),
        before=done.before,
        after=done.after,
    )


def _hit(node: Node, told: HitTold) -> HitToldShown:
    hit = told.hit
    return HitToldShown(
        message=told.message,
        told_at=told.told_at,
        asker=hit.asker if hit else "",
        purpose=hit.purpose if hit else "",
        purpose_title=purpose_title(node.knowledge.rulebook().wording, hit.purpose) if hit else "",
        at=hit.at if hit else None,
        post=show_line(hit.post) if hit else "",
    )


def _in_order(record: Record) -> dict[str, str]:
    """A record's fields in the order in which its register has them: kept they are sorted by name."""
    fields = get_register(record.register).fields
    return {field.name: record.fields[field.name] for field in fields if field.name in record.fields}


def _lines(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: show_line(text) for name, text in fields.items()}


def _less(these: Iterable[str], those: Iterable[str]) -> tuple[str, ...]:
    left = set(those)
    return tuple(code for code in these if code not in left)


PART: Final = FacePart((list_records, show_record, draft, amend, follow))
