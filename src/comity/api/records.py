"""Entering records of the own country, and what became of them."""

from typing import Final

from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_201_CREATED

from comity.api.files import sight_of
from comity.api.given import AtNode, BySession
from comity.api.problems import MAY_BE_HELD, SIGNED_IN, problems, refuse, speak_rules
from comity.api.wire import BatchAnswer, Counterpart, EnteredShown, EnterForm, OnRecord
from comity.api.words import DELIVERY_TITLES
from comity.audience import Audience
from comity.characters import show_line
from comity.ids import BatchId
from comity.node import Node
from comity.peer.entering import Entered, EntryForm
from comity.plug import FacePart
from comity.registers.register import name_of
from comity.registers.registry import get_register
from comity.texts import _


@post("/records", status_code=HTTP_201_CREATED, responses=problems(*MAY_BE_HELD), opt={"kind": "record.enter"},
      sync_to_thread=True)  # fmt: skip
def enter(data: JSONBody[EnterForm], node: AtNode, session: BySession) -> BatchAnswer:
    """Enter records: signed here as one batch, delivered to the register's keeper at once or as soon as it is there."""
    form = EntryForm(
        register=data.register,
        records=data.records,
        is_lawful=data.is_lawful,
        audience=data.audience,
        handling=data.handling,
        instruction=data.instruction,
        expires_on=data.expires_on,
    )
    entered = node.records.enter(session, form)
    if entered.batch is None and entered.verdict is not None:
        raise refuse(entered.verdict, entered.entry or "")
    return batch_answer(node, entered)


@get(
    "/batches/{batch:str}",
    responses=problems(*SIGNED_IN, 404),
    opt={"kind": "record.follow", "needs": ("record.enter",)},
    sync_to_thread=True,
)
def find_batch(batch: FromPath[str], node: AtNode, session: BySession) -> BatchAnswer:
    """What became of a batch that this bureau entered."""
    return batch_answer(node, node.records.find(session, BatchId(batch)))


def batch_answer(node: Node, entered: Entered) -> BatchAnswer:
    """A batch and its fate."""
    delivery, receipt = entered.delivery, entered.receipt
    state = delivery.state.value if delivery else ""
    counterpart = receipt and Counterpart(
        receipt.by, receipt.entry, receipt.at, speak_rules(node, receipt.rules), receipt.rulebook
    )
    audience = entered.first[0][1].audience if entered.first else ""
    sight = sight_of(node, Audience.parse(audience)) if audience else None
    return BatchAnswer(
        batch=entered.batch or "",
        delivery=state,
        word=_(DELIVERY_TITLES[state]) if state else _("Kept here"),
        attempts=delivery.attempts if delivery else 0,
        position=receipt.position if receipt else 0,
        receipt=counterpart or None,
        record=on_record_of_entering(node, entered, counterpart or None),
        notes=entered.notes,
        count=entered.count,
        records=tuple(
            EnteredShown(id=name, name=show_line(name_of(get_register(record.register), record.fields)))
            for name, record in entered.first
        ),
        seeing=sight.seeing if sight else (),
        not_seeing=sight.not_seeing if sight else (),
    )


def on_record_of_entering(node: Node, entered: Entered, counterpart: Counterpart | None) -> OnRecord | None:
    """What stands on the record about entering, right after it; None later, when the ledger has to be asked."""
    if entered.verdict is None:
        return None
    return OnRecord(
        entry=entered.entry or "",
        verdict=entered.verdict.outcome,
        rules=speak_rules(node, entered.verdict.rules),
        rulebook=entered.verdict.rulebook,
        counterpart=counterpart,
    )


PART: Final = FacePart((enter, find_batch))
