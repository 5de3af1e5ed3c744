"""What lets a node into the broker: decentralised NATS JWTs.

An *operator* (the network) names its accounts; an *account* names its users; a *user* is one member's node. Each is a
JSON web token signed with Ed25519 by the one above, its keys written as NATS nkeys. The keys are ``Signer`` values;
the user's own key never leaves its bureau: the secretariat signs a token about the public key that it finds in the
directory.

All this keeps strangers out, and lets each member publish below its own name only, so that the subject of a question or
an answer proves whose node sent it. It is a projection of the directory: who asked, and whether the answer is true, is
decided by the signatures inside the frames, never by the broker.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from comity.errors import InputError
from comity.ids import MemberCode
from comity.limits import CONNECTIONS_MAX, PASS_S, PAYLOAD_BYTES, SUBSCRIPTIONS_MAX
from comity.members.nkey import account_name, operator_name, user_name
from comity.signer import Signer
from comity.texts import _

CLAIMS_UPDATE = "$SYS.REQ.CLAIMS.UPDATE"
CLAIMS_LOOKUP = "$SYS.REQ.ACCOUNT.{account}.CLAIMS.LOOKUP"
NUDGE_DIRECTORY = "nudge.directory"
NUDGES = "nudge.>"
SYSTEM_INBOX = "_INBOX.SYS"

_VERSION = 2  # of NATS claims
_UNLIMITED = -1
_ANYBODY = MemberCode("*")  # covers exactly one part of a subject, and a member's code is one
_TOKEN = re.compile("[0-9a-f]{32}")  # 16 random bytes


def ask_subject(to: MemberCode, asker: MemberCode) -> str:
    """Where ``asker`` puts its questions to ``to``: the broker lets nobody else publish there."""
    return f"ask.{to}.{asker}"


def asks_of(member: MemberCode) -> str:
    """The questions of everybody to ``member``: the broker lets nobody else subscribe there."""
    return f"ask.{member}.*"


def inbox_of(member: MemberCode) -> str:
    """The prefix of the subjects at which ``member``, and nobody else, receives answers."""
    return f"_INBOX.{member}"


def replies_of(asker: MemberCode, answerer: MemberCode) -> str:
    """The prefix of the subjects at which ``answerer``, and nobody else, publishes its answers to ``asker``."""
    return f"{inbox_of(asker)}.{answerer}"


def reply_subject(asker: MemberCode, answerer: MemberCode) -> str:
    """Where the answer to one question goes: new for each, and nobody can guess it."""
    return f"{replies_of(asker, answerer)}.{secrets.token_hex(16)}"


def is_reply_subject(subject: str, asker: MemberCode, answerer: MemberCode) -> bool:
    """Whether ``answerer`` may answer ``asker`` there: a questioner chooses the subject, and may choose anybody's."""
    prefix, _, token = subject.rpartition(".")
    return prefix == replies_of(asker, answerer) and _TOKEN.fullmatch(token) is not None


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _token(signer: Signer, issuer: str, claims: Mapping[str, Any]) -> str:
    """Sign ``claims`` as a JWT of type ed25519-nkey; its ``jti`` is the base32 SHA-512/256 of the other claims."""
    body = {**claims, "iss": issuer, "jti": ""}
    unnamed = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
    body["jti"] = base64.b32encode(hashlib.new("sha512_256", unnamed).digest()).rstrip(b"=").decode()
    head = _base64url(json.dumps({"typ": "JWT", "alg": "ed25519-nkey"}, separators=(",", ":")).encode())
    signed = f"{head}.{_base64url(json.dumps(body, separators=(',', ':'), sort_keys=True).encode())}"
    return f"{signed}.{_base64url(signer.sign(signed.encode()))}"


def operator_claims(operator: Signer, system_account: bytes, network: str, now: datetime) -> str:
    """The operator's token, self-signed, which names the system account (raw public key)."""
    name = operator_name(operator.public)
    nats = {"type": "operator", "version": _VERSION, "system_account": account_name(system_account)}
    return _token(operator, name, {"sub": name, "name": network, "iat": int(now.timestamp()), "nats": nats})


