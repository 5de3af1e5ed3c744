"""The acts of officers: signing in and out, choosing a password, being created and disabled."""

import base64
from collections.abc import Callable
from typing import Final, Generic, Protocol

import msgspec

from comity.act import Act, Session
from comity.gate import Decision, Done, GivesTo, UnitOfWork, done
from comity.ids import OfficerId
from comity.kind import Body, Kind
from comity.members.directory import Directory
from comity.members.home import Partners
from comity.members.officer import (
    Officer,
    OfficerCreated,
    OfficerDisabled,
    OfficerView,
    PasswordSet,
    SessionClosed,
    SessionOpened,
    SignInFailed,
    password_mark,
)
from comity.members.presence import facts_of
from comity.plug import RoomPart
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.signer import Entropy
from comity.texts import N_

TOKEN_BYTES = 32


class OfficerUnit(UnitOfWork, OfficerView, Protocol):
    """A unit of work that knows officers."""


class SignIn(msgspec.Struct, frozen=True):
    """An officer's try to sign in: the password was compared with ``compared_with`` before the act began.

    Comparing takes tens of milliseconds on purpose, which is too long inside a transaction.
    """

    name: OfficerId
    matches: bool
    compared_with: str


class OfficerForm(msgspec.Struct, frozen=True):
    """An officer to be created, with the hash of the one-time password."""

    name: OfficerId
    title: str
    roles: tuple[str, ...]
    password: str


class NewPassword(msgspec.Struct, frozen=True):
    """The hash of a password that ``name`` chose, or that an administrator gave for one session.

    Who chooses one shows the present one, compared with ``compared_with`` before the act began: see ``SignIn``.
    """

    name: OfficerId
    password: str
    kept: str = ""  # the hash of the token of the session that goes on
    matches: bool = False
    compared_with: str = ""


class _OfOfficers(Generic[Body]):
    changes = True
    gives_to: GivesTo = "officer"

    def __init__(self, directory: Callable[[], Directory]) -> None:
        self._directory = directory

    def facts(self, act: Act[Body], officer: Officer | None) -> Facts:
        """What every act has."""
        del officer
        return facts_of(act, self._directory())


class _OfOneself(_OfOfficers[Body]):
    def look(self, act: Act[Body], unit: OfficerUnit) -> Officer | None:
        """Whoever acts."""
        return unit.find_officer(OfficerId(act.actor.officer))


OPEN: Final = Kind[SignIn, str]("session.open", SignIn, title=N_("Signing in"))
"""An officer signs in; release is the session's token, which is kept nowhere but with the officer."""


class OpenSessionAct(_OfOfficers[SignIn]):
    """What is done for ``OPEN``."""

    def __init__(self, directory: Callable[[], Directory], entropy: Entropy) -> None:
        super().__init__(directory)
        self._entropy = entropy

    def look(self, act: Act[SignIn], unit: OfficerUnit) -> Officer | None:
        """The officer of that name."""
        return unit.find_officer(act.body.name)

    def facts(self, act: Act[SignIn], officer: Officer | None) -> Facts:
        """The password was right, it is still the same, and no wait is running."""
        is_proven = (
            officer is not None
            and act.body.matches
            and bool(officer.password)
            and act.body.compared_with == officer.password
            and officer.disabled_at is None
            and not officer.damage
        )
        is_paused = officer is not None and officer.is_paused(act.at)
        return facts_of(act, self._directory(), actor="nobody", is_proven=is_proven, is_paused=is_paused)

    def decide(self, act: Act[SignIn], verdict: Verdict, officer: Officer | None) -> Decision[str]:
        """Open the session, or count the failure."""
        if not verdict.is_allowed or officer is None:
            # A wait that is running is not prolonged: else anybody could lock an officer out for good.
            is_counted = officer is not None and not officer.is_paused(act.at)
            return Decision(changes=(SignInFailed(act.body.name, act.at),) if is_counted else ())
        token = base64.urlsafe_b64encode(self._entropy(TOKEN_BYTES)).decode().rstrip("=")
        opened = SessionOpened(Session(token).token_hash, officer.name, act.at)
        return Decision(release=lambda _entry: token, changes=(opened,))


CLOSE: Final = Kind[str, None]("session.close", str, title=N_("Signing out"))
"""An officer signs out; the body is the token's hash."""


class CloseSessionAct(_OfOneself[str]):
    """What is done for ``CLOSE``."""

    def decide(self, act: Act[str], verdict: Verdict, officer: Officer | None) -> Decision[None]:
        """End it."""
        del officer
        return Decision(changes=(SessionClosed(act.body),) if verdict.is_allowed else ())


SET_PASSWORD: Final = Kind[NewPassword, None]("password.set", NewPassword, title=N_("Choosing a password"))
"""An officer chooses a password; the body is for oneself."""


class SetPasswordAct(_OfOneself[NewPassword]):
    """What is done for ``SET_PASSWORD``."""

    def facts(self, act: Act[NewPassword], officer: Officer | None) -> Facts:
        """The present password was shown, or the one who came in has none yet; and no wait is running."""
        body = act.body
        is_proven = (
            act.actor.proven
            and officer is not None
            and (officer.is_one_time or (body.matches and body.compared_with == officer.password))
        )
        is_paused = officer is not None and officer.is_paused(act.at)
        return facts_of(act, self._directory(), is_proven=is_proven, is_paused=is_paused)

    def decide(self, act: Act[NewPassword], verdict: Verdict, officer: Officer | None) -> Decision[None]:
        """Replace the password of whoever acts, whoever the body names; or count the failure, as at the door."""
        name = OfficerId(act.actor.officer)
        if not verdict.is_allowed:
            is_wrong = act.actor.proven and not act.body.matches
            is_counted = is_wrong and officer is not None and not officer.is_paused(act.at)
            return Decision(changes=(SignInFailed(name, act.at),) if is_counted else ())
        chosen = PasswordSet(name, act.body.password, is_one_time=False, kept=act.body.kept)
        return Decision(changes=(chosen,), detail={"password": password_mark(chosen.password)})


