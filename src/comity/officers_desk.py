"""The officers' desk: signing in and out, passwords, and who is an officer of this node."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

from comity.act import Actor, Nobody, Own, Session
from comity.errors import MalformedError, RefusedError, UnauthenticatedError
from comity.gate import Done, Gate, Outcome, done
from comity.ids import MemberCode, parse_officer_id
from comity.kind import Kind
from comity.members import session as session_acts
from comity.members.home import Partners
from comity.members.officer import Officer, verify_officer, verify_password
from comity.members.passwords import Passwords
from comity.members.plain import ReadingAct
from comity.members.session import NewPassword, OfficerForm, SignIn
from comity.plug import RoomPart
from comity.rules.model import FIRST_RULEBOOK
from comity.rules.offered import roles_of
from comity.rules.wording import codes_of
from comity.store import officers
from comity.store.store import Store
from comity.store.times import seconds
from comity.texts import N_, _

TOUCH_S: Final = 60.0  # a session's use is written at most this often


LIST_OFFICERS: Final = Kind[None, tuple[Officer, ...]]("officer.list", None, title=N_("Listing officers"))
"""An administrator looks at all officers of this node."""


class OfficersDesk:
    """What a node does for and about the officers of its ``member``; a node has one, as ``Node.officers``."""

    def __init__(
        self, gate: Gate[Any], store: Store, passwords: Passwords, member: MemberCode, clock: Callable[[], datetime]
    ) -> None:
        self._gate = gate
        self._store = store
        self._passwords = passwords
        self.member = member
        self._clock = clock

    def sign_in(self, name: str, password: str) -> Outcome[str]:
        """Sign an officer in; release is the session's token, None when the rulebook refused."""
        officer_id = parse_officer_id(name)
        officer = self._store.read(lambda unit: unit.find_officer(officer_id))
        compared_with = officer.password if officer else ""
        matches = self._passwords.matches(compared_with, password)
        return self._gate.perform(session_acts.OPEN, Nobody(officer_id), SignIn(officer_id, matches, compared_with))

    def sign_out(self, session: Session) -> Outcome[None]:
        """End a session."""
        return self._gate.perform(session_acts.CLOSE, session, session.token_hash)

    def choose_password(self, session: Session, password: str, present: str = "") -> Outcome[None]:
        """An officer's own password, by showing the ``present`` one: a session alone takes nobody's account over.

        Who came in by a one-time password has shown it already. MalformedError for a password that nobody should
        choose, and where the present one is needed and not given.
        """
        verify_password(password)
        officer = self.who(session)
        if not officer.is_one_time and not present:
            raise MalformedError(
                _("Your present password is needed too."), where="present", next_step=_("Type it, then the new one.")
            )
        matches = not officer.is_one_time and self._passwords.matches(officer.password, present)
        chosen = NewPassword(
            officer.name, self._passwords.hash(password), session.token_hash, matches, officer.password
        )
        return self._gate.perform(session_acts.SET_PASSWORD, session, chosen)

    def who(self, session: Session) -> Officer:
        """Whose session it is; UnauthenticatedError where it is nobody's or over. This is no act."""
        found = self._store.read(lambda unit: unit.find_session(session.token_hash))
        if found is None or found.is_over(self._clock()):
            raise UnauthenticatedError(
                _("Nobody is signed in here, or the session has ended."), next_step=_("Sign in.")
            )
        return found.officer

    def verify_may(self, session: Session, *kinds: str, on: str = "") -> Officer:
        """Whose session it is, if a role of that officer includes acts of one of ``kinds``.

        For what comes before an act, or is none: bytes that are brought, forms that are read, what became of things.
        UnauthenticatedError as ``who``; RefusedError, on the record as a refusal of the first of the kinds.
        """
        officer = self.who(session)
        refused = self._refuse(session, officer, kinds, on)
        if refused is not None:
            raise RefusedError(_("Refused by the rulebook."), rules=refused.verdict.rules, entry=refused.entry)
        return officer

    def find_refusal(self, session: Session, *kinds: str, on: str = "") -> Outcome[Any] | None:
        """The refusal that ``verify_may`` raises, as a value: for acts that answer one; None for who may."""
        return self._refuse(session, self.who(session), kinds, on)

    def _refuse(self, session: Session, officer: Officer, kinds: tuple[str, ...], on: str) -> Outcome[Any] | None:
        if any(self._gate.may_do(kind, officer.roles) for kind in kinds):
            return None
        return self._gate.turn_away(kinds[0], session, on)

    def must_choose_password(self, session: Session) -> bool:
        """Whether the officer came in by a one-time password and has chosen none since."""
        return self.who(session).is_one_time

    def give(self, name: str, title: str, roles: tuple[str, ...]) -> str:
        """A one-time password for an officer, who is created if need be: for whoever holds the node's folder.

        This is how the first administrator comes in: the node's own act, on the record.
        """
        verify_officer(title, roles, self._known_roles())
        password = self._passwords.one_time()
        form = OfficerForm(parse_officer_id(name), title.strip(), roles, self._passwords.hash(password))
        outcome = self._gate.perform(session_acts.FIRST, Own(Actor(self.member, proven=True)), form, on=name)
        if not outcome.release:
            raise RefusedError(_("The rulebook refused it."), rules=outcome.verdict.rules, entry=outcome.entry)
        return password

    def create(self, session: Session, name: str, title: str, roles: tuple[str, ...]) -> tuple[Outcome[bool], str]:
        """Create an officer, with a one-time password that is shown once. Release is False for a taken name."""
        refused = self.find_refusal(session, "officer.create", on=name)
        if refused is not None:
            return refused, ""
        verify_officer(title, roles, self._known_roles())
        password = self._passwords.one_time()
        form = OfficerForm(parse_officer_id(name), title.strip(), roles, self._passwords.hash(password))
        return self._gate.perform(session_acts.CREATE, session, form, on=name), password

    def reset(self, session: Session, name: str) -> tuple[Outcome[bool], str]:
        """A new one-time password for an officer; release is False where there is none of that name."""
        refused = self.find_refusal(session, "officer.reset", on=name)
        if refused is not None:
            return refused, ""
        password = self._passwords.one_time()
        body = NewPassword(parse_officer_id(name), self._passwords.hash(password))
        return self._gate.perform(session_acts.RESET, session, body, on=name), password

    def disable(self, session: Session, name: str) -> Outcome[bool]:
        """End an officer's sessions and let no new one begin."""
        refused = self.find_refusal(session, "officer.disable", on=name)
        return refused or self._gate.perform(session_acts.DISABLE, session, parse_officer_id(name), on=name)

    def _known_roles(self) -> tuple[str, ...]:
        """The roles of the rulebook in force; none before there is one."""
        rulebook = self._gate.in_force().rulebook
        return () if rulebook is FIRST_RULEBOOK else codes_of(roles_of(rulebook))

    def list(self, session: Session) -> Outcome[tuple[Officer, ...]]:
        """All officers."""
        return self._gate.perform(LIST_OFFICERS, session, None)


class SessionUses:
    """When sessions were last used, written a minute at a time: it follows from entries that are there."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._used: dict[str, datetime] = {}

    def note(self, token_hash: str, used_at: datetime, now: datetime) -> None:
        """A session is used now, and was written to have been used at ``used_at``."""
        if (now - used_at).total_seconds() >= TOUCH_S:
            self._used[token_hash] = now

    def write(self) -> None:
        """Write what was noted since."""
        used, self._used = self._used, {}
        for token_hash, at in used.items():
            self._store.write_rows(partial(officers.touch_session, token_hash=token_hash, used_at=seconds(at)))


class Administering(Partners, Protocol):
    """Partners of these acts."""

    @property
    def list_officers(self) -> Callable[[], tuple[Officer, ...]]:
        """All officers, as the ledger says of them."""


def _acts(partners: Administering) -> tuple[Done, ...]:
    list_officers = ReadingAct[None, tuple[Officer, ...]](partners.home.directory, lambda _: partners.list_officers())
    return (done(LIST_OFFICERS, list_officers),)


PART: Final = RoomPart((LIST_OFFICERS,), _acts)
