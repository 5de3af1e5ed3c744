"""Passes: pinned bytes, and nothing in them that a member should not have."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import nkeys
import pytest

from comity.errors import InputError
from comity.ids import MemberCode
from comity.limits import PASS_S
from comity.members.nkey import account_name, operator_name, user_name
from comity.peer.credentials import (
    Holder,
    account_claims,
    ask_subject,
    member_pass,
    operator_claims,
    system_pass,
)
from comity.signer import Ed25519Signer, is_signature

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OPERATOR, ACCOUNT, SYSTEM, USER = (Ed25519Signer(bytes([n]) * 32) for n in (1, 2, 3, 4))
LT, GS = MemberCode("LT"), MemberCode("GS")
GOLDEN_OPERATOR = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJpYXQiOjE3OTU0MzUyMDAsImlzcyI6Ik9DRklSWTY1T1FFN0RGU"
    "DVLTE5TMlBGMkxWWk1VWllKWDRPWklFUTM2TjJJUUFOVUI1WFZZT0NTIiwianRpIjoiVFZFVkwzU0VWRDZPSURVVzRMTUNIVjdZW"
    "VM3QVNSV0tQVFlVWDcyUENCNlFFMk9UWUg2USIsIm5hbWUiOiJ0ZXN0IiwibmF0cyI6eyJzeXN0ZW1fYWNjb3VudCI6IkFEV1VTS"
    "0dHRkRJNEZSWEs1RUJUUkVDWlNWUVNTV0pISEpPR0g2SldHM0FVTUZGTVE0MzVENkhEIiwidHlwZSI6Im9wZXJhdG9yIiwidmVyc"
    "2lvbiI6Mn0sInN1YiI6Ik9DRklSWTY1T1FFN0RGUDVLTE5TMlBGMkxWWk1VWllKWDRPWklFUTM2TjJJUUFOVUI1WFZZT0NTIn0.n"
    "eUbnyp8Gi3MlTwBktHplLhwzBFpBxtiT8H8PrioiKCZN4bzz8GgzKD-ffhg6R08lqxAJUrS6T-Qcje1VBPtBQ"
)


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def is_signed_by(token: str, signer: Ed25519Signer) -> bool:
    signed, _, signature = token.rpartition(".")
    return is_signature(signer.public, base64.urlsafe_b64decode(signature + "=="), signed.encode())


def lt_pass(*, is_secretariat: bool = False) -> dict[str, Any]:
    holder = Holder(LT, USER.public, is_secretariat)
    return claims_of(member_pass(ACCOUNT, holder, NOW, NOW + timedelta(days=1)))


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        (nkeys.PREFIX_BYTE_OPERATOR, operator_name),
        (nkeys.PREFIX_BYTE_ACCOUNT, account_name),
        (nkeys.PREFIX_BYTE_USER, user_name),
    ],
)
def test_public_keys_are_named_as_the_nkeys_library_names_them(prefix: int, name: Any) -> None:
    theirs = nkeys.from_seed(nkeys.encode_seed(bytes([4]) * 32, prefix))
    assert name(USER.public) == theirs.public_key.decode()


def test_a_members_pass_has_these_claims_and_no_others() -> None:
    claims = lt_pass()
    assert claims.pop("jti")
    assert claims == {
        "exp": 1795521600,
        "iat": 1795435200,
        "iss": account_name(ACCOUNT.public),
        "name": "LT",
        "nats": {
            "allowed_connection_types": ["STANDARD"],
            "data": -1,
            "payload": 1_001_000,
            "pub": {"allow": ["ask.*.LT", "_INBOX.*.LT.>"]},
            "sub": {"allow": ["ask.LT.*", "_INBOX.LT.>", "nudge.>"]},
            "subs": 16,
            "type": "user",
            "version": 2,
        },
        "sub": user_name(USER.public),
    }


def test_the_tokens_bytes_are_pinned() -> None:
    assert operator_claims(OPERATOR, SYSTEM.public, "test", NOW) == GOLDEN_OPERATOR


def test_each_token_is_signed_by_the_one_above() -> None:
    account = account_claims(OPERATOR, ACCOUNT.public, "network", NOW)
    user = member_pass(ACCOUNT, Holder(LT, USER.public), NOW, NOW + timedelta(days=1))
    assert is_signed_by(account, OPERATOR)
    assert is_signed_by(user, ACCOUNT)
    assert not is_signed_by(user, OPERATOR)
    assert claims_of(account)["iss"] == operator_name(OPERATOR.public)


def test_only_the_secretariat_may_nudge() -> None:
    own = ["ask.*.LT", "_INBOX.*.LT.>"]
    assert lt_pass()["nats"]["pub"]["allow"] == own
    assert lt_pass(is_secretariat=True)["nats"]["pub"]["allow"] == [*own, "nudge.directory"]


def test_an_account_lists_whom_it_revoked_and_when() -> None:
    revoked = {user_name(USER.public): NOW}
    claims = claims_of(account_claims(OPERATOR, ACCOUNT.public, "network", NOW, revoked))
    assert claims["nats"]["revocations"] == {user_name(USER.public): 1795435200}
    assert "revocations" not in claims_of(account_claims(OPERATOR, ACCOUNT.public, "network", NOW))["nats"]


def test_two_tokens_that_differ_have_different_ids() -> None:
    plain = claims_of(account_claims(OPERATOR, ACCOUNT.public, "network", NOW))
    revoking = claims_of(account_claims(OPERATOR, ACCOUNT.public, "network", NOW, {"UX": NOW}))
    assert plain["jti"] != revoking["jti"]


@pytest.mark.parametrize("valid_s", [0, -1, PASS_S + 1])
def test_a_pass_that_never_ends_or_has_ended_is_refused(valid_s: float) -> None:
    until = NOW + timedelta(seconds=valid_s)
    with pytest.raises(InputError):
        member_pass(ACCOUNT, Holder(LT, USER.public), NOW, until)
    with pytest.raises(InputError):
        system_pass(SYSTEM, USER.public, NOW, until)


def test_whoever_pushes_claims_can_neither_ask_nor_listen() -> None:
    nats = claims_of(system_pass(SYSTEM, USER.public, NOW, NOW + timedelta(hours=1)))["nats"]
    assert nats["pub"] == {"allow": ["$SYS.REQ.CLAIMS.UPDATE", "$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP"]}
    assert nats["sub"] == {"allow": ["_INBOX.SYS.>"]}


def test_a_question_names_whom_it_is_for_and_then_who_asks() -> None:
    assert ask_subject(GS, LT) == "ask.GS.LT"
