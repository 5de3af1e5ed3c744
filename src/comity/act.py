"""An act: who did what, on what, for which purpose. Everything that anyone does is one."""

import hashlib
from datetime import datetime
from typing import Annotated, Generic

import msgspec

from comity.bounded import Line, Name
from comity.ids import MemberCode, OfficerId
from comity.kind import Body
from comity.limits import ROLES_MAX
from comity.signer import Frame


class Session(msgspec.Struct, frozen=True):
    """A claim to be a signed-in officer, by the token that the session was opened with."""

    token: str

    @property
    def token_hash(self) -> str:
        """What a store keeps of the token: its SHA-256, since it may not be read back out of a backup."""
        return hashlib.sha256(self.token.encode()).hexdigest()


class Peer(msgspec.Struct, frozen=True):
    """A claim to be another member's node, by the signed frame that came over the line named after it.

    ``line`` is the member whose broker subject carried the bytes; only the signature counts as proof.
    """

    line: MemberCode
    frame: Frame


class Own(msgspec.Struct, frozen=True):
    """The node itself, going on with what an officer began: ``actor`` is whose act it continues."""

    actor: "Actor"


class Nobody(msgspec.Struct, frozen=True):
    """No claim yet: somebody who is signing in as ``officer``."""

    officer: OfficerId


class Actor(msgspec.Struct, frozen=True):
    """Who acts: an officer in a role at a member's bureau or post, or the bureau itself when ``officer`` is empty.

    ``proven`` is False while the session or signature that claims it has not been verified.
    """

    member: MemberCode
    officer: Line = ""
    roles: Annotated[tuple[Name, ...], msgspec.Meta(max_length=ROLES_MAX)] = ()
    post: Line = ""
    proven: bool = False


class Due(msgspec.Struct, frozen=True):
    """The node, performing an act that has waited: ``actor`` is whose it is, and is looked at again.

    ``row`` is where it waits, ``held`` what it was called while others were to release it, ``releases`` how many did.
    """

    row: int
    actor: Actor
    held: str = ""
    releases: int = 0


Credential = Session | Peer | Own | Nobody | Due


class Act(msgspec.Struct, Generic[Body], frozen=True):
    """One act, ready for a verdict.

    ``kind`` is its kind's name. ``on`` names what it concerns, for the ledger; ``body`` is what its kind says.
    ``at`` is this node's time, aware UTC.
    """

    kind: str
    actor: Actor
    at: datetime
    body: Body
    on: str = ""
    purpose: str = ""
    reference: str = ""
