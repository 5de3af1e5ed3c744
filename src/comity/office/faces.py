"""What a bureau knows of a record by its number: its own record, or what it was shown of another's."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from comity.act import Session
from comity.blobs.batch_files import BatchFiles
from comity.errors import ComityError
from comity.exchange.signed import parse_signed
from comity.ids import MemberCode, RegisterName, is_record, parse_record_id
from comity.peer.messenger import Officers
from comity.registers.detail import RECEIVE as RECORD_RECEIVED
from comity.registers.query import RECEIVE as ANSWER_RECEIVED
from comity.registers.question import Answer
from comity.registers.record import parse_record
from comity.registers.register import show_on_hit
from comity.registers.registry import get_register
from comity.rules.facts import Facts
from comity.rules.in_force import InForce
from comity.rules.predicates import role_covers_handling
from comity.tiles.reading import LedgerReader, ListWanted

_ANSWERS_READ: Final = 5  # answers that showed a record, the newest; any tells whose it is
_MAY_SEE: Final = "record.read"
"""Who may do such acts may see a record, as far as a role covers its level when one is received."""


class RecordFace(NamedTuple):
    """What a bureau has of a record: whose it is, and what it says or said on the hit."""

    record: str
    register: RegisterName
    source: MemberCode
    handling: str
    fields: Mapping[str, str]


def covers(rulebook: InForce, roles: frozenset[str], kind: str, level: str) -> bool:
    """Whether roles cover a level in acts of ``kind``, as far as rules ask for that."""
    facts = Facts(kind=kind, roles=roles, handlings=frozenset({level}))
    rules = rulebook.rulebook.rules_asking(kind, role_covers_handling.__name__)
    return all(role_covers_handling(facts, rule.values) for rule in rules)


class Faces:
    """A node has one, as ``Node.faces``. Nothing is asked of anybody: it looks at what is here. This is no act."""

    def __init__(
        self,
        own: MemberCode,
        files: BatchFiles,
        ledger: LedgerReader,
        officers: Officers,
        rulebook: Callable[[], InForce],
    ) -> None:
        self._own = own
        self._files = files
        self._ledger = ledger
        self._officers = officers
        self._rulebook = rulebook

    def find(self, by: Session, record: str) -> RecordFace | None:
        """The record, for whoever may see it; None where it is not here, or the reader's roles do not cover it."""
        found, roles = self._find(record), frozenset(self._officers.who(by).roles)
        if found is None or not self._rulebook().rulebook.may(roles, _MAY_SEE):
            return None
        return found if covers(self._rulebook(), roles, RECORD_RECEIVED.name, found.handling) else None

    def find_source(self, record: str) -> MemberCode | None:
        """Whose record it is, as far as it is known here."""
        found = self._find(record)
        return found.source if found else None

    def _find(self, record: str) -> RecordFace | None:
        if not is_record(record):
            return None
        return self._entered(record) or self._shown(record)

    def _entered(self, name: str) -> RecordFace | None:
        """One that was entered from here."""
        try:
            record = parse_record(self._files.read_record(*parse_record_id(name)).data)
        except ComityError:  # it is not here, or was erased, or is damaged, which is found and said elsewhere
            return None
        if record.source != self._own:
            return None
        shown = show_on_hit(get_register(record.register), record.fields, record.groups)
        said = {name: text for name, text in record.fields.items() if name not in shown} | shown
        return RecordFace(name, record.register, record.source, record.handling, said)

    def _shown(self, record: str) -> RecordFace | None:
        """One that an answer showed here: the ledger keeps the answer."""
        wanted = ListWanted(about=record, kind=ANSWER_RECEIVED.name, most=_ANSWERS_READ)
        for row in self._ledger.list(wanted).entries:
            frame = row.content.detail.get("frame") if row.content is not None else None
            found = _hit_in(str(frame), record) if frame else None
            if found is not None:
                return found
        return None


def _hit_in(frame: str, record: str) -> RecordFace | None:
    try:
        _frame, answer = parse_signed(frame.encode(), Answer)
    except ComityError:
        return None
    for each in answer.registers:
        for hit in each.hits:
            if hit.record == record:
                return RecordFace(record, each.register, hit.source, hit.handling, hit.shown)
    return None
