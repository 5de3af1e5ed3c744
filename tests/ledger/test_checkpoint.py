"""Checkpoints as C2SP has them: ours pinned, others' verified, anything else refused."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import ComityError, InputError, MalformedError, TooLargeError, UnavailableError, UntrustedError
from comity.ids import MemberCode
from comity.ledger.checkpoint import (
    Checkpoint,
    PeriodOpened,
    VerifierKey,
    key_name_of,
    origin_of,
    parse_checkpoint,
    parse_note,
    period_of,
    sign_checkpoint,
    verify_checkpoint,
)
from comity.ledger.merkle import EMPTY_ROOT
from comity.limits import CHECKPOINT_BYTES
from comity.signer import Ed25519Signer, LockedSigner

EXAMPLE = Path(__file__).parents[2].parent / "shared" / "data" / "ledger" / "tlog_tiles_example"
EXAMPLE_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

LT = Ed25519Signer(b"LT" * 16)
FR = Ed25519Signer(b"FR" * 16)
NAME = key_name_of("model.example", MemberCode("LT"))
ORIGIN = origin_of("model.example", MemberCode("LT"), "2026-11")
KEY = VerifierKey(NAME, LT.public)
HEAD = Checkpoint(ORIGIN, 7, EMPTY_ROOT)
NOTE = sign_checkpoint(HEAD, LT, NAME)
COSIGNED = f"\N{EM DASH} model.example/FR {base64.b64encode(bytes(4 + 8 + 64)).decode()}\n".encode()


def test_the_bytes_of_a_checkpoint_stay_what_they_are() -> None:
    assert NOTE.decode() == (
        "model.example/LT/2026-11\n"
        "7\n"
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
        "\n"
        "\N{EM DASH} model.example/LT "
        "R5pdjNDsBa0UBsO3nzNaqgO7RSMWJ6eJGl/3jfHxIN5uHCLV7EUgEIrY6v78jDFoUjfyvoFJFlbRksk5XxDB6ml9hgY=\n"
    )
    assert str(KEY) == "model.example/LT+479a5d8c+AbLJmk6FM27m4q38QPhgvYgKlYKo7NDrA/dbRhFAuIoY"
    assert PeriodOpened(1, "a\n").encode() == b'{"v":1,"previous":"a\\n"}'


def test_checkpoints_made_elsewhere_verify() -> None:
    if not EXAMPLE.is_dir():
        pytest.skip(f"{EXAMPLE} is not here")
    key = VerifierKey.parse(EXAMPLE_KEY)
    assert str(key) == EXAMPLE_KEY
    for size in range(16):
        note = (EXAMPLE / f"checkpoint.{size}").read_bytes()
        assert verify_checkpoint(note, key, "example.com/log/testdata").size == size
        with pytest.raises(UntrustedError):
            verify_checkpoint(note, key, "example.com/log/another")


def test_signatures_of_witnesses_and_of_types_to_come_are_left_alone() -> None:
    ml_dsa = f"\N{EM DASH} {NAME} {base64.b64encode(bytes(4 + 2420)).decode()}\n".encode()
    assert verify_checkpoint(NOTE + COSIGNED + ml_dsa, KEY, ORIGIN) == HEAD
    assert [line.name for line in parse_note(NOTE + COSIGNED).signatures] == [NAME, "model.example/FR"]
    assert verify_checkpoint(NOTE.replace(b"\n\n", b"\n\n" + COSIGNED), KEY, ORIGIN) == HEAD


def test_nobody_else_signs_for_a_member() -> None:
    with pytest.raises(UntrustedError):
        verify_checkpoint(sign_checkpoint(HEAD, FR, NAME), KEY, ORIGIN)
    with pytest.raises(UntrustedError):
        verify_checkpoint(sign_checkpoint(HEAD, LT, "model.example/FR"), KEY, ORIGIN)
    with pytest.raises(UntrustedError):
        verify_checkpoint(NOTE.replace(b"\n7\n", b"\n8\n"), KEY, ORIGIN)


def test_one_failing_signature_of_the_known_key_spoils_the_note() -> None:
    line = NOTE.splitlines(keepends=True)[-1]
    failing = sign_checkpoint(Checkpoint(ORIGIN, 8, EMPTY_ROOT), LT, NAME).splitlines(keepends=True)[-1]
    assert verify_checkpoint(NOTE + line, KEY, ORIGIN) == HEAD
    with pytest.raises(UntrustedError):
        verify_checkpoint(NOTE + failing, KEY, ORIGIN)


def test_locked_keys_sign_nothing() -> None:
    with pytest.raises(UnavailableError):
        sign_checkpoint(HEAD, LockedSigner(LT.public), NAME)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        HEAD.text,
        HEAD.text + b"\n",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE.replace("\N{EM DASH}".encode(), b"-"),
        NOTE.replace(b"\n7\n", b"\n7\r\n"),
        NOTE + "\N{EM DASH} two words AAAAAAAA\n".encode(),
        NOTE + "\N{EM DASH} name AAAA\n".encode(),
        NOTE + "\N{EM DASH} name AAAAAAB=\n".encode(),
        NOTE[:-1] + b"\xff\n",
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_note(data)


def test_a_note_is_bounded() -> None:
    with pytest.raises(TooLargeError):
        parse_note(NOTE + COSIGNED * (CHECKPOINT_BYTES // len(COSIGNED) + 1))
    with pytest.raises(TooLargeError):
        parse_note(NOTE + "\N{EM DASH} n AAAAAAA=\n".encode() * 600)


@pytest.mark.parametrize(
    "text",
    [
        b"o\n07\n" + base64.b64encode(EMPTY_ROOT) + b"\n",
        b"o\n-1\n" + base64.b64encode(EMPTY_ROOT) + b"\n",
        b"o\n9223372036854775808\n" + base64.b64encode(EMPTY_ROOT) + b"\n",
        b"o\n7\n" + base64.b64encode(EMPTY_ROOT[:-1]) + b"\n",
        b"\n7\n" + base64.b64encode(EMPTY_ROOT) + b"\n",
        b"o\n7\n" + base64.b64encode(EMPTY_ROOT),
        b"o\n7\n",
        b"\xff\n7\n" + base64.b64encode(EMPTY_ROOT) + b"\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "text",
    ["", "name", "name+33d7b496", str(KEY)[:-1], str(KEY).replace(NAME, "another"), "a b" + str(KEY), f"{KEY}+"],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        VerifierKey.parse(text)


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_no_changed_byte_passes(at: int, change: int) -> None:
    changed = NOTE[:at] + bytes((NOTE[at] ^ change,)) + NOTE[at + 1 :]
    with pytest.raises(ComityError):
        verify_checkpoint(changed, KEY, ORIGIN)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_checkpoint(parse_note(data).text)


def test_a_period_is_the_month_in_utc() -> None:
    late = datetime(2026, 12, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert period_of(late) == "2026-11"
    assert period_of(datetime(2026, 12, 1, tzinfo=UTC)) == "2026-12"
