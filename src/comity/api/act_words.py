"""What acts are called where a person reads them, beside the names that the ledger has."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.texts import N_, _

ACT_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alert.send": N_("Telling a source of a hit"),
        "answer.receive": N_("Receiving an answer"),
        "attachment.add": N_("Adding an attachment"),
        "attachment.read": N_("Reading an attachment"),
        "batch.accept": N_("Taking records in"),
        "blob.show": N_("Handing an attachment or file on"),
        "consignment.accept": N_("Hearing of a file of records"),
        "consignment.take": N_("Taking a file of records in"),
        "delivery.expire": N_("Giving a delivery up"),
        "directory.publish": N_("Publishing the directory"),
        "envelope.relay": N_("Carrying a message on"),
        "held.end": N_("Ending a held act"),
        "held.list": N_("Listing held acts"),
        "held.refuse": N_("Refusing a held act"),
        "held.release": N_("Releasing a held act"),
        "held.show": N_("Looking at a held act"),
        "ledger.export": N_("Exporting from the ledger"),
        "ledger.list": N_("Searching the ledger"),
        "ledger.prove": N_("Proving the ledger's growth"),
        "ledger.show": N_("Reading an entry"),
        "ledger.trace": N_("Tracing a record"),
        "ledger.verify": N_("Verifying the ledger"),
        "message.deliver": N_("Taking a message in"),
        "message.list": N_("Listing messages"),
        "message.open": N_("Opening a message"),
        "message.send": N_("Sending a message"),
        "officer.create": N_("Creating an officer"),
        "officer.disable": N_("Disabling an officer"),
        "officer.first": N_("Giving a password at the folder"),
        "officer.list": N_("Listing officers"),
        "officer.reset": N_("Resetting a password"),
        "password.set": N_("Choosing a password"),
        "query.answer": N_("Answering a question"),
        "query.ask": N_("Asking a question"),
        "reads.state": N_("Publishing what a node reads"),
        "receipt.relay": N_("Carrying a receipt on"),
        "receipt.take": N_("Taking a receipt in"),
        "record.consign": N_("Entering a file of records"),
        "record.enter": N_("Entering records"),
        "record.read": N_("Asking for a record"),
        "record.receive": N_("Receiving a record"),
        "record.show": N_("Showing a record"),
        "session.close": N_("Signing out"),
        "session.open": N_("Signing in"),
        "standing.set": N_("Setting a measure"),
    }
)
"""Every act that a node knows, by its name: what was attempted, since the verdict stands beside it."""

_OWN_TITLES: Final[Mapping[str, str]] = MappingProxyType({"period.opened": N_("Beginning of the ledger's period")})
"""Entries that are no act's, by their kind."""

VERDICTS: Final = ("allowed", "refused", "masked", "held")


def act_title(kind: str) -> str:
    """An act in the reader's language; a name that is not known stays as it is."""
    title = ACT_TITLES.get(kind) or _OWN_TITLES.get(kind)
    return _(title) if title else kind
