"""Entering records from forms: through the gate, and at once on their way to the register's keeper."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from comity.act import Session
from comity.audience import Audience
from comity.errors import InputError, MalformedError, TooLargeError, UnknownError
from comity.exchange.delivery import Delivery
from comity.exchange.receipt import Receipt
from comity.exchange.signed import parse_signed
from comity.gate import Gate
from comity.ids import BatchId, EntryId, MemberCode, RecordId
from comity.limits import BATCH_RECORDS_MAX
from comity.members.directory import Directory
from comity.office.doubles import Doubles
from comity.office.officers import Officers
from comity.office.own_list import OwnList
from comity.peer.courier import Courier
from comity.registers.entering import ENTER, Entering
from comity.registers.record import Record, end_of_day, make_record
from comity.registers.register import Register, known_by
from comity.registers.registry import get_register
from comity.rules.verdict import Verdict
from comity.store import deliveries
from comity.store.store import Store
from comity.texts import _

_NAMED_MAX: Final = 10
_FIRST_MAX: Final = 20  # records of a batch that are named after they were entered
_PROBLEMS_MAX: Final = 50  # records whose problems are named at once


class EntryForm(msgspec.Struct, frozen=True, kw_only=True):
    """What an officer fills in for one batch: ``records`` as typed, the rest for all of them."""

    register: str
    records: Sequence[Mapping[str, Any]]
    is_lawful: bool
    audience: str = "all"
    handling: str = ""
    instruction: str = ""
    expires_on: str = ""


class Entered(msgspec.Struct, frozen=True):
    """What became of a batch: ``batch`` is None when the rulebook refused; ``receipt`` is the keeper's, once there.

    ``count`` records are in it, the ``first`` of them with their numbers; of those that were taken out since nothing.
    ``notes`` are about what was just taken and may be wrong.
    """

    verdict: Verdict | None
    entry: EntryId | None
    batch: BatchId | None
    delivery: Delivery | None = None
    receipt: Receipt | None = None
    notes: tuple[str, ...] = ()
    count: int = 0
    first: tuple[tuple[RecordId, Record], ...] = ()


class Enterer:
    """Enters records on behalf of officers; a node has one, as ``Node.records``."""

    def __init__(
        self, gate: Gate[Any], officers: Officers, store: Store, courier: Courier, keeper: MemberCode,
        member: MemberCode, clock: Callable[[], datetime], directory: Callable[[], Directory],
        own: OwnList,
    ) -> None:  # fmt: skip
        self._gate = gate
        self._officers = officers
        self._store = store
        self._courier = courier
        self._keeper = keeper
        self._member = member
        self._clock = clock
        self._directory = directory
        self._own = own

    def find_doubts(self, register: Register, records: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
        """What may be wrong with records that can be entered, by their fields: and what stands there already."""
        doubles, fields = Doubles(self._own, register, self._clock), tuple(records)
        doubles.look([known_by(register, each) for each in fields])
        return (*doubles.notes(), *(doubt for each in fields for doubt in register.doubts(each)))

    def enter(self, by: Session, form: EntryForm) -> Entered:
        """Enter a batch; MalformedError names every field that is wrong, by record. Delivery is tried at once."""
        refused = self._officers.find_refusal(by, ENTER.name)
        if refused is not None:
            return Entered(refused.verdict, refused.entry, None)
        register = get_register(form.register)
        records = self._read(register, form)
        body = Entering(register.name, self._keeper, records, form.is_lawful)
        notes = self.find_doubts(register, (record.fields for record in records))
        outcome = self._gate.perform(ENTER, by, body, on=register.name)
        if outcome.release is None:
            return Entered(outcome.verdict, outcome.entry, None)
        self._courier.carry_now(outcome.release, self._keeper)
        found = self._find(outcome.release)
        return msgspec.structs.replace(found, verdict=outcome.verdict, entry=outcome.entry, notes=notes)

    def find(self, by: Session, batch: BatchId) -> Entered:
        """What became of a batch; UnknownError where this bureau entered none of that name."""
        self._officers.verify_may(by, ENTER.name, on=batch)
        return self._find(batch)

    def _find(self, batch: BatchId) -> Entered:
        held, delivery = self._store.read(
            lambda unit: (unit.find_batch(batch), unit.find_delivery(batch, self._keeper))
        )
        if held is None or held.source != self._member:
            raise UnknownError(_("This bureau has entered no such batch."), where="batch")
        receipts = self._store.read_rows(lambda connection: deliveries.list_receipts(connection, batch))
        receipt = parse_signed(receipts[-1].frame, Receipt)[1] if receipts else None
        first = self._own.read_first(batch, _FIRST_MAX)
        return Entered(None, None, batch, delivery, receipt, count=held.count, first=first)

    def _read(self, register: Register, form: EntryForm) -> tuple[Record, ...]:
        if not form.records:
            raise MalformedError(_("There is no record to enter."), where="records")
        if len(form.records) > BATCH_RECORDS_MAX:
            raise TooLargeError(
                _("By hand, at most {most} records are entered at a time.").format(most=BATCH_RECORDS_MAX),
                where="records",
            )
        audience, expires_at = parse_audience(form.audience, self._directory()), end_of_day(form.expires_on)
        records: list[Record] = []
        problems: list[tuple[int, InputError]] = []
        for number, fields in enumerate(form.records):
            try:
                records.append(
                    make_record(
                        register,
                        self._member,
                        fields,
                        audience,
                        now=self._clock(),
                        instruction=form.instruction,
                        handling=form.handling,
                        expires_at=expires_at,
                    )
                )
            except InputError as error:
                problems.append((number, error))
        if problems:
            raise _together(problems)
        return tuple(records)


def _together(problems: Sequence[tuple[int, InputError]]) -> MalformedError:
    shown = problems[:_PROBLEMS_MAX]
    text = " ".join(f"Record {number + 1}: {error.message}" for number, error in shown)
    where = ", ".join(f"records[{number}].{field}" for number, error in shown for field in error.where.split(", "))
    return MalformedError(text, where=where, next_step=_("Nothing was entered. Correct these and enter again."))


def parse_audience(text: str, directory: Directory) -> Audience:
    """The audience that an officer typed; MalformedError for codes of nobody.

    A misspelt exclusion would show the record to just the member from whom it is to be kept.
    """
    audience = Audience.parse(text)
    unknown = [code for code in audience.members if directory.find_member(code) is None]
    if unknown:
        raise MalformedError(
            _("audience: No member is called {names}.").format(names=", ".join(unknown[:_NAMED_MAX])),
            where="audience",
            next_step=_("Members are: {names}.").format(names=", ".join(sorted(directory.listings))),
        )
    return audience
