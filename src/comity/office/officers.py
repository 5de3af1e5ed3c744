"""What other desks ask of the officers' desk."""

from typing import Any, Protocol

from comity.act import Session
from comity.gate import Outcome
from comity.members.officer import Officer


class Officers(Protocol):
    """Says which officer may do what, before anything of an act is read."""

    def verify_may(self, session: Session, *kinds: str, on: str = "") -> Officer:
        """Whose session it is, if a role of that officer includes acts of one of ``kinds``; RefusedError else."""

    def find_refusal(self, session: Session, *kinds: str, on: str = "") -> Outcome[Any] | None:
        """The refusal that ``verify_may`` raises, as a value; None for who may."""
