"""Invented statements that the tests of registers, index and blobs share."""

from datetime import UTC, datetime, timedelta

from comity.audience import Audience
from comity.ids import MemberCode
from comity.registers.batch import Batch, make_batch
from comity.registers.record import Record, make_record
from comity.registers.travel_documents import TRAVEL_DOCUMENTS
from comity.signer import Ed25519Signer

FR, LT, BR, XX = (MemberCode(code) for code in ("FR", "LT", "BR", "XX"))
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FR_KEY = Ed25519Signer(b"\x01" * 32)
XX_KEY = Ed25519Signer(b"\x02" * 32)


def make_fields(number: str = "X0000001", **more: str) -> dict[str, object]:
    fields: dict[str, object] = {"number": number, "country": "FRA", "type": "passport", "loss": "stolen"}
    return fields | more


def make_statement(number: str = "X0000001", audience: Audience | None = None) -> Record:
    return make_record(TRAVEL_DOCUMENTS, FR, make_fields(number), audience or Audience.everyone(), now=NOW)


def make_salts(count: int) -> list[bytes]:
    return [offset.to_bytes(32, "big") for offset in range(1, count + 1)]


def make_statements(count: int = 5, entered_at: datetime = NOW) -> Batch:
    records = [make_statement(f"X{offset:07}") for offset in range(count)]
    return make_batch(TRAVEL_DOCUMENTS, FR, records, make_salts(count), entered_at, FR_KEY)


LATER = NOW + timedelta(days=1)
