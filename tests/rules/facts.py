"""Facts that the model rulebook lets pass, one set for each kind of act; tests break them one fact at a time."""

from dataclasses import replace

from comity.rules.facts import Facts

REGISTERS = frozenset({"travel-documents", "persons", "vehicles"})
"""An act that is about all of these: every rule about one of them speaks."""

_OFFICER = Facts(kind="", actor="officer", is_proven=True, directory="fresh", standing="open")
_ASKING = replace(_OFFICER, roles=frozenset({"inspector"}), purpose="border-control", has_reference=True, count=1)
_BUREAU = Facts(
    kind="", actor="bureau", is_proven=True, directory="fresh", standing="open", purpose="border-control",
    has_reference=True, is_keeper=True, skew_s=0.0, count=1, in_audience=True, recipient_standing="open",
    source_standing="open",
)  # fmt: skip
_RECORDS = {
    "is_issuer": True, "is_source": True, "is_lawful": True, "is_complete": True, "count": 1,
    "handlings": frozenset({"official-use"}), "retention_years": 5.0, "registers": REGISTERS,
}  # fmt: skip
_MEASURE = {"roles": frozenset({"duty"}), "is_secretariat": True, "has_reason": True, "measure_days": 30.0}
_NODE = Facts(
    kind="",
    actor="node",
    is_proven=True,
    roles=frozenset({"inspector"}),
    handlings=frozenset({"official-use"}),
    source_standing="open",
)
_DESK = replace(_OFFICER, roles=frozenset({"desk"}))
_LETTER = Facts(
    kind="", actor="bureau", is_proven=True, recipient_standing="open"
)  # what is signed by a bureau, whatever its standing is by now
_PARCEL = replace(
    _LETTER, is_secretariat=True, is_addressable=True, days_left=31.0, waiting_count=9_999
)  # fmt: skip


_FORM = {"may_send_form": True, "is_well_filled": True, "answers_its_form": True}


def _of(base: Facts, **more: object) -> Facts:
    return replace(base, **more)


PASSING: dict[str, Facts] = {
    "session.open": Facts(kind="", actor="nobody", is_proven=True),
    "session.close": _of(_OFFICER, roles=frozenset({"auditor"})),
    "password.set": _of(_OFFICER, roles=frozenset({"auditor"})),
    "query.ask": _ASKING,
    "query.answer": _BUREAU,
    "answer.receive": _NODE,
    "record.read": _ASKING,
    "record.show": _BUREAU,
    "record.receive": _NODE,
    "record.enter": _of(_OFFICER, roles=frozenset({"registrar"}), **_RECORDS),
    "record.consign": _of(
        _OFFICER,
        roles=frozenset({"registrar"}),
        taken_out=2,
        taken_share=1.0,
        is_there=True,
        **(_RECORDS | {"count": 1_000_000}),
    ),
    "record.amend": _of(
        _OFFICER,
        roles=frozenset({"registrar"}),
        taken_out=2,
        taken_share=1.0,
        is_there=True,
        has_grounds=True,
        **(_RECORDS | {"count": 1_000_000}),
    ),
    "record.expire": _of(_NODE, directory="fresh", registers=REGISTERS, is_over=True),
    "record.list": _of(_OFFICER, roles=frozenset({"desk"})),
    "record.view": _of(_OFFICER, roles=frozenset({"desk"}), handlings=frozenset({"confidential"})),
    "batch.accept": _of(_BUREAU, purpose="", has_reference=False, skew_s=None, in_audience=False, **_RECORDS),
    "consignment.accept": _of(
        _BUREAU, purpose="", has_reference=False, skew_s=None, in_audience=False, count=1_000_000, waiting_count=15
    ),
    "consignment.take": _of(
        _BUREAU,
        purpose="",
        has_reference=False,
        skew_s=None,
        in_audience=False,
        is_there=True,
        **(_RECORDS | {"count": 1_000_000}),
    ),
    "message.send": _of(
        _DESK,
        count=200,
        handlings=frozenset({"confidential"}),
        is_addressable=True,
        is_known=True,
        days_left=31.0,
        recipient_standing="open",
        source_standing="open",
        **_FORM,
    ),
    "message.deliver": _of(
        _LETTER,
        directory="fresh",
        standing="open",
        is_addressee=True,
        is_readable=True,
        is_same_text=True,
        days_left=31.0,
        handlings=frozenset({"confidential"}),
        is_asked_of_source=True,
        **_FORM,
    ),
    "message.list": _DESK,
    "message.open": _of(_DESK, is_known=True, handlings=frozenset({"confidential"}), recipient_standing="open"),
    "attachment.add": _DESK,
    "attachment.read": _of(_DESK, is_known=True, handlings=frozenset({"confidential"})),
    "blob.show": _of(_LETTER, skew_s=0.0, is_addressee=True),
    "envelope.relay": _of(_PARCEL, directory="in-grace", standing="open"),
    "receipt.relay": _PARCEL,
    "receipt.take": _of(_LETTER, is_known=True),
    "delivery.expire": _NODE,
    "alert.send": _of(
        _NODE,
        is_addressable=True,
        purpose="border-control",
        recipient_standing="open",
        recipient_is_clear=True,
        statuses=frozenset({"stolen-blank"}),
    ),
    "held.list": _of(_OFFICER, roles=frozenset({"registrar"})),
    "held.show": _of(_OFFICER, roles=frozenset({"registrar"}), may_do_held=True, is_known=True),
    "held.release": _of(
        _OFFICER,
        roles=frozenset({"registrar"}),
        may_do_held=True,
        is_known=True,
        is_author=False,
        has_spoken=False,
        days_left=7.0,
    ),
    "held.refuse": _of(_OFFICER, roles=frozenset({"registrar"}), may_do_held=True, is_known=True),
    "held.end": _NODE,
    "ledger.list": _of(_OFFICER, roles=frozenset({"auditor"})),
    "ledger.show": _of(_OFFICER, roles=frozenset({"auditor"})),
    "ledger.export": _of(_OFFICER, roles=frozenset({"auditor"})),
    "ledger.trace": _of(_OFFICER, roles=frozenset({"auditor"})),
    "ledger.prove": _of(_OFFICER, roles=frozenset({"auditor"})),
    "ledger.verify": _of(_OFFICER, roles=frozenset({"auditor"})),
    "officer.list": _of(_OFFICER, roles=frozenset({"administrator"})),
    "officer.create": _of(_OFFICER, roles=frozenset({"administrator"})),
    "officer.reset": _of(_OFFICER, roles=frozenset({"administrator"})),
    "officer.disable": _of(_OFFICER, roles=frozenset({"administrator"})),
    "officer.first": _NODE,
    "standing.set": _of(_OFFICER, **_MEASURE),
    "directory.publish": _of(_OFFICER, **_MEASURE),
    "reads.state": Facts(kind="", actor="bureau", is_proven=True, is_secretariat=True),
}


def passing(kind: str, **changed: object) -> Facts:
    """Facts of an act that is allowed, but for what is ``changed``."""
    return replace(PASSING[kind], kind=kind, **changed)
