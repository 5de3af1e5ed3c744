"""What this bureau has entered: listed by page, found by what it says, and read one by one."""

import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from comity.blobs.batch_files import BatchFiles
from comity.damage import text_of
from comity.errors import ComityError, MalformedError, UnknownError
from comity.exchange.signed import parse_signed
from comity.ids import BatchId, MemberCode, RecordId, RegisterName, parse_record_id, record_id
from comity.registers.about import keys_about
from comity.registers.catalogue import CatalogueView
from comity.registers.consignment import Consignment
from comity.registers.own_record import OwnListed, OwnPage, OwnWanted
from comity.registers.record import Record, end_of_day, parse_record, read_written
from comity.registers.register import Register, name_of
from comity.registers.registry import get_register
from comity.store import batches, consignments
from comity.store import own_record as rows
from comity.store.own_record import Place, Sought
from comity.store.store import Store
from comity.texts import _

PAGE_MAX: Final = 100
COUNTED_MAX: Final = 10_000
SAME_MAX: Final = 1_000  # of what stands there more than once
_ENDS: Final = struct.Struct(">d")


class OwnList:
    """What is read of own records; what they say is read from their files, and checked against their hashes."""

    def __init__(self, store: Store, files: BatchFiles, member: MemberCode) -> None:
        self._store = store
        self._files = files
        self._member = member

    def list(self, wanted: OwnWanted) -> OwnPage:
        """A page; InputError where something that is wanted cannot be."""
        register = get_register(wanted.register)
        most = max(1, min(wanted.most, PAGE_MAX))
        if wanted.gone:
            return self._list_gone(register, wanted, most)
        sought = self._sought(register, wanted)
        found, total = self._store.read_rows(
            lambda connection: (
                rows.list_records(
                    connection, sought, after=_parse_place(wanted.after), most=most + 1,
                    by_end=wanted.order == "ends-first",
                ),
                rows.count_records(connection, sought, COUNTED_MAX),
            )
        )  # fmt: skip
        listed = tuple(self._read(each.record, each.register) for each in found[:most])
        after = _write_place(found[most - 1].at) if len(found) > most else ""
        return OwnPage(listed, total, after, self._lacks(register))

    def find(self, name: RecordId, unit: CatalogueView) -> OwnListed:
        """One own record; UnknownError where this bureau never entered it."""
        batch, place = parse_record_id(name)
        held, gone_at = unit.find_batch(batch), unit.find_gone_at(name)
        if held is None or held.source != self._member or place >= held.count:
            raise UnknownError(
                _("This bureau has entered no such record, or its keeper has not taken it in yet."),
                where="record",
                next_step=_("Look for it among your records by what it says."),
            )
        if gone_at is not None:
            return OwnListed(id=name, register=held.register, record=None, gone_at=gone_at)
        return self._read(name, held.register)

    def find_same(self, register: Register, known: Sequence[bytes], now: datetime) -> tuple[RecordId, ...]:
        """Own records in force that are known by one of these."""
        sought = Sought(register.name, ends_after=now, known_by=tuple(known))
        found = self._store.read_rows(
            lambda connection: rows.list_records(connection, sought, after=None, most=len(known) + SAME_MAX)
        )
        return tuple(each.record for each in found)

    def name_of(self, record: RecordId) -> str:
        """What people call a record; empty where it cannot be read."""
        listed = self._read(record, RegisterName(""))
        return name_of(get_register(listed.record.register), listed.record.fields) if listed.record else ""

    def count_ending(self, register: Register, now: datetime, by: datetime) -> int:
        """How many own records in force are over by then, counted up to a bound."""
        sought = Sought(register.name, ends_after=now, ends_by=by)
        return self._store.read_rows(lambda connection: rows.count_records(connection, sought, COUNTED_MAX))

    def read_first(self, batch: BatchId, most: int) -> tuple[tuple[RecordId, Record], ...]:
        """The first records of a batch, with their numbers, as far as they are there and can be read."""
        try:
            read = self._files.read_records(batch, 0, most)
        except ComityError:  # the caretaker names what is damaged
            return ()
        return tuple(
            (record_id(batch, place), read_written(each.data)) for place, each in enumerate(read) if each is not None
        )

    def _list_gone(self, register: Register, wanted: OwnWanted, most: int) -> OwnPage:
        after = int(wanted.after) if wanted.after.isascii() and wanted.after.isdecimal() else 0
        found = self._store.read_rows(
            lambda connection: rows.list_gone(connection, register.name, self._member, after=after, most=most + 1)
        )
        listed = tuple(
            OwnListed(id=name, register=register.name, record=None, gone_at=at) for _row, name, at in found[:most]
        )
        return OwnPage(listed, len(listed), str(found[most - 1][0]) if len(found) > most else "", "")

    def _sought(self, register: Register, wanted: OwnWanted) -> Sought:
        first, last = _day(wanted.ends_from, "ends_from"), _day(wanted.ends_by, "ends_by")
        return Sought(
            register.name,
            status=_parse_status(register, wanted.status) if wanted.status else None,
            ends_after=first and first - timedelta(days=1),
            ends_by=last,
            keys=_keys_of(wanted) if wanted.search.strip() else None,
            batches=self._batches_of(wanted.file) if wanted.file else None,
        )

    def _batches_of(self, file: str) -> tuple[BatchId, ...]:
        kept = self._store.read_rows(lambda connection: consignments.find_consignment(connection, file))
        if kept is None or kept.source != self._member:
            raise UnknownError(_("This bureau has entered no such file."), where="file")
        return tuple(BatchId(lot.batch) for lot in parse_signed(kept.frame, Consignment)[1].lots)

    def _lacks(self, register: Register) -> str:
        """Why records may be missing from the list; empty where none is."""
        name = register.name
        listed, last = self._store.read_rows(
            lambda connection: (rows.listed_through(connection, name), batches.position(connection, name))
        )
        return _("What was entered last is not listed yet; it will be in a moment.") if listed < last else ""

    def _read(self, name: RecordId, register: RegisterName) -> OwnListed:
        try:
            record = parse_record(self._files.read_record(*parse_record_id(name)).data)
        except ComityError as error:
            return OwnListed(id=name, register=register, record=None, damage=text_of(error))
        return OwnListed(id=name, register=register, record=record)


