"""The rulebook's answer to an act. A refusal is a value that carries its reasons."""

from typing import Literal

import msgspec

Is = Literal["allowed", "refused", "held", "masked"]


class Hold(msgspec.Struct, frozen=True):
    """How an act is held: until so many others have released it, for so many days at most."""

    releases: int
    days: float


class Verdict(msgspec.Struct, frozen=True):
    """What the rulebook said, by which rules, in which version.

    ``rules`` are the numbers that decided. When the act is refused: the conditions that did not hold, or the grounds
    that were sought in vain. When it is allowed: everything that spoke, and nothing tells from it whether a mask hid
    something; ``hidden_by`` does, and stays in this node's ledger. ``hides`` are the parts that are hidden, where the
    masks name parts. ``hold`` says how an act is held. ``rulebook`` is the hash of the rulebook's bytes.
    """

    outcome: Is
    rules: tuple[str, ...]
    rulebook: str
    hidden_by: tuple[str, ...] = ()
    hides: frozenset[str] = frozenset()
    hold: Hold | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether the act may be done; what a mask hides is not there for this actor, the act itself is allowed."""
        return self.outcome in ("allowed", "masked")


def allowed(rules: tuple[str, ...], rulebook: str) -> Verdict:
    """The act may be done."""
    return Verdict("allowed", rules, rulebook)


def refused(rules: tuple[str, ...], rulebook: str) -> Verdict:
    """The act may not be done."""
    return Verdict("refused", rules, rulebook)


def masked(
    rules: tuple[str, ...], hidden_by: tuple[str, ...], rulebook: str, hides: frozenset[str] = frozenset()
) -> Verdict:
    """The act may be done, and what it asks for, or the parts ``hides`` of it, are hidden."""
    return Verdict("masked", rules, rulebook, hidden_by, hides)


def held(rules: tuple[str, ...], rulebook: str, hold: Hold) -> Verdict:
    """The act is not done yet: others are to release it first."""
    return Verdict("held", rules, rulebook, hold=hold)
