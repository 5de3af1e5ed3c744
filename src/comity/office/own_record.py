"""Own records, on behalf of officers: listed, looked at, and changed by their source, in force at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from comity.act import Session
from comity.audience import Audience
from comity.characters import normalise_text, show_line
from comity.errors import CorruptError, MalformedError, TooLargeError, UnavailableError, UnknownError
from comity.gate import Gate, Outcome
from comity.ids import MemberCode, RecordId, is_record
from comity.limits import OWN_AMENDED_MAX
from comity.members.directory import Directory
from comity.office.officers import Officers
from comity.office.own_history import Histories, History
from comity.office.own_list import OwnList
from comity.peer.comparing import sight_of
from comity.peer.consigning import Change, Consigner, Said
from comity.peer.entering import parse_audience
from comity.registers.consignment import going_out
from comity.registers.own_record import AMEND, LIST, VIEW, AmendVerb, OwnListed, OwnPage, OwnWanted, ViewWanted
from comity.registers.record import Record, end_of_day, make_record, parse_record
from comity.registers.register import Register, latest_expiry, name_of
from comity.registers.registry import get_register
from comity.store.store import Store
from comity.texts import _

REVIEW_DAYS: Final = 183
"""How long before its end a record's source is asked whether it is still needed: six months (RPD 50)."""


class AmendForm(msgspec.Struct, frozen=True, kw_only=True):
    """What an officer wants done to own records, and why.

    ``fields`` are those of a corrected record, all of them. What is empty stays as it is.
    """

    records: Sequence[str]
    verb: AmendVerb
    fields: Mapping[str, Any] = {}
    audience: str = ""
    handling: str = ""
    instruction: str = ""
    expires_on: str = ""
    why: str = ""
    is_lawful: bool = False


class Drafted(NamedTuple):
    """One record as it is and as it will be; ``after`` is None where it goes."""

    id: RecordId
    before: Record
    after: Record | None


class Draft(NamedTuple):
    """What a change would do, before it is done."""

    register: Register
    verb: AmendVerb
    records: tuple[Drafted, ...]


class Soon(NamedTuple):
    """How many own records are over soon, and by which day."""

    total: int
    by: str