CREATE: Final = Kind[OfficerForm, bool]("officer.create", OfficerForm, title=N_("Creating an officer"))
"""An officer is created; release is False where the name was taken."""


class CreateOfficerAct(_OfOfficers[OfficerForm]):
    """What is done for ``CREATE``."""

    def look(self, act: Act[OfficerForm], unit: OfficerUnit) -> Officer | None:
        """Whoever has, or had, that name."""
        return unit.find_officer(act.body.name)

    def decide(self, act: Act[OfficerForm], verdict: Verdict, officer: Officer | None) -> Decision[bool]:
        """Create the officer, unless the name was ever used."""
        form = act.body
        if not verdict.is_allowed or officer is not None:
            return Decision(release=lambda _entry: False)
        return Decision(
            release=lambda _entry: True,
            changes=(OfficerCreated(_new_officer(form), act.at),),
            detail={"officer": form.name, "roles": form.roles, "password": password_mark(form.password)},
        )


RESET: Final = Kind[NewPassword, bool]("officer.reset", NewPassword, title=N_("Resetting a password"))
"""A one-time password replaces an officer's; release is False where there is no such officer."""


class ResetOfficerAct(_OfOfficers[NewPassword]):
    """What is done for ``RESET``."""

    def look(self, act: Act[NewPassword], unit: OfficerUnit) -> Officer | None:
        """The officer of that name."""
        return unit.find_officer(act.body.name)

    def decide(self, act: Act[NewPassword], verdict: Verdict, officer: Officer | None) -> Decision[bool]:
        """Replace it."""
        body = act.body
        if not verdict.is_allowed or officer is None:
            return Decision(release=lambda _entry: False)
        given = PasswordSet(body.name, body.password, is_one_time=True)
        detail = {"officer": body.name, "password": password_mark(body.password)}
        return Decision(release=lambda _entry: True, changes=(given,), detail=detail)


DISABLE: Final = Kind[OfficerId, bool]("officer.disable", str, title=N_("Disabling an officer"))
"""An officer's sessions end now, for good; the body is the name, release is False where there is no such officer."""


class DisableOfficerAct(_OfOfficers[OfficerId]):
    """What is done for ``DISABLE``."""

    def look(self, act: Act[OfficerId], unit: OfficerUnit) -> Officer | None:
        """The officer of that name."""
        return unit.find_officer(act.body)

    def decide(self, act: Act[OfficerId], verdict: Verdict, officer: Officer | None) -> Decision[bool]:
        """Disable."""
        if not verdict.is_allowed or officer is None:
            return Decision(release=lambda _entry: False)
        ended = OfficerDisabled(act.body, act.at)
        return Decision(release=lambda _entry: True, changes=(ended,), detail={"officer": act.body})


FIRST: Final = Kind[OfficerForm, bool]("officer.first", OfficerForm, title=N_("Giving a password at the folder"))
"""Whoever holds the node's folder lets its first administrator in, or in again.

It is the node's own act, on the record like every other, and needs no directory: it comes before there is one.
"""


class FirstOfficerAct:
    """What is done for ``FIRST``."""

    changes = True
    gives_to: GivesTo = "officer"

    def look(self, act: Act[OfficerForm], unit: OfficerUnit) -> Officer | None:
        """The officer of that name."""
        return unit.find_officer(act.body.name)

    def facts(self, act: Act[OfficerForm], officer: Officer | None) -> Facts:
        """That it is the node's own act."""
        del officer
        return Facts(kind=act.kind, actor="node", is_proven=act.actor.proven, roles=frozenset(act.actor.roles))

    def decide(self, act: Act[OfficerForm], verdict: Verdict, officer: Officer | None) -> Decision[bool]:
        """Create the officer, or replace the password of the one there."""
        form = act.body
        detail = {"officer": form.name, "roles": form.roles, "password": password_mark(form.password)}
        if not verdict.is_allowed:
            return Decision(release=lambda _entry: False, detail=detail)
        change = (
            OfficerCreated(_new_officer(form), act.at)
            if officer is None
            else PasswordSet(form.name, form.password, is_one_time=True)
        )
        return Decision(release=lambda _entry: True, changes=(change,), detail=detail)


ON_ROLL: Final = (CREATE.name, FIRST.name, RESET.name, DISABLE.name, SET_PASSWORD.name)
"""The acts by which the ledger says who is an officer, in which roles and by which password: the roll is made of them.

What changes an officer's row is one of these, or nobody is let in by that row any more. A further one is taken in by
``tiles/roll.py``, and costs a migration of the index ``ledger_entry_roll``, which has these very names.
"""


def _new_officer(form: OfficerForm) -> Officer:
    return Officer(form.name, form.title, form.roles, form.password, is_one_time=True)


def _acts(partners: Partners) -> tuple[Done, ...]:
    directory, entropy = partners.home.directory, partners.home.entropy
    return (
        done(OPEN, OpenSessionAct(directory, entropy)),
        done(CLOSE, CloseSessionAct(directory)),
        done(SET_PASSWORD, SetPasswordAct(directory)),
        done(CREATE, CreateOfficerAct(directory)),
        done(RESET, ResetOfficerAct(directory)),
        done(DISABLE, DisableOfficerAct(directory)),
        done(FIRST, FirstOfficerAct()),
    )


PART: Final = RoomPart((OPEN, CLOSE, SET_PASSWORD, CREATE, RESET, DISABLE, FIRST), _acts)
