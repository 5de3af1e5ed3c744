"""Who somebody is: a session becomes an officer, a verified frame becomes a bureau."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from comity.act import Actor, Credential, Due, Nobody, Own, Peer, Session
from comity.errors import UnauthenticatedError, UntrustedError
from comity.ids import MemberCode
from comity.members.directory import Directory
from comity.members.officer import OfficerView
from comity.signer import Frame
from comity.texts import _


class Authentication:
    """The gate's first step for the node of ``member``; ``on_use`` hears of each use of a session."""

    def __init__(
        self, member: MemberCode, directory: Callable[[], Directory], on_use: Callable[[str, datetime, datetime], None]
    ) -> None:
        self._member = member
        self._directory = directory
        self._on_use = on_use

    def __call__(self, by: Credential, unit: OfficerView, now: datetime) -> Actor:
        """The actor; UnauthenticatedError where a session is unknown or over."""
        match by:
            case Session():
                return self._officer(by, unit, now)
            case Peer():
                return self._bureau(by, now)
            case Nobody():
                return Actor(self._member, by.officer)
            case Own():
                return by.actor
            case Due():
                return self._look_again(by.actor, unit)

    def _officer(self, by: Session, unit: OfficerView, now: datetime) -> Actor:
        found = unit.find_session(by.token_hash)
        if found is None or found.is_over(now):
            raise UnauthenticatedError(
                _("Nobody is signed in here, or the session has ended."), next_step=_("Sign in.")
            )
        self._on_use(found.token_hash, found.used_at, now)
        return Actor(self._member, found.officer.name, found.officer.roles, proven=True)

    def _look_again(self, actor: Actor, unit: OfficerView) -> Actor:
        """Whoever began an act that has waited, as of now: an officer may have gone, or have other roles."""
        if not actor.officer or actor.member != self._member:
            return actor
        officer = unit.find_officer(actor.officer)
        if officer is None or officer.disabled_at is not None or officer.damage:
            return msgspec.structs.replace(actor, roles=(), proven=False)
        return msgspec.structs.replace(actor, roles=officer.roles)

    def _bureau(self, by: Peer, now: datetime) -> Actor:
        signer = find_signer(by.frame, self._directory(), now)
        # The line is named too: a member's signature that came over another member's line proves nothing new.
        return Actor(signer or by.line, proven=signer == by.line)


def find_signer(frame: Frame, directory: Directory, now: datetime) -> MemberCode | None:
    """The member in the directory whose current signing key made this frame's signature; None if nobody's did."""
    found = directory.find_signing_key(frame.key_id, now)
    if found is None:
        return None
    member, public = found
    try:
        frame.verify(public)
    except UntrustedError:
        return None
    return member
