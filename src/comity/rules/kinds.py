"""Kinds of acts: those that the rules of several nouns speak about together, all of them, and what each can hide."""

from collections.abc import Mapping
from types import MappingProxyType

ASKED_OF_KEEPERS = ("query.answer", "record.show", "batch.accept", "consignment.accept", "consignment.take")
RELAYED = ("envelope.relay", "receipt.relay")
BETWEEN_BUREAUS = (*ASKED_OF_KEEPERS, "message.deliver", "receipt.take", "blob.show", *RELAYED)
GIVING_TO_MEMBERS = (*BETWEEN_BUREAUS, "message.send", "alert.send")
USING_A_CHANNEL = (
    "query.*",
    "record.read",
    "record.show",
    "record.enter",
    "record.consign",
    "batch.accept",
    "consignment.accept",
    "consignment.take",
    "message.send",
    "message.deliver",
    "envelope.relay",
)
"""What a measure closes, and what needs a directory that is not stale. Not receipts: they end what has begun."""

KINDS = (
    "session.open", "session.close", "password.set",
    "officer.first", "officer.list", "officer.create", "officer.reset", "officer.disable",
    "query.ask", "query.answer", "answer.receive",
    "record.read", "record.show", "record.receive", "record.enter", "record.consign",
    "batch.accept", "consignment.accept", "consignment.take",
    "message.send", "message.deliver", "message.list", "message.open", "attachment.add", "attachment.read", "blob.show",
    "envelope.relay", "receipt.relay", "receipt.take", "delivery.expire", "alert.send",
    "ledger.list", "ledger.show", "ledger.export", "ledger.trace", "ledger.prove", "ledger.verify",
    "standing.set", "directory.publish",
    "reads.state",
    "held.list", "held.show", "held.release", "held.refuse", "held.end",
)  # fmt: skip
"""Every act that a node knows. A rulebook that speaks of none of a kind would close it to everybody."""

OF_REGISTERS = (
    "query.ask", "query.answer", "record.enter", "record.consign", "record.receive", "batch.accept",
    "consignment.accept", "consignment.take", "alert.send",
)  # fmt: skip
"""Kinds whose facts say which registers they are about: a rule about one register alone can be about these only.

Not ``record.show``: a keeper that looked for the register of a record would tell one that is hidden from none.
"""

PARTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "query.answer": frozenset({"instruction"}),
        "record.receive": frozenset({"instruction"}),
        "alert.send": frozenset({"asker", "time", "place"}),
        "message.open": frozenset({"receipt"}),
    }
)
"""By kind, the parts that its handler leaves out where a mask's ``hides`` names them."""

HIDDEN_BY: Mapping[str, str] = MappingProxyType(
    {
        "query.answer": "source_is_not_suspended",
        "record.receive": "source_is_not_suspended",
        "message.open": "recipient_is_in_force",
    }
)
"""By kind, the one test for which its handler leaves out parts, where it looks at each source or sender by itself."""

HIDDEN_WHOLE: Mapping[str, frozenset[str]] = MappingProxyType(
    {"query.answer": frozenset({"in_audience"}), "record.show": frozenset({"in_audience"})}
)
"""By kind, the tests by which its handler hides the whole: masks of these tests need not say what they hide."""

HIDDEN_UNNAMED = ("alert.send",)
"""Kinds whose handler knows what to leave out where a mask says nothing, as in rulebooks of before."""
