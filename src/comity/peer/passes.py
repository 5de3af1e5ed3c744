"""A node's own pass: what it says, whether it is the right one, and where it lies."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec

from comity.bounded import Anything, Count, Line, Name
from comity.errors import MalformedError, TooLargeError, UntrustedError
from comity.exchange.greeting import PassHeld
from comity.ids import MemberCode
from comity.limits import FIELDS_MAX, PASS_BYTES, PASS_RENEW_S
from comity.members.nkey import account_key, user_name
from comity.parsing import decode
from comity.peer.credentials import permissions_of
from comity.peer.repository import write_durably
from comity.signer import is_signature
from comity.texts import _


class _Claims(msgspec.Struct, frozen=True):
    """Of a user's token, who gave it to whom, until when, and what it permits; other claims are not read."""

    iss: Line
    sub: Line
    iat: Count
    exp: Count
    nats: Annotated[dict[Name, Anything], msgspec.Meta(max_length=FIELDS_MAX)]


class Pass(msgspec.Struct, frozen=True):
    """A pass that was read. ``issuer`` and ``user`` are nkeys."""

    token: bytes
    issuer: str
    user: str
    issued_at: datetime
    expires_at: datetime
    permits: str

    def held(self) -> PassHeld:
        """What its holder says of it."""
        return PassHeld(self.issued_at, self.expires_at, self.permits)


def permits_of(permissions: dict[str, Any]) -> str:
    """A name for what a pass permits: the SHA-256 of its ``pub``, ``sub`` and ``resp``, hexadecimal."""
    named = {name: permissions.get(name) for name in ("pub", "sub", "resp")}
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


def right_permits(member: MemberCode, *, is_secretariat: bool) -> str:
    """The name of what that member's pass should permit."""
    return permits_of(permissions_of(member, is_secretariat=is_secretariat))


def is_due(held: PassHeld, permits: str, now: datetime) -> bool:
    """Whether a pass is to be replaced: it runs out soon, or permits something else than it should."""
    return held.permits != permits or held.expires_at - now < timedelta(seconds=PASS_RENEW_S)


def parse_pass(token: bytes) -> Pass:
    """Read a pass; MalformedError or TooLargeError if it is none, UntrustedError if its issuer did not sign it."""
    if len(token) > PASS_BYTES:
        raise TooLargeError(_("A pass has at most {most} bytes.").format(most=PASS_BYTES), where="pass")
    try:
        head, body, signature = token.strip().split(b".")
        claims = decode(_decode(body), _Claims, where="pass", most=PASS_BYTES)
        issuer, signed = account_key(claims.iss), _decode(signature)
        issued_at, expires_at = (datetime.fromtimestamp(at, UTC) for at in (claims.iat, claims.exp))
    except (ValueError, OverflowError, OSError) as error:
        raise MalformedError(_("This is no pass to a broker."), where="pass") from error
    if not is_signature(issuer, signed, head + b"." + body):
        raise UntrustedError(_("The pass is not signed by its issuer."), where="pass")
    return Pass(token.strip(), claims.iss, claims.sub, issued_at, expires_at, permits_of(claims.nats))


def _decode(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


class PassFile:
    """Where the pass of ``member``'s node lies; ``user`` is the raw public key of that node at the broker."""

    def __init__(self, path: Path, member: MemberCode, user: bytes, *, is_secretariat: bool) -> None:
        self._path = path
        self._user = user_name(user)
        self.permits = right_permits(member, is_secretariat=is_secretariat)

    def read(self) -> Pass:
        """The pass that is held; MalformedError if there is none that can be read."""
        try:
            return parse_pass(self._path.read_bytes())
        except OSError as error:
            raise MalformedError(_("The pass cannot be read."), where=str(self._path)) from error

    def verify(self, token: bytes) -> Pass:
        """The pass that was offered, if it can be taken.

        UntrustedError unless it is for this node, by the issuer of the one held, newer, and permits what it should.
        """
        held, offered = self.read(), parse_pass(token)
        is_for_us = (offered.issuer, offered.user, offered.permits) == (held.issuer, self._user, self.permits)
        is_newer = offered.issued_at >= held.issued_at and offered.expires_at >= held.expires_at
        if not is_for_us or not is_newer or offered.token == held.token:
            raise UntrustedError(_("The pass that was offered is not one for this node."), where="pass")
        return offered

    def take(self, token: bytes) -> None:
        """Put a pass in the place of the one held; the line takes it up when it connects next. Errors as ``verify``."""
        write_durably(self._path, self.verify(token).token)
