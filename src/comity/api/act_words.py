"""What acts are called where a person reads them, beside the names that the ledger has."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.texts import N_, _

ACT_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alert.send": N_("Source told of a hit"),
        "answer.receive": N_("Answer received"),
        "attachment.add": N_("Attachment added"),
        "attachment.read": N_("Attachment read"),
        "batch.accept": N_("Records accepted"),
        "blob.show": N_("Attachment or file handed on"),
        "consignment.accept": N_("File of records announced"),
        "consignment.take": N_("File of records accepted"),
        "delivery.expire": N_("Delivery given up"),
        "directory.publish": N_("Directory published"),
        "envelope.relay": N_("Message carried on"),
        "ledger.export": N_("Ledger exported"),
        "ledger.list": N_("Ledger searched"),
        "ledger.prove": N_("Ledger's growth proved"),
        "ledger.show": N_("Entry read"),
        "ledger.trace": N_("Record traced"),
        "ledger.verify": N_("Ledger verified"),
        "message.deliver": N_("Message arrived"),
        "message.list": N_("Messages listed"),
        "message.open": N_("Message opened"),
        "message.send": N_("Message sent"),
        "officer.create": N_("Officer created"),
        "officer.disable": N_("Officer disabled"),
        "officer.first": N_("Officer made at the folder"),
        "officer.list": N_("Officers listed"),
        "officer.reset": N_("Password reset"),
        "password.set": N_("Password chosen"),
        "query.answer": N_("Question answered"),
        "query.ask": N_("Question asked"),
        "receipt.relay": N_("Receipt carried on"),
        "receipt.take": N_("Receipt taken"),
        "record.consign": N_("File of records entered"),
        "record.enter": N_("Records entered"),
        "record.read": N_("Record asked for"),
        "record.receive": N_("Record received"),
        "record.show": N_("Record shown"),
        "session.close": N_("Signed out"),
        "session.open": N_("Signed in"),
        "standing.set": N_("Measure set"),
    }
)
"""Every act that a node knows, by its name."""

VERDICTS: Final = ("allowed", "refused", "masked", "held")


def act_title(kind: str) -> str:
    """An act in the reader's language; a name that is not known stays as it is."""
    title = ACT_TITLES.get(kind)
    return _(title) if title else kind
