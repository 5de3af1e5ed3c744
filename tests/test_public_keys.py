"""Public keys from elsewhere: whatever takes one in refuses those under which a signature means nothing."""

import ast
import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined] # it exports it without saying so

from comity.cli import ceremony as ceremony_command
from comity.enrolment import draft_first
from comity.errors import ComityError, MalformedError
from comity.ledger.checkpoint import VerifierKey
from comity.members.ceremony import OnlineKeys, begin, begin_targets, rotate_root
from comity.members.keys import make_keys, parse_keys
from comity.members.member import parse_bureau, parse_request
from comity.members.nkey import account_name, operator_name, user_key, user_name
from comity.members.roles import raw_key, tuf_key
from comity.peer.credentials import Holder, account_claims, member_pass, operator_claims, system_pass
from comity.sealing import SealingKey, verify_sealing_key
from comity.signer import (
    Ed25519Signer,
    Frame,
    is_signature,
    key_id,
    parse_public_key,
    verify_public_key,
)
from tests.members.network import HOLDERS, NETWORK, NOW, ONLINE_KEYS, RULEBOOK, ask, bureau, code, key, sealing_key
from tests.members.network import signed as sign_by_holders

SOURCE = Path(__file__).parent.parent / "src" / "comity"
P = 2**255 - 19
ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
LOW = [
    (y | sign << 255).to_bytes(32, "little") for y in (0, 1, P - 1, P, P + 1, ORDER_8, P - ORDER_8) for sign in (0, 1)
]
"""All fourteen encodings of the points of low order."""
SEEDS = [hashlib.sha256(b"seed %d" % number).digest() for number in range(100)]
CONSTANT = b"\x01" + bytes(63)
WEAK = b"\x01" + bytes(31)


def ledger_key(public: bytes) -> str:
    return str(VerifierKey("model.example/LT", public))


def nkey_of(public: bytes) -> str:
    """An nkey with a right checksum around any bytes."""
    import nkeys  # noqa: PLC0415 - only here

    named = bytes([nkeys.PREFIX_BYTE_USER]) + public
    return base64.b32encode(named + nkeys.crc16_checksum(named)).rstrip(b"=").decode()


def bureau_with(**fields: object) -> None:
    parse_bureau(shown(msgspec.structs.replace(bureau("LT"), **fields)))


def shown(changed: msgspec.Struct) -> bytes:
    """The statement with a possession that holds, by LT's signing key or by the constant."""
    text = b"comity/bureau/v1\n" + msgspec.json.encode(msgspec.structs.replace(changed, possession=""))
    is_own = changed.signing == bureau("LT").signing  # type: ignore[attr-defined]
    possession = key("LT signing").sign(text) if is_own else CONSTANT
    return msgspec.json.encode(msgspec.structs.replace(changed, possession=possession.hex()))


def signing(public: bytes) -> None:
    """With the possession that only a key's holder makes, so that the key alone decides."""
    bare = msgspec.structs.replace(bureau("LT"), signing=public.hex(), possession="")
    signer = next((each for each in map(Ed25519Signer, SEEDS) if each.public == public), None)
    text = b"comity/bureau/v1\n" + bare.encode()
    possession = signer.sign(text) if signer else CONSTANT
    parse_bureau(msgspec.structs.replace(bare, possession=possession.hex()).encode())


def key_file(public: bytes) -> None:
    file = parse_keys(make_keys(["holder"], "a passphrase of tests", bytes, profile="test"))
    parse_keys(msgspec.structs.replace(file, public={"holder": public.hex()}).encode())


def root_key(public: bytes) -> None:
    begin([public, HOLDERS[0].public], 2, ONLINE_KEYS, NOW)


TAKING: dict[str, Callable[[bytes], object]] = {
    "the one function": lambda public: verify_public_key(public, "here"),
    "in hexadecimal": lambda public: parse_public_key(public.hex(), "here"),
    "verifier key": lambda public: VerifierKey.parse(ledger_key(public)),
    "bureau: signing": signing,
    "bureau: former": lambda public: bureau_with(former=(public.hex(),)),
    "bureau: ledger": lambda public: bureau_with(ledger=ledger_key(public)),
    "bureau: broker": lambda public: bureau_with(broker=nkey_of(public)),
    "request": lambda public: parse_request(msgspec.structs.replace(ask("LT"), delegation=public.hex()).encode()),
    "directory's key, in": lambda public: raw_key(SSlibKey("id", "ed25519", "ed25519", {"public": public.hex()})),
    "directory's key, out": tuf_key,
    "holder's key, typed": lambda public: ceremony_command._publics([public.hex()]),
    "holder's key": root_key,
    "holder's key of a next root": lambda public: rotate_root(
        begin([each.public for each in HOLDERS], 2, ONLINE_KEYS, NOW), [public, HOLDERS[0].public], 2, ONLINE_KEYS, NOW
    ),
    "online key": lambda public: begin_targets(NETWORK, RULEBOOK, OnlineKeys.one(public), NOW),
    "online key of a network": lambda public: draft_first(ask("GS"), [each.public for each in HOLDERS], 2, public, NOW),
    "operator": operator_name,
    "account": account_name,
    "user": user_name,
    "user's name": lambda public: user_key(nkey_of(public)),
    "operator's claims": lambda public: operator_claims(key("operator"), public, NETWORK, NOW),
    "account's claims": lambda public: account_claims(key("operator"), public, NETWORK, NOW),
    "member's pass": lambda public: member_pass(
        key("account"), Holder(code("LT"), public), NOW, NOW + timedelta(days=1)
    ),
    "system pass": lambda public: system_pass(key("system"), public, NOW, NOW + timedelta(hours=1)),
    "key file": key_file,
}


