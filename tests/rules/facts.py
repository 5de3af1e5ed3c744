"""Facts that the model rulebook lets pass, one set for each kind of act; tests break them one fact at a time."""

import msgspec

from comity.rules.facts import Facts

_OFFICER = Facts(kind="", actor="officer", is_proven=True, directory="fresh", standing="open")
_ASKING = msgspec.structs.replace(
    _OFFICER, roles=frozenset({"inspector"}), purpose="border-control", has_reference=True, count=1
)
_BUREAU = Facts(
    kind="", actor="bureau", is_proven=True, directory="fresh", standing="open", purpose="border-control",
    has_reference=True, is_keeper=True, skew_s=0.0, count=1, in_audience=True,
)  # fmt: skip
_RECORDS = {
    "is_issuer": True, "is_source": True, "is_lawful": True, "is_complete": True, "count": 1,
    "handling": "official-use", "retention_years": 10.0,
}  # fmt: skip
_MEASURE = {"roles": frozenset({"duty"}), "is_secretariat": True, "has_reason": True, "measure_days": 30.0}
_NODE = Facts(kind="", actor="node", is_proven=True, roles=frozenset({"inspector"}), handling="official-use")


def _of(base: Facts, **more: object) -> Facts:
    return msgspec.structs.replace(base, **more)


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
    "batch.accept": _of(_BUREAU, purpose="", has_reference=False, skew_s=None, in_audience=False, **_RECORDS),
    "batch.receipt": _NODE,
    "ledger.list": _of(_OFFICER, roles=frozenset({"auditor"})),
    "ledger.show": _of(_OFFICER, roles=frozenset({"auditor"})),
    "ledger.verify": _of(_OFFICER, roles=frozenset({"auditor"})),
    "officer.list": _of(_OFFICER, roles=frozenset({"administrator"})),
    "officer.create": _of(_OFFICER, roles=frozenset({"administrator"})),
    "officer.reset": _of(_OFFICER, roles=frozenset({"administrator"})),
    "officer.disable": _of(_OFFICER, roles=frozenset({"administrator"})),
    "officer.first": _NODE,
    "standing.set": _of(_OFFICER, **_MEASURE),
    "directory.publish": _of(_OFFICER, **_MEASURE),
}


def passing(kind: str, **changed: object) -> Facts:
    """Facts of an act that is allowed, but for what is ``changed``."""
    return msgspec.structs.replace(PASSING[kind], kind=kind, **changed)
