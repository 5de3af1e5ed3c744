"""Sealing to one key: keys and wraps are pinned; nothing opens with another key, for another purpose, or changed."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.errors import MalformedError, UntrustedError
from comity.sealing import PUBLIC_BYTES, WRAP_BYTES_MAX, SealingKey, verify_sealing_key, wrap_to
from comity.signer import key_id

GOLDEN = {
    name: text if name == "about" else base64.b64decode(text)
    for name, text in json.loads(
        (Path(__file__).parent / "exchange" / "data" / "wrap.json").read_text(encoding="utf-8")
    ).items()
}
KEY, OTHER = SealingKey(GOLDEN["seed"]), SealingKey(b"\x01" * 32)
SECRET, INFO, WRAP = GOLDEN["secret"], GOLDEN["info"], GOLDEN["wrap"]

PUBLICS = {
    bytes(32): "3bb0b003f553f49f38bab31546b7f4fdd323c74cbf4aaf97d9703ede4e83eff7",
    bytes(range(32)): "c9a3565ffde4f72b51661be391ee13e46378d7f06dd5c8bf5af9d2cfb5b8336b",
    b"\xff" * 32: "fd690c60bea865624bc74b6f82a50cf0757312f91669b01ba4b094b69dd5e6a6",
}
"""Seeds and the SHA-256 of their public keys."""


def test_the_pinned_seeds_give_the_pinned_public_keys() -> None:
    for seed, digest in PUBLICS.items():
        public = SealingKey(seed).public
        assert len(public) == PUBLIC_BYTES
        assert hashlib.sha256(public).hexdigest() == digest
        assert key_id(public) == digest[:16]
    assert KEY.public == GOLDEN["public"]


def test_the_pinned_wrap_opens() -> None:
    assert KEY.unwrap(WRAP, INFO) == SECRET
    assert len(WRAP) == 1168 < WRAP_BYTES_MAX


def test_wraps_of_one_secret_are_all_different_and_all_open() -> None:
    wraps = {wrap_to(KEY.public, SECRET, INFO) for _ in range(5)}
    assert len(wraps) == 5
    assert {KEY.unwrap(wrap, INFO) for wrap in wraps} == {SECRET}


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(UntrustedError) as refused:
        OTHER.unwrap(WRAP, INFO)
    assert refused.value.where == "wrap"


@pytest.mark.parametrize("info", [b"", b"Info", b"info ", b"inf", bytes(32)])
def test_for_another_purpose_it_does_not_open(info: bytes) -> None:
    with pytest.raises(UntrustedError):
        KEY.unwrap(WRAP, info)


def test_half_of_a_key_is_not_enough() -> None:
    """With the other scheme's half of another key, whichever scheme that is, nothing opens."""
    for public in (KEY.public[:1184] + OTHER.public[1184:], OTHER.public[:1184] + KEY.public[1184:]):
        wrap = wrap_to(public, SECRET, INFO)
        for key in (KEY, OTHER):
            with pytest.raises(UntrustedError):
                key.unwrap(wrap, INFO)


@pytest.mark.parametrize(
    "wrap", [b"", b"x", WRAP[:-1], WRAP + b"\x00", WRAP[1:], bytes(len(WRAP)), WRAP[:1120], WRAP * 2]
)
def test_a_wrap_of_another_length_does_not_open(wrap: bytes) -> None:
    with pytest.raises(UntrustedError):
        KEY.unwrap(wrap, INFO)


@settings(max_examples=60)
@given(st.integers(0, len(WRAP) - 1), st.integers(0, 7))
def test_no_bit_of_a_wrap_can_be_changed(at: int, bit: int) -> None:
    changed = bytearray(WRAP)
    changed[at] ^= 1 << bit
    with pytest.raises(UntrustedError):
        KEY.unwrap(bytes(changed), INFO)


NO_KEYS = {
    "empty": b"",
    "too short": KEY.public[:-1],
    "too long": KEY.public + b"\x00",
    "nothing but zeros": bytes(PUBLIC_BYTES),
    "numbers beyond the modulus": b"\xff" * PUBLIC_BYTES,
    "a point of small order": KEY.public[:1184] + bytes(32),
    "another point of small order": KEY.public[:1184] + b"\x01" + bytes(31),
}


@pytest.mark.parametrize("public", NO_KEYS.values(), ids=NO_KEYS)
def test_to_what_is_no_key_nothing_is_sealed(public: bytes) -> None:
    with pytest.raises(MalformedError) as refused:
        wrap_to(public, SECRET, INFO)
    assert refused.value.where == "sealing"
    with pytest.raises(MalformedError):
        verify_sealing_key(public)
    verify_sealing_key(KEY.public)


def test_secrets_of_any_length_are_sealed() -> None:
    for secret in (b"", b"x", bytes(1_000)):
        assert KEY.unwrap(wrap_to(KEY.public, secret, INFO), INFO) == secret