@pytest.mark.parametrize("public", LOW, ids=bytes.hex)
@pytest.mark.parametrize("take", TAKING.values(), ids=TAKING)
def test_whatever_takes_in_a_public_key_refuses_one_of_low_order(
    take: Callable[[bytes], object], public: bytes
) -> None:
    with pytest.raises(ComityError, match="no public key that can be relied on"):
        take(public)


NOT_KEYS = {
    "another way to write a key": (P + 3).to_bytes(32, "little"),
    "all ones": b"\xff" * 32,
    "no point of the curve": (2).to_bytes(32, "little"),
}


@pytest.mark.parametrize("public", NOT_KEYS.values(), ids=NOT_KEYS)
@pytest.mark.parametrize("take", TAKING.values(), ids=TAKING)
def test_whatever_takes_in_a_public_key_refuses_what_is_none(take: Callable[[bytes], object], public: bytes) -> None:
    with pytest.raises(ComityError, match="no public key that can be relied on"):
        take(public)


@pytest.mark.parametrize("public", [b"", bytes(31), key("LT").public + b"\0", key("LT").public[:-1]], ids=len)
def test_a_public_key_has_32_bytes(public: bytes) -> None:
    with pytest.raises(MalformedError):
        verify_public_key(public, "here")
    assert not is_signature(public, key("LT").sign(b"text"), b"text")


@pytest.mark.parametrize("take", TAKING.values(), ids=TAKING)
def test_whatever_takes_in_a_public_key_takes_the_keys_of_a_hundred_seeds(take: Callable[[bytes], object]) -> None:
    for seed in SEEDS:
        take(Ed25519Signer(seed).public)


@given(st.binary(min_size=32, max_size=32))
def test_the_key_of_any_seed_is_taken(seed: bytes) -> None:
    signer = Ed25519Signer(seed)
    verify_public_key(signer.public, "here")
    assert is_signature(signer.public, signer.sign(b"text"), b"text")


@pytest.mark.parametrize("public", LOW, ids=bytes.hex)
def test_no_constant_is_a_signature_of_a_key_of_low_order(public: bytes) -> None:
    for point in {public, *LOW}:
        for number in range(8):
            assert not is_signature(public, point + bytes(32), b"%d" % number)
    frame = Frame("query", key_id(public), CONSTANT, b"{}")
    with pytest.raises(ComityError):
        frame.verify(public)


def test_a_signature_with_the_groups_order_added_is_none() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    signature = key("LT").sign(b"text")
    added = signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    assert is_signature(key("LT").public, signature, b"text")
    assert not is_signature(key("LT").public, added, b"text")


X25519_LOW = [
    (u | sign << 255).to_bytes(32, "little")
    for u in (
        0, 1, P - 1, P, P + 1,
        0x57119FD0DD4E22D8868E1C58C45C44045BEF839C55B1D0B1248C50A3BC959C5F,
        0xB8495F16056286FDB1329CEB8D09DA6AC49FF1FAE35616AEB8413B7C7AEBE0,
    )
    for sign in (0, 1)
]  # fmt: skip
SEALING = sealing_key("LT").public


@pytest.mark.parametrize("half", [*X25519_LOW, SEALING[1184:-1] + bytes([SEALING[-1] | 128])], ids=bytes.hex)
def test_a_sealing_key_of_low_order_or_written_in_another_way_is_refused(half: bytes) -> None:
    with pytest.raises(MalformedError, match="no sealing key"):
        verify_sealing_key(SEALING[:1184] + half)
    with pytest.raises(MalformedError, match="no sealing key"):
        bureau_with(sealing=base64.b64encode(SEALING[:1184] + half).decode())
    file = parse_keys(make_keys(["sealing-1"], "a passphrase of tests", bytes, profile="test"))
    with pytest.raises(MalformedError, match="no sealing key"):
        parse_keys(msgspec.structs.replace(file, public={"sealing-1": (SEALING[:1184] + half).hex()}).encode())


def test_the_sealing_keys_of_a_hundred_seeds_are_taken() -> None:
    for seed in SEEDS:
        verify_sealing_key(SealingKey(seed).public)


def test_a_weak_signing_key_and_its_constant_make_no_bureau() -> None:
    changed = msgspec.structs.replace(bureau("LT"), signing=WEAK.hex(), possession=CONSTANT.hex())
    with pytest.raises(MalformedError, match="relied on"):
        parse_bureau(changed.encode())


def test_public_keys_are_made_of_bytes_in_one_place_for_each_kind() -> None:
    makers = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"from_public_bytes", "load_der_public_key"}:
                makers.setdefault(path.relative_to(SOURCE).as_posix(), []).append(ast.unparse(node.value))
    assert makers == {
        "signer.py": ["Ed25519PublicKey"],
        "sealing.py": ["MLKEM768PublicKey", "X25519PublicKey"],
    }


def test_the_holders_of_a_small_network_still_sign_a_root() -> None:
    draft = begin([each.public for each in HOLDERS], 2, ONLINE_KEYS, NOW)
    assert sign_by_holders(draft).metadata != draft.metadata
