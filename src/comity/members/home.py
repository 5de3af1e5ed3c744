"""A node's own member, as the acts of every room need to know it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from comity.ids import MemberCode
from comity.members.directory import Directory
from comity.rules.in_force import InForce
from comity.rules.model import FIRST_RULEBOOK
from comity.rules.wording import Wording
from comity.signer import Entropy, Signer


class Home(NamedTuple):
    """What acts need to know of their own node; ``wording`` gives the words of the rulebook in force.

    ``instructions`` gives those that a register declares, code and title.
    """

    member: MemberCode
    secretariat: MemberCode
    directory: Callable[[], Directory]
    signer: Signer
    entropy: Entropy
    rulebook: Callable[[], InForce] = lambda: InForce(FIRST_RULEBOOK)
    instructions: Callable[[str], Mapping[str, str]] = lambda _register: {}

    def wording(self) -> Wording:
        """The words of the rulebook in force."""
        return self.rulebook().wording

    @property
    def is_secretariat(self) -> bool:
        """Whether this is the secretariat's node: the keeper of the shared registers, and the relay."""
        return self.member == self.secretariat

    def has_rule(self, test: str, kind: str) -> bool:
        """Whether a rule of the rulebook in force judges acts of ``kind`` by ``test``: one of before has no such."""
        return bool(self.rulebook().rulebook.rules_asking(kind, test))


class Partners(Protocol):
    """Whom the acts of every room work with; a room that needs more of the node says what."""

    @property
    def home(self) -> Home:
        """The node's own member."""
