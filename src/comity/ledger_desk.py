"""The ledger's desk: what auditors ask of a node's own ledger, each act through the gate."""

from collections.abc import Callable
from typing import Any

import msgspec

from comity.act import Session
from comity.gate import Gate, Outcome
from comity.ids import EntryId
from comity.keyring import Keyring
from comity.members.directory import Directory
from comity.store.store import Store
from comity.tiles.kept import verify_kept
from comity.tiles.reading import GrowthWanted, LedgerReader, ListWanted, VerifyReport


class LedgerDesk:
    """A node has one, as ``Node.ledger``."""

    def __init__(self, gate: Gate[Any]) -> None:
        self._gate = gate

    def list(self, session: Session, wanted: ListWanted) -> Outcome:
        """A page of the ledger; release is an EntryPage. MalformedError, before the act, for what nothing is about."""
        _ = wanted.sought
        return self._gate.perform("ledger.list", session, wanted)

    def show(self, session: Session, entry: str) -> Outcome:
        """One entry; release is an EntryShown."""
        return self._gate.perform("ledger.show", session, EntryId(entry), on=entry)

    def export(self, session: Session, wanted: ListWanted) -> Outcome:
        """Entries with their proofs; release is Exported. MalformedError as for ``list``."""
        _ = wanted.sought
        return self._gate.perform("ledger.export", session, wanted)

    def prove_growth(self, session: Session, wanted: GrowthWanted) -> Outcome:
        """That a period only grew; release is Growth."""
        return self._gate.perform("ledger.prove", session, wanted, on=wanted.period)

    def verify(self, session: Session) -> Outcome:
        """Recompute the ledger; release is a VerifyReport."""
        return self._gate.perform("ledger.verify", session)


def ledger_readings(
    reader: LedgerReader, store: Store, keyring: Keyring, directory: Callable[[], Directory]
) -> dict[str, Callable[[Any], Any]]:
    """What the acts on the ledger release, by their kinds."""

    def verify(body: object) -> VerifyReport:
        report = reader.verify(body)
        key = None if keyring.is_locked else keyring.storage_key()
        kept = verify_kept(store, reader, directory(), key)
        return msgspec.structs.replace(report, findings=report.findings + kept)

    return {
        "ledger.list": reader.list,
        "ledger.show": reader.show,
        "ledger.export": reader.export,
        "ledger.prove": reader.prove_growth,
        "ledger.verify": verify,
    }
