"""Who the broker lets in, kept in line with the directory: a projection of it, on which correctness does not depend."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec

from comity.bounded import Line, Number
from comity.errors import CorruptError, InputError
from comity.keyring import Keyring
from comity.limits import BODY_BYTES, REVOKED_MAX
from comity.members.member import parse_bureau
from comity.members.publication import Publication
from comity.members.roles import bureau_path
from comity.parsing import decode
from comity.peer.broker import push_account
from comity.peer.credentials import account_claims, account_name, system_pass
from comity.peer.nats_line import Access, Broker
from comity.peer.repository import write_durably
from comity.texts import _

_PASS_S: Final = 60.0  # the system pass lives as long as one push


class _Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The broker's users by member, and since when former ones are revoked (seconds since the epoch)."""

    users: Annotated[dict[Line, Line], msgspec.Meta(max_length=REVOKED_MAX)] = {}
    revoked: Annotated[dict[Line, Number], msgspec.Meta(max_length=REVOKED_MAX)] = {}


class Admissions:
    """Pushes the network account's claims whenever a member's key at the broker is gone from the directory."""

    def __init__(self, path: Path, network: str, keyring: Keyring, broker: Callable[[], Broker]) -> None:
        """``path`` is where the users that were known last are kept."""
        self._path = path
        self._network = network
        self._keyring = keyring
        self._broker = broker

    def __call__(self, publication: Publication, now: datetime) -> None:
        """Revoke whoever has left; UnavailableError if the broker cannot be told: it is then tried again."""
        known = self._read()
        users = _users(publication)
        gone = set(known.users.values()) - set(users.values())
        revoked = known.revoked | {user: now.timestamp() for user in gone}
        if gone:
            self._push(revoked, now)
        if _Known(users, revoked) != known:
            write_durably(self._path, msgspec.json.encode(_Known(users, revoked)))

    def _push(self, revoked: dict[str, float], now: datetime) -> None:
        account, system, user = (self._keyring.signer(name) for name in ("account", "system-account", "system-user"))
        times = {name: datetime.fromtimestamp(at, now.tzinfo) for name, at in revoked.items()}
        claims = account_claims(self._keyring.signer("operator"), account.public, self._network, now, times)
        token = system_pass(system, user.public, now, now + timedelta(seconds=_PASS_S))
        push_account(self._broker(), Access(lambda: token, user.sign), account_name(account.public), claims)

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
