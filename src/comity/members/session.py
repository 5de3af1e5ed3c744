"""The acts of officers: signing in and out, choosing a password, being created and disabled."""

import base64
from collections.abc import Callable
from typing import Protocol

import msgspec

from comity.act import Act, Session
from comity.gate import Decision, GivesTo, Handler, UnitOfWork
from comity.ids import OfficerId
from comity.members.directory import Directory
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
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.signer import Entropy

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


class _OfOfficers:
    changes = True
    gives_to: GivesTo = "officer"

    def __init__(self, directory: Callable[[], Directory]) -> None:
        self._directory = directory

    def facts(self, act: Act, unit: OfficerUnit) -> Facts:
        """What every act has."""
        del unit
        return facts_of(act, self._directory())


class OpenSessionAct(_OfOfficers):
    """``session.open``: release is the session's token, which is kept nowhere but with the officer."""

    def __init__(self, directory: Callable[[], Directory], entropy: Entropy) -> None:
        super().__init__(directory)
        self._entropy = entropy

    def facts(self, act: Act, unit: OfficerUnit) -> Facts:
        """The password was right, it is still the same, and no wait is running."""
        body: SignIn = act.body
        officer = unit.find_officer(body.name)
        is_proven = (
            officer is not None
            and body.matches
            and bool(officer.password)
            and body.compared_with == officer.password
            and officer.disabled_at is None
            and not officer.damage
        )
        is_paused = officer is not None and officer.is_paused(act.at)
        return facts_of(act, self._directory(), actor="nobody", is_proven=is_proven, is_paused=is_paused)

    def decide(self, act: Act, verdict: Verdict, unit: OfficerUnit) -> Decision:
        """Open the session, or count the failure."""
        body: SignIn = act.body
        officer = unit.find_officer(body.name)
        if not verdict.is_allowed or officer is None:
            # A wait that is running is not prolonged: else anybody could lock an officer out for good.
            is_counted = officer is not None and not officer.is_paused(act.at)
            return Decision(changes=(SignInFailed(body.name, act.at),) if is_counted else ())
        token = base64.urlsafe_b64encode(self._entropy(TOKEN_BYTES)).decode().rstrip("=")
        opened = SessionOpened(Session(token).token_hash, officer.name, act.at)
        return Decision(release=lambda _entry: token, changes=(opened,))


class CloseSessionAct(_OfOfficers):
    """``session.close``: the body is the token's hash."""

    def decide(self, act: Act, verdict: Verdict, unit: OfficerUnit) -> Decision:
        """End it."""
        del unit
        return Decision(changes=(SessionClosed(act.body),) if verdict.is_allowed else ())


class SetPasswordAct(_OfOfficers):
    """``password.set``: an officer chooses a password; the body is a NewPassword for oneself."""

    def facts(self, act: Act, unit: OfficerUnit) -> Facts:
        """The present password was shown, or the one who came in has none yet; and no wait is running."""
        body: NewPassword = act.body
        officer = unit.find_officer(OfficerId(act.actor.officer))
        is_proven = (
            act.actor.proven
            and officer is not None
            and (officer.is_one_time or (body.matches and body.compared_with == officer.password))
        )
        is_paused = officer is not None and officer.is_paused(act.at)
        return facts_of(act, self._directory(), is_proven=is_proven, is_paused=is_paused)

    def decide(self, act: Act, verdict: Verdict, unit: OfficerUnit) -> Decision:
        """Replace the password of whoever acts, whoever the body names; or count the failure, as at the door."""
        name = OfficerId(act.actor.officer)
        if not verdict.is_allowed:
            officer = unit.find_officer(name)
            is_wrong = act.actor.proven and not act.body.matches
            is_counted = is_wrong and officer is not None and not officer.is_paused(act.at)
            return Decision(changes=(SignInFailed(name, act.at),) if is_counted else ())
        chosen = PasswordSet(name, act.body.password, is_one_time=False, kept=act.body.kept)
        return Decision(changes=(chosen,), detail={"password": password_mark(chosen.password)})


