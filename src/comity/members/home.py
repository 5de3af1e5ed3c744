"""A node's own member, as the acts of every room need to know it."""

from collections.abc import Callable
from typing import NamedTuple

from comity.ids import MemberCode
from comity.members.directory import Directory
from comity.rules.wording import Wording
from comity.signer import Entropy, Signer


class Home(NamedTuple):
    """What acts need to know of their own node; ``wording`` gives the words of the rulebook in force."""

    member: MemberCode
    secretariat: MemberCode
    directory: Callable[[], Directory]
    signer: Signer
    entropy: Entropy
    wording: Callable[[], Wording] = Wording

    @property
    def is_secretariat(self) -> bool:
        """Whether this is the secretariat's node: the keeper of the shared registers, and the relay."""
        return self.member == self.secretariat
