"""Who the broker lets in, kept in line with the directory: a projection of it, on which correctness does not depend.

Passes are renewed by themselves, a month before they end and whenever what they permit has changed. A node takes the
new one first and says so by its next greeting; only then is the one before revoked. One day after the change every pass
of before is void, also of members who never asked for another.
"""

import contextlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec
import structlog

from comity.bounded import Line, Number
from comity.errors import ComityError, CorruptError, InputError
from comity.exchange.greeting import Greeting
from comity.ids import MemberCode
from comity.keyring import Keyring
from comity.limits import BODY_BYTES, PASS_GRACE_S, PASS_S, REVOKED_MAX
from comity.members.member import parse_bureau
from comity.members.nkey import account_name, user_key
from comity.members.publication import Publication
from comity.members.roles import bureau_path
from comity.parsing import decode
from comity.peer.broker import push_account
from comity.peer.connection import Access, Broker
from comity.peer.credentials import Holder, account_claims, member_pass, system_pass
from comity.peer.passes import PassFile, is_due, right_permits
from comity.peer.repository import write_durably
from comity.texts import _

_log = structlog.get_logger(__name__)

_PASS_S: Final = 60.0  # the system pass lives as long as one push
EVERYBODY: Final = "*"
"""The broker's word for all users of an account."""