class CreateOfficerAct(_OfOfficers):
    """``officer.create``: the body is an OfficerForm; release is False when the name was taken."""

    def decide(self, act: Act, verdict: Verdict, unit: OfficerUnit) -> Decision:
        """Create the officer, unless the name was ever used."""
        form: OfficerForm = act.body
        if not verdict.is_allowed or unit.find_officer(form.name) is not None:
            return Decision(release=lambda _entry: False)
        officer = Officer(form.name, form.title, form.roles, form.password, is_one_time=True)
        return Decision(
            release=lambda _entry: True,
            changes=(OfficerCreated(officer, act.at),),
            detail={"officer": form.name, "roles": form.roles, "password": password_mark(form.password)},
        )


class ResetOfficerAct(_OfOfficers):
    """``officer.reset``: a one-time password replaces the officer's; the body is a NewPassword."""

    def decide(self, act: Act, verdict: Verdict, unit: OfficerUnit) -> Decision:
        """Replace it; release is False where there is no such officer."""
        body: NewPassword = act.body
        if not verdict.is_allowed or unit.find_officer(body.name) is None:
            return Decision(release=lambda _entry: False)
        given = PasswordSet(body.name, body.password, is_one_time=True)
        detail = {"officer": body.name, "password": password_mark(body.password)}
        return Decision(release=lambda _entry: True, changes=(given,), detail=detail)


class DisableOfficerAct(_OfOfficers):
    """``officer.disable``: the officer's sessions end now; the body is the name."""

    def decide(self, act: Act, verdict: Verdict, unit: OfficerUnit) -> Decision:
        """Disable; release is False where there is no such officer."""
        if not verdict.is_allowed or unit.find_officer(act.body) is None:
            return Decision(release=lambda _entry: False)
        ended = OfficerDisabled(act.body, act.at)
        return Decision(release=lambda _entry: True, changes=(ended,), detail={"officer": act.body})


class FirstOfficerAct:
    """``officer.first``: whoever holds the node's folder lets its first administrator in, or in again.

    It is the node's own act, on the record like every other, and needs no directory: it comes before there is one.
    Release is nothing; the body is an OfficerForm.
    """

    changes = True
    gives_to: GivesTo = "officer"

    def facts(self, act: Act, unit: OfficerUnit) -> Facts:
        """That it is the node's own act."""
        del unit
        return Facts(kind=act.kind, actor="node", is_proven=act.actor.proven)

    def decide(self, act: Act, verdict: Verdict, unit: OfficerUnit) -> Decision:
        """Create the officer, or replace the password of the one there."""
        form: OfficerForm = act.body
        detail = {"officer": form.name, "roles": form.roles, "password": password_mark(form.password)}
        if not verdict.is_allowed:
            return Decision(release=lambda _entry: False, detail=detail)
        if unit.find_officer(form.name) is None:
            officer = Officer(form.name, form.title, form.roles, form.password, is_one_time=True)
            return Decision(release=lambda _entry: True, changes=(OfficerCreated(officer, act.at),), detail=detail)
        given = PasswordSet(form.name, form.password, is_one_time=True)
        return Decision(release=lambda _entry: True, changes=(given,), detail=detail)


def session_acts(directory: Callable[[], Directory], entropy: Entropy) -> dict[str, Handler[OfficerUnit]]:
    """What this file registers at the gate."""
    return {
        "session.open": OpenSessionAct(directory, entropy),
        "session.close": CloseSessionAct(directory),
        "password.set": SetPasswordAct(directory),
        "officer.create": CreateOfficerAct(directory),
        "officer.reset": ResetOfficerAct(directory),
        "officer.disable": DisableOfficerAct(directory),
        "officer.first": FirstOfficerAct(),
    }
