"""An officer: a named person at a bureau, with roles, a password and a count of wrong ones."""

import hashlib
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from comity.bounded import Code
from comity.characters import verify_line
from comity.errors import MalformedError, TooLargeError
from comity.ids import OfficerId
from comity.limits import (
    CODES_MAX,
    FIELD_CHARS,
    PASSWORD_CHARS,
    PASSWORD_CHARS_MIN,
    SESSION_IDLE_S,
    SESSION_S,
    SIGN_IN_FAILURES_MAX,
    SIGN_IN_PAUSE_S,
)
from comity.texts import _


class Officer(msgspec.Struct, frozen=True):
    """An officer as the bureau keeps it.

    ``password`` is an Argon2id hash (PHC string), empty when a one-time password has been used and none chosen since.
    ``damage`` says what of this is not what the ledger last said: then nobody is let in by it.
    """

    name: OfficerId
    title: str
    roles: tuple[str, ...]
    password: str
    is_one_time: bool
    failures: int = 0
    failed_at: datetime | None = None
    disabled_at: datetime | None = None
    damage: str = ""

    def is_paused(self, now: datetime) -> bool:
        """Whether the wait after too many wrong passwords is still running."""
        if self.failures < SIGN_IN_FAILURES_MAX or self.failed_at is None:
            return False
        return now < self.failed_at + timedelta(seconds=SIGN_IN_PAUSE_S)


class OpenSession(msgspec.Struct, frozen=True):
    """A session as the store keeps it: whose it is, since when, and when it was last used."""

    token_hash: str
    officer: Officer
    opened_at: datetime
    used_at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended by age, by idleness, or because its officer was disabled, or is not what was entered."""
        return (
            now >= self.opened_at + timedelta(seconds=SESSION_S)
            or now >= self.used_at + timedelta(seconds=SESSION_IDLE_S)
            or self.officer.disabled_at is not None
            or bool(self.officer.damage)
        )


class OfficerView(Protocol):
    """What the acts of officers read from a store."""

    def find_officer(self, name: str) -> Officer | None:
        """The officer of that name, disabled ones included."""

    def find_session(self, token_hash: str) -> OpenSession | None:
        """The session whose token has that hash, over or not."""


# Changes that the acts of officers make


class OfficerCreated(msgspec.Struct, frozen=True):
    """An officer is there who was not."""

    officer: Officer
    at: datetime


class OfficerDisabled(msgspec.Struct, frozen=True):
    """The officer's sessions end, and no new one begins."""

    name: OfficerId
    at: datetime


class PasswordSet(msgspec.Struct, frozen=True):
    """A password replaces the one before; a one-time password is good for one session.

    Whoever was in by the old one has to come in again, but for the session ``kept`` (its token's hash).
    """

    name: OfficerId
    password: str
    is_one_time: bool
    kept: str = ""


class SignInFailed(msgspec.Struct, frozen=True):
    """One more wrong password."""

    name: OfficerId
    at: datetime


class SessionOpened(msgspec.Struct, frozen=True):
    """An officer signed in; a one-time password is used up."""

    token_hash: str
    name: OfficerId
    at: datetime


class SessionClosed(msgspec.Struct, frozen=True):
    """An officer signed out."""

    token_hash: str


def password_mark(password: str) -> str:
    """How entries name a password's hash: the SHA-256 of that salted, slow hash, by which nobody can try any out."""
    return hashlib.sha256(b"comity/password/v1\n" + password.encode()).hexdigest()


def verify_password(password: str) -> None:
    """Raise MalformedError or TooLargeError for a password that nobody should choose."""
    if len(password) > PASSWORD_CHARS:
        raise TooLargeError(
            _("A password has at most {most} characters.").format(most=PASSWORD_CHARS), where="password"
        )
    if len(password) < PASSWORD_CHARS_MIN or len(set(password)) < PASSWORD_CHARS_MIN // 3:
        raise MalformedError(
            _("A password has at least {least} characters, not all the same.").format(least=PASSWORD_CHARS_MIN),
            where="password",
            next_step=_("A sentence that only you would write is a good one."),
        )
    try:
        password.encode()
    except UnicodeEncodeError as error:
        raise MalformedError(_("A character of the password is none."), where="password") from error


def verify_officer(title: str, roles: tuple[str, ...], known: tuple[str, ...]) -> None:
    """Raise MalformedError for a name to show or roles that are not to be had: not of those ``known``.

    Before a node has its first rulebook none is known: then a role only has to be written as roles are.
    """
    if not title.strip() or len(title) > FIELD_CHARS:
        raise MalformedError(_("An officer has a name to show."), where="title")
    verify_line(title, "title")
    if not roles or len(roles) > CODES_MAX or (known and not set(roles) <= set(known)):
        raise MalformedError(_("Roles are some of: {names}.").format(names=", ".join(known) or "-"), where="roles")
    for role in roles:
        try:
            msgspec.convert(role, Code)
        except msgspec.ValidationError as error:
            raise MalformedError(
                _("A role is called by small letters, digits and hyphens."),
                where="roles",
                next_step=_("Take its code from the rulebook, not its title."),
            ) from error
