"""What waits in the outbox, against what its body says of itself; and made anew from what lies beside it."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec
import structlog

from comity.blobs.batch_files import BatchFiles
from comity.damage import UNREADABLE, Damage, DamagedError, raise_if_of_machine
from comity.errors import UntrustedError
from comity.exchange.delivery import Delivery
from comity.exchange.envelope import parse_envelope
from comity.exchange.receipt import Receipt, receipt_name
from comity.exchange.signed import parse_signed
from comity.ids import BatchId, MemberCode
from comity.members.directory import Directory
from comity.registers.batch import KeyOf, parse_batch, verify_records
from comity.registers.consignment import Consignment, consignment_name
from comity.signer import Frame
from comity.store import consignments, deliveries
from comity.store.store import Store
from comity.texts import _

_log = structlog.get_logger(__name__)


class _Said(NamedTuple):
    """What a body says of its delivery: its name, whose it is, who signed it; to whom, where it says that."""

    name: str
    sender: MemberCode
    frame: Frame
    to: MemberCode | None


class Carried:
    """Looks at deliveries under way. A body says what it is by itself, since it is signed: columns are judged by it."""

    def __init__(
        self, store: Store, files: BatchFiles, directory: Callable[[], Directory], key_of: KeyOf, keeper: MemberCode
    ) -> None:
        self._store = store
        self._files = files
        self._directory = directory
        self._key_of = key_of
        self._keeper = keeper

    def put_right(self, delivery: Delivery) -> Delivery:
        """The delivery as it was queued; where something of it was changed, that is put right in the outbox.

        DamagedError where its body was changed and nothing lies here of which it could be made anew. UnavailableError
        before there is a directory: nothing can be judged then.
        """
        self._directory()
        right = self._read(delivery) or self._made_anew(delivery)
        if right is None:
            place = f"{delivery.id} to {delivery.recipient}"
            text = _("What waits to be sent was changed, and cannot be made anew: it has to be sent again.")
            damage = Damage("delivery", place, text)
            self._store.on_damage(damage)
            raise DamagedError(damage)
        if right != delivery:
            _log.warning("delivery.put_right", delivery=right.id, recipient=right.recipient)
            self._store.write_rows(partial(deliveries.replace, before=delivery, after=right))
        return right

    def _made_anew(self, delivery: Delivery) -> Delivery | None:
        """With a body from the batch's file, or from the consignment as it is kept."""
        try:
            found = self._store.read_rows(partial(consignments.find_consignment, name=delivery.id))
            body = found.frame if found else self._files.read_batch(BatchId(delivery.id)).encode()
        except UNREADABLE as error:
            raise_if_of_machine(error)
            return None
        anew = self._read(msgspec.structs.replace(delivery, body=body))
        return anew if anew is not None and anew.id == delivery.id else None

    def _read(self, delivery: Delivery) -> Delivery | None:
        """The delivery as its body says that it is; None where that is not what was signed."""
        kinds = sorted(_READ, key=lambda kind: kind != delivery.kind)
        for kind in kinds:
            try:
                said = _READ[kind](delivery.body)
                self._verify_signed(said)
            except UNREADABLE:
                continue
            # A receipt may be another's, which the relay passes on as its own delivery.
            sender = delivery.sender if kind == "receipt" and self._is_member(delivery.sender) else said.sender
            to = said.to or (delivery.recipient if self._is_member(delivery.recipient) else self._keeper)
            return msgspec.structs.replace(delivery, id=said.name, kind=kind, sender=sender, recipient=to)
        return None

    def _verify_signed(self, said: _Said) -> None:
        public = self._key_of(said.sender, said.frame.key_id)
        if public is None:
            raise UntrustedError(_("It is signed by a key that the directory does not know."), where=said.name)
        said.frame.verify(public)

    def _is_member(self, code: MemberCode) -> bool:
        return code in self._directory().listings


def _read_batch(body: bytes) -> _Said:
    batch = parse_batch(body)
    verify_records(batch)
    return _Said(batch.id, batch.head.source, batch.frame, None)


def _read_consignment(body: bytes) -> _Said:
    frame, consignment = parse_signed(body, Consignment)
    return _Said(consignment_name(frame), consignment.source, frame, None)


def _read_receipt(body: bytes) -> _Said:
    frame, receipt = parse_signed(body, Receipt)
    return _Said(receipt_name(frame), receipt.by, frame, receipt.to)


def _read_envelope(body: bytes) -> _Said:
    envelope = parse_envelope(body)
    envelope.verify_whole()
    if envelope.head is None:
        raise UntrustedError(_("The head cannot be read."), where=envelope.id)
    return _Said(envelope.id, envelope.head.sender, envelope.frame, envelope.to)


_READ: Final[Mapping[str, Callable[[bytes], _Said]]] = MappingProxyType(
    {"batch": _read_batch, "consignment": _read_consignment, "envelope": _read_envelope, "receipt": _read_receipt}
)
