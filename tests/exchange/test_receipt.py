"""Receipts: their bytes are pinned, and nobody says what only somebody else can know."""

import hashlib
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import InputError, MalformedError, UnavailableError, UntrustedError
from comity.exchange.receipt import Receipt, receipt_name, sign_receipt, verify_receipt
from comity.exchange.signed import COMPLAINT, open_signed, parse_body, parse_signed, sign_body
from comity.ids import EntryId, MemberCode
from comity.limits import RECEIPT_RULES_MAX
from comity.members.home import Home
from comity.rules.verdict import Verdict
from comity.signer import Ed25519Signer, sign_frame

NOW = datetime(2026, 11, 23, 14, 32, 7, tzinfo=UTC)
KEY, OTHER = Ed25519Signer(b"\x01" * 32), Ed25519Signer(b"\x02" * 32)
LT, FR, GS = (MemberCode(code) for code in ("LT", "FR", "GS"))
OF, ENTRY, RULEBOOK = "e" * 64, EntryId("d" * 64), "c" * 64

RECEIPT = Receipt(1, OF, LT, FR, LT, "refused", 3, NOW, ("RPD-131.1",), RULEBOOK, ENTRY)
BODY = (
    b'{"v":1,"of":"' + b"e" * 64 + b'","recipient":"LT","to":"FR","by":"LT","step":"refused","position":3,'
    b'"at":"2026-11-23T14:32:07Z","rules":["RPD-131.1"],"rulebook":"' + b"c" * 64 + b'","entry":"' + b"d" * 64 + b'"}'
)
FRAME = (
    b"comity/1 receipt 34750f98bd59fcfc fzfyRz1GzK640u4CUF8X1kWXqKjGzhFszWDf8XscL6SVP6jvLUeyRnEM2hb8v+M1LrL4RD4OFob"
    b"ncL0pekpwBQ==\n"
)


def verdict(*rules: str) -> Verdict:
    return Verdict(outcome="refused", rules=rules, rulebook=RULEBOOK)


class NobodyHasSaid:
    """A directory without a statement of what anybody reads: it takes no more to sign a receipt."""

    def newest_for(self, _form: object, _readers: object) -> int:
        return 1


def home(member: MemberCode) -> Home:
    return Home(member, GS, lambda: cast("Any", NobodyHasSaid()), KEY, bytes)


def read(**changed: object) -> Receipt:
    """What another node makes of a receipt whose body has ``changed``, properly signed."""
    body = msgspec.json.encode(msgspec.to_builtins(RECEIPT) | changed)
    return open_signed(sign_frame(KEY, "receipt", body).encode(), Receipt, KEY.public)


def test_the_signed_bytes_are_pinned() -> None:
    frame = sign_body(RECEIPT, KEY)
    assert (frame.context, frame.body) == ("receipt", BODY)
    assert frame.encode() == FRAME + BODY
    assert open_signed(FRAME + BODY, Receipt, KEY.public) == RECEIPT


def test_a_receipt_is_named_by_the_hash_of_its_frame() -> None:
    assert receipt_name(sign_body(RECEIPT, KEY)) == hashlib.sha256(FRAME + BODY).hexdigest()


def test_a_node_signs_in_its_own_name_for_whom_it_is_told() -> None:
    frame = sign_receipt(
        home(GS), OF, "relayed", recipient=LT, to=FR, at=NOW, verdict=verdict("CTY-4.7"), entry=ENTRY
    )  # fmt: skip
    frame.verify(KEY.public)
    receipt = parse_body(frame, Receipt)
    assert (receipt.by, receipt.recipient, receipt.to, receipt.step, receipt.position) == (GS, LT, FR, "relayed", 0)
    assert (receipt.of, receipt.rules, receipt.rulebook, receipt.entry) == (OF, ("CTY-4.7",), RULEBOOK, ENTRY)


def test_a_receipt_names_no_more_rules_than_a_recipient_reads() -> None:
    many = verdict(*(f"RPD-{number}.1" for number in range(RECEIPT_RULES_MAX + 5)))
    frame = sign_receipt(home(LT), OF, "refused", recipient=LT, to=FR, at=NOW, verdict=many, entry=ENTRY)
    assert len(parse_body(frame, Receipt).rules) == RECEIPT_RULES_MAX
    with pytest.raises(MalformedError):
        read(rules=many.rules)


@pytest.mark.parametrize(
    "changed",
    [
        {"v": 0},
        {"more": 1},
        {"of": "e" * 63},
        {"of": "E" * 64},
        {"step": "read"},
        {"step": "taken"},
        {"position": -1},
        {"at": "2026-11-23T14:32:07"},
        {"at": None},
        {"recipient": 7},
        {"rules": "RPD-131.1"},
        {"fate": "refused"},
    ],
    ids=str,
)
def test_a_receipt_out_of_form_is_refused(changed: dict[str, object]) -> None:
    assert read() == RECEIPT
    with pytest.raises(MalformedError):
        read(**changed)


@pytest.mark.parametrize("missing", ["v", "of", "recipient", "to", "by", "step", "position", "at", "rules", "entry"])
def test_a_receipt_without_one_of_its_members_is_refused(missing: str) -> None:
    body = {name: value for name, value in msgspec.to_builtins(RECEIPT).items() if name != missing}
    with pytest.raises(MalformedError):
        parse_body(sign_frame(KEY, "receipt", msgspec.json.encode(body)), Receipt)


def test_another_key_or_another_kind_of_frame_is_refused() -> None:
    with pytest.raises(UntrustedError):
        open_signed(sign_body(RECEIPT, OTHER).encode(), Receipt, KEY.public)
    with pytest.raises(MalformedError):
        parse_signed(sign_frame(KEY, "answer", BODY).encode(), Receipt)
    with pytest.raises(UntrustedError):
        open_signed(sign_frame(KEY, "answer", BODY).encode().replace(b" answer ", b" receipt "), Receipt, KEY.public)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_passes(place: int, change: int) -> None:
    data = bytearray(FRAME + BODY)
    data[place % len(data)] ^= change
    with pytest.raises((UntrustedError, InputError)):
        open_signed(bytes(data), Receipt, KEY.public)


def test_a_complaint_is_no_receipt() -> None:
    assert COMPLAINT == b"comity/1 complaint "
    with pytest.raises(UnavailableError):
        parse_signed(COMPLAINT + b"untrusted", Receipt)


@pytest.mark.parametrize("step", ["delivered", "opened", "refused", "later"])
def test_only_the_recipient_says_what_became_of_it_there(step: str) -> None:
    verify_receipt(read(step=step), GS)
    verify_receipt(read(step=step, recipient="GS", by="GS"), GS)
    for by in ("GS", "FR", "XX"):
        with pytest.raises(UntrustedError):
            verify_receipt(read(step=step, by=by), GS)


def test_only_the_secretariat_says_that_it_keeps_it() -> None:
    verify_receipt(read(step="relayed", by="GS"), GS)
    for by in ("LT", "FR", "XX"):
        with pytest.raises(UntrustedError):
            verify_receipt(read(step="relayed", by=by), GS)