class OwnRecords:
    """A node has one, as ``Node.own_records``."""

    def __init__(
        self,
        gate: Gate[Any],
        officers: Officers,
        store: Store,
        own: OwnList,
        histories: Histories,
        consigner: Consigner,
        member: MemberCode,
        directory: Callable[[], Directory],
        clock: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._officers = officers
        self._store = store
        self._own = own
        self._histories = histories
        self._consigner = consigner
        self._member = member
        self._directory = directory
        self._clock = clock

    def list(self, by: Session, wanted: OwnWanted) -> Outcome[OwnPage]:
        """List what this bureau has entered; InputError where something that is wanted cannot be."""
        listing = self._directory().find_member(self._member)
        countries = listing.member.countries if listing else ()
        wanted = msgspec.structs.replace(wanted, countries=tuple(countries))
        return self._gate.perform(LIST, by, wanted, on=wanted.register)

    def history(self, viewed: Outcome[OwnListed]) -> History:
        """What became of a record that was looked at, as far as its reader's roles cover it."""
        return self._histories.find(viewed.given.id, frozenset(viewed.act.actor.roles))

    def view(self, by: Session, name: str) -> Outcome[OwnListed]:
        """The whole of one own record; UnknownError where this bureau never entered it."""
        if not is_record(name):
            raise _no_such_record(name)
        return self._gate.perform(VIEW, by, ViewWanted(RecordId(name)), on=name)

    def ending_soon(self, register: Register) -> Soon:
        """How many records of a register are over within six months: whether they are still needed is to be seen."""
        now = self._clock()
        by = now + timedelta(days=REVIEW_DAYS)
        return Soon(self._own.count_ending(register, now, by), f"{by:%Y-%m-%d}")

    def draft(self, by: Session, form: AmendForm) -> Draft:
        """What a change would do; InputError names what cannot be. Nothing is done, and this is no act."""
        self._officers.verify_may(by, AMEND.name)
        return self._draft(form)

    def amend(self, by: Session, form: AmendForm) -> Outcome[str]:
        """Change own records, all of them or none; release is the name of what goes to the keeper."""
        refused = self._officers.find_refusal(by, AMEND.name)
        if refused is not None:
            return refused
        why = normalise_text(form.why)
        draft = self._draft(form)
        register, coming = draft.register, [each.after for each in draft.records if each.after is not None]
        packed = self._consigner.pack(register, (record.encode() for record in coming))
        change = Change(
            register, packed, tuple(each.id for each in draft.records),
            # Who takes out or hides gives nobody's data away: that needs no law's leave.
            is_lawful=form.is_lawful or form.verb in ("take-out", "restrict"),
            replaced=sum(not _hides(register, each) for each in draft.records),
        )  # fmt: skip
        found_by = dict.fromkeys(key.hex() for each in draft.records for key in each.before.keys)
        names = tuple(name_of(register, each.before.fields) for each in draft.records)
        outcome = self._consigner.amend(by, change, Said(form.verb, why, names, tuple(found_by)))
        if not outcome.verdict.is_allowed and outcome.verdict.hold is None:
            self._consigner.discard(packed)
        return outcome

    def _draft(self, form: AmendForm) -> Draft:
        names = tuple(dict.fromkeys(form.records))
        if not names:
            raise MalformedError(_("Which records?"), where="records", next_step=_("Choose one or more."))
        if len(names) > OWN_AMENDED_MAX:
            raise TooLargeError(
                _("At most {most} records are changed at a time.").format(most=OWN_AMENDED_MAX), where="records",
                next_step=_("Send a whole list as a file for more."),
            )  # fmt: skip
        if form.verb == "correct" and len(names) > 1:
            raise MalformedError(_("One record is corrected at a time."), where="records")
        held = [self._held(name) for name in names]
        if len({record.register for _name, record in held}) > 1:
            raise MalformedError(_("Records of one register are changed at a time."), where="records")
        register = get_register(held[0][1].register)
        leaving = going_out(self._consigner.list_underway(register))
        if not leaving.isdisjoint(name for name, _record in held):
            raise UnavailableError(
                _("Another change of it is on its way to the register's keeper."), where="records",
                next_step=_("Wait until it is there, then look at it again."),
            )  # fmt: skip
        records = (Drafted(name, record, self._after(register, record, form)) for name, record in held)
        return Draft(register, form.verb, tuple(records))

    def _held(self, name: str) -> tuple[RecordId, Record]:
        """An own record that is there; UnknownError for any other, with what became of it."""
        if not is_record(name):
            raise _no_such_record(name)
        found = self._store.read(lambda unit: self._own.find(RecordId(name), unit))
        if found.gone_at is not None:
            raise UnknownError(
                _("This record is no longer there: it went out on {time}.").format(
                    time=f"{found.gone_at:%Y-%m-%d %H:%M} UTC"
                ),
                where="records",
                next_step=_("Look it up among your records: another may have come in its place."),
            )
        if found.record is None:
            raise CorruptError(found.damage, where=name)
        return found.id, found.record

    def _after(self, register: Register, record: Record, form: AmendForm) -> Record | None:
        """The record that comes in another's place; None where none does. InputError names what cannot be."""
        if form.verb == "take-out":
            return None
        now = self._clock()
        if form.verb == "correct":
            return make_record(
                register, self._member, form.fields, Audience.parse(record.audience), now=now,
                instruction=form.instruction or record.instruction, handling=form.handling or record.handling,
                expires_at=min(record.expires_at, latest_expiry(register, now)),
            )  # fmt: skip
        if form.verb == "restrict":
            audience = parse_audience(_needed(form.audience, "audience"), self._directory())
            changed = msgspec.structs.replace(record, audience=str(audience))
        else:
            changed = msgspec.structs.replace(record, expires_at=_longer(register, record, form.expires_on, now))
        expires_at = min(changed.expires_at, latest_expiry(register, now))
        fresh = msgspec.structs.replace(changed, entered_at=now.astimezone(UTC), expires_at=expires_at)
        return parse_record(fresh.encode(), is_new=True)


def _longer(register: Register, record: Record, last_day: str, now: datetime) -> datetime:
    """Until when a record is kept that is prolonged: as long as its register keeps any, or to the day that is said."""
    latest = latest_expiry(register, now)
    chosen = end_of_day(last_day) or latest
    if chosen <= record.expires_at:
        raise MalformedError(
            _("It is kept until {day} already.").format(day=f"{record.expires_at:%Y-%m-%d}"), where="expires_on",
            next_step=_("Choose a later day, or correct it to end earlier."),
        )  # fmt: skip
    if chosen > latest + timedelta(days=1):
        raise MalformedError(
            _("expires_on: It is kept for {years} years at most.").format(years=register.retention_years),
            where="expires_on",
        )
    return chosen


def _hides(register: Register, drafted: Drafted) -> bool:
    """Whether anything of a record goes out of anybody's sight."""
    if drafted.after is None:
        return True
    return sight_of(register, drafted.after).hides(sight_of(register, drafted.before), register)


def _needed(text: str, where: str) -> str:
    if not text.strip():
        raise MalformedError(_("It is missing."), where=where)
    return text


def _no_such_record(name: str) -> UnknownError:
    return UnknownError(
        _("{name} is no record's number: 64 digits from 0 to f, a point, and its place.").format(name=show_line(name)),
        where="record",
        next_step=_("Look for it among your records by what it says."),
    )
