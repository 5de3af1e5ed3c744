"""A node's own member, as the acts of every room need to know it."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from comity.ids import MemberCode
from comity.members.directory import Directory
from comity.signer import Entropy, Signer


class Home(NamedTuple):
    """What acts need to know of their own node."""

    member: MemberCode
    secretariat: MemberCode
    directory: Callable[[], Directory]
    signer: Signer
    entropy: Entropy

    @property
    def is_secretariat(self) -> bool:
        """Whether this is the secretariat's node: the keeper of the shared registers, and the relay."""
        return self.member == self.secretariat


class Partners(Protocol):
    """Whom the acts of every room work with; a room that needs more of the node says what."""

    @property
    def home(self) -> Home:
        """The node's own member."""