def account_claims(
    operator: Signer,
    account: bytes,
    name: str,
    now: datetime,
    revocations: Mapping[str, datetime] | None = None,
) -> str:
    """An account's token (``account``: raw public key).

    ``revocations`` takes user nkeys to times: tokens of that user issued at or before that time are void. After a
    restart the broker keeps the newest token by ``now``: never sign one with an earlier ``now`` than the last.
    """
    limits = {
        "subs": _UNLIMITED,
        "data": _UNLIMITED,
        "payload": PAYLOAD_BYTES,
        "imports": 0,
        "exports": 0,
        "wildcards": False,
        "conn": CONNECTIONS_MAX,
        "leaf": 0,
    }
    nats: dict[str, Any] = {"type": "account", "version": _VERSION, "limits": limits}
    if revocations:
        nats["revocations"] = {user: int(at.timestamp()) for user, at in sorted(revocations.items())}
    claims = {"sub": account_name(account), "name": name, "iat": int(now.timestamp()), "nats": nats}
    return _token(operator, operator_name(operator.public), claims)


class Holder(msgspec.Struct, frozen=True):
    """Whose node a pass lets in: the member, and the raw public key (32 bytes) that the directory names for its node.

    The broker chooses what that key signs at each connection, so it must be used for nothing else.
    """

    member: MemberCode
    user: bytes
    is_secretariat: bool = False


def _user_token(account: Signer, user: Mapping[str, Any], now: datetime, expires_at: datetime) -> str:
    if not 0 < (expires_at - now).total_seconds() <= PASS_S:
        raise InputError(
            _("A pass is valid for at most {days:.0f} days.").format(days=PASS_S / 86400), where="expires_at"
        )
    nats = {
        "type": "user",
        "version": _VERSION,
        "subs": SUBSCRIPTIONS_MAX,
        "data": _UNLIMITED,
        "payload": PAYLOAD_BYTES,
        "allowed_connection_types": ["STANDARD"],
        **user["nats"],
    }
    times = {"iat": int(now.timestamp()), "exp": int(expires_at.timestamp())}
    return _token(account, account_name(account.public), {**user, **times, "nats": nats})


def permissions_of(member: MemberCode, *, is_secretariat: bool) -> dict[str, Any]:
    """What a member's node may do at the broker.

    It asks in its own name only, is asked under its own name only, answers below its own name only, receives answers in
    its own inbox, and hears nudges; the secretariat alone nudges. Nothing here lets what somebody else sent choose
    where a node may publish.
    """
    publish = [ask_subject(_ANYBODY, member), f"{replies_of(_ANYBODY, member)}.>"]
    if is_secretariat:
        publish.append(NUDGE_DIRECTORY)
    subscribe = [asks_of(member), f"{inbox_of(member)}.>", NUDGES]
    return {"pub": {"allow": publish}, "sub": {"allow": subscribe}}


def member_pass(account: Signer, holder: Holder, now: datetime, expires_at: datetime) -> str:
    """The token that lets a member's node in, to do what ``permissions_of`` says.

    InputError if it would be valid longer than PASS_S.
    """
    permissions = permissions_of(holder.member, is_secretariat=holder.is_secretariat)
    user = {"sub": user_name(holder.user), "name": holder.member, "nats": permissions}
    return _user_token(account, user, now, expires_at)


def system_pass(system_account: Signer, user: bytes, now: datetime, expires_at: datetime) -> str:
    """The token of whoever pushes changed account claims: it may do that and look them up, and nothing else."""
    permissions = {
        "pub": {"allow": [CLAIMS_UPDATE, CLAIMS_LOOKUP.format(account="*")]},
        "sub": {"allow": [f"{SYSTEM_INBOX}.>"]},
    }
    return _user_token(system_account, {"sub": user_name(user), "name": "claims", "nats": permissions}, now, expires_at)