class _Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The broker's users by member, and up to when passes are void, by user (seconds since the epoch).

    ``permits`` names what a secretariat's pass permitted when this was written last; ``changed_at`` is when that became
    something else, and passes of before had to be replaced; 0 where it never did.
    """

    users: Annotated[dict[Line, Line], msgspec.Meta(max_length=REVOKED_MAX)] = {}
    revoked: Annotated[dict[Line, Number], msgspec.Meta(max_length=REVOKED_MAX)] = {}
    permits: Line = ""
    changed_at: Number = 0.0


class Admissions:
    """Gives passes, and pushes the network account's claims whenever some are to let nobody in any more.

    Greetings come on many threads; the rest is called by one.
    """

    def __init__(
        self,
        path: Path,
        network: str,
        member: MemberCode,
        keyring: Keyring,
        broker: Callable[[], Broker],
        passes: PassFile,
    ) -> None:
        """``path`` is where this keeps what it knows; ``member`` is the secretariat, ``passes`` has its own pass."""
        self._path = path
        self._network = network
        self._member = member
        self._keyring = keyring
        self._broker = broker
        self._passes = passes
        self._lock = threading.Lock()
        self._known = self._read()
        self._pushed: dict[str, float] = {}  # since the start: what was kept and perhaps not told is told again

    def on_members(self, publication: Publication, now: datetime) -> None:
        """Revoke whoever has left; UnavailableError if the broker cannot be told: it is then tried again."""
        users = _users(publication)
        self._notice_change(now)
        with self._lock:
            gone = set(self._known.users.values()) - set(users.values())
            revoked = self._known.revoked | {user: now.timestamp() for user in gone}
            self._keep(msgspec.structs.replace(self._known, users=users, revoked=revoked))
        self._push(now)

    def begin(self, now: datetime) -> None:
        """Look after the own pass, unless the keys are locked; what is wrong with it shows in the rounds."""
        with contextlib.suppress(ComityError):
            self._renew_own(now)

    def _renew_own(self, now: datetime) -> None:
        self._notice_change(now)
        held = self._passes.read()
        if is_due(held.held(), self._passes.permits, now) or self._is_of_before(held.issued_at):
            user = self._keyring.signer("broker").public
            self._passes.take(self._issue(Holder(self._member, user, is_secretariat=True), now))
        self._confirm(self._member, self._passes.read().issued_at)

    def greet(self, greeting: Greeting) -> bytes:
        """A pass for a member whose own is to be replaced; else nothing, and what it had before is void."""
        held, user = greeting.held, self._known.users.get(greeting.member)
        if held is None or user is None:
            return b""
        permits = right_permits(greeting.member, is_secretariat=False)
        if is_due(held, permits, greeting.at) or self._is_of_before(held.issued_at):
            return self._issue(Holder(greeting.member, user_key(user)), greeting.at)
        self._confirm(greeting.member, held.issued_at)
        return b""

    def go_round(self, now: datetime) -> None:
        """Look after the own pass, and void what is of before; what does not succeed is tried again."""
        try:
            self._renew_own(now)
            with self._lock:
                changed_at = self._known.changed_at
                if changed_at and now.timestamp() >= changed_at + PASS_GRACE_S:
                    self._revoke(EVERYBODY, changed_at)
            self._push(now)
        except ComityError as error:
            _log.warning("admissions.put_off", code=error.code, where=error.where)

    def _notice_change(self, now: datetime) -> None:
        """Note when passes began to permit something else; in a network that is new, they never did."""
        permits = self._passes.permits
        if self._known.permits == permits:
            return
        is_changed = self._path.exists() or self._passes.read().permits != permits
        with self._lock:
            self._keep(
                msgspec.structs.replace(self._known, permits=permits, changed_at=now.timestamp() if is_changed else 0.0)
            )

    def _is_of_before(self, issued_at: datetime) -> bool:
        return issued_at.timestamp() <= self._known.changed_at

    def _issue(self, holder: Holder, now: datetime) -> bytes:
        at = max(now, datetime.fromtimestamp(self._known.changed_at + 1, now.tzinfo))  # tokens know whole seconds
        token = member_pass(self._keyring.signer("account"), holder, at, at + timedelta(seconds=PASS_S))
        return token.encode()

    def _confirm(self, member: MemberCode, issued_at: datetime) -> None:
        """That ``member`` holds a pass of after the change: it needs none of before."""
        user = self._known.users.get(member)
        with self._lock:
            if user is not None and self._known.changed_at and not self._is_of_before(issued_at):
                self._revoke(user, self._known.changed_at)

    def _revoke(self, user: str, up_to: float) -> None:
        """Note that passes of ``user`` up to then are void; the next round tells the broker."""
        if self._known.revoked.get(user, 0.0) < up_to:
            self._keep(msgspec.structs.replace(self._known, revoked=self._known.revoked | {user: up_to}))

    def _keep(self, known: _Known) -> None:
        if known != self._known:
            write_durably(self._path, msgspec.json.encode(known))
            self._known = known

    def _push(self, now: datetime) -> None:
        revoked = self._known.revoked
        if revoked == self._pushed:
            return
        account, system, user = (self._keyring.signer(name) for name in ("account", "system-account", "system-user"))
        times = {name: datetime.fromtimestamp(at, now.tzinfo) for name, at in revoked.items()}
        claims = account_claims(self._keyring.signer("operator"), account.public, self._network, now, times)
        token = system_pass(system, user.public, now, now + timedelta(seconds=_PASS_S))
        push_account(self._broker(), Access(lambda: token, user.sign), account_name(account.public), claims)
        self._pushed = revoked

    def _read(self) -> _Known:
        try:
            return _parse(self._path)
        except (FileNotFoundError, InputError):
            return _Known()


def read_revoked(path: Path) -> dict[str, datetime]:
    """The broker's users who are revoked, and since when, from where ``Admissions`` keeps them; none before its first.

    Whoever writes the broker's folder anew names them again. CorruptError if the file cannot be read.
    """
    try:
        known = _parse(path)
    except FileNotFoundError:
        return {}
    except InputError as error:
        raise CorruptError(_("Who the broker lets in no more cannot be read."), where=str(path)) from error
    return {user: datetime.fromtimestamp(at, UTC) for user, at in known.revoked.items()}


def _parse(path: Path) -> _Known:
    return decode(path.read_bytes(), _Known, where=path.name, most=BODY_BYTES)


def _users(publication: Publication) -> dict[str, str]:
    found = {}
    for member in publication.members().members:
        data = publication.files.get(bureau_path(member.code))
        if data is not None:
            found[str(member.code)] = parse_bureau(data).broker
    return found