def _keys_of(wanted: OwnWanted) -> tuple[bytes, ...]:
    """What is found by a text: by itself, or with a country of this bureau's behind it."""
    texts = (wanted.search, *(f"{wanted.search} {country}" for country in wanted.countries))
    return tuple(dict.fromkeys(key for text in texts for key in keys_about(text)))


def _day(text: str, where: str) -> datetime | None:
    """When a day that is wanted is over; MalformedError under its name."""
    try:
        return end_of_day(text)
    except MalformedError as error:
        raise MalformedError(error.message, where=where) from error


def _parse_status(register: Register, text: str) -> str:
    field = register.find_field(register.status_field)
    choices = tuple(field.choices) if field is not None else ()
    if text not in choices:
        raise MalformedError(
            _("status: It is one of {names}.").format(names=", ".join(choices) or _("none")), where="status"
        )
    return text


def _parse_place(text: str) -> Place | None:
    """Where a page ended; MalformedError for what no page has said."""
    if not text:
        return None
    try:
        batch, place, ends_at = text.split(".", 2)
        return Place(int(batch), int(place), _ENDS.unpack(bytes.fromhex(ends_at))[0])
    except (ValueError, struct.error) as error:
        raise MalformedError(_("after: It is what the page before gave as next."), where="after") from error


def _write_place(place: Place) -> str:
    return f"{place.batch}.{place.place}.{_ENDS.pack(place.ends_at).hex()}"
