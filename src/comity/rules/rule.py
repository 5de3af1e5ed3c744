"""One rule: a frozen, permanently numbered value that looks at facts."""

from collections.abc import Container
from typing import Annotated, Literal

import msgspec

from comity.bounded import Line, Name, Note, Number
from comity.limits import RULES_MAX
from comity.rules.verdict import Hold

Effect = Literal["ground", "condition", "mask", "hold"]
"""What a rule does: a *ground* allows when it holds (without one nothing is allowed), a *condition* refuses when it
does not hold, a *hold* keeps the act when it does not hold, until as many others have released it as its value
``releases`` says, for at most ``days`` (``waits_days`` where its test goes by ``days`` of its own); a *mask* hides the
thing when it does not hold, or the parts of it that its value ``hides`` lists."""

_Many = msgspec.Meta(max_length=RULES_MAX)
Names = Annotated[list[Line], _Many]
Value = Line | Number | Names | Annotated[dict[Line, Names], _Many]


class Rule(msgspec.Struct, frozen=True):
    """A numbered rule; how a rulebook's file writes it: ``written.py``.

    ``number`` is permanent: a rule that changes its meaning gets a new one. ``kinds`` are acts (``query.ask``) or nouns
    (``query.*``). ``test`` names a test (``catalogue.py``); ``values`` are its thresholds. ``seen`` says whether the
    wording was checked against the text in force. ``register`` is the only one that the rule is about; empty for
    all, and for acts that are about none.

    ``next_step`` says what a person does about a refusal by it; ``{purposes}`` in it stands for the purposes that the
    rulebook lists. ``reveals`` is false where a refusal by it must not tell whether the thing is there at all: what it
    alone refuses is not here, for whoever asks.

    Its meaning is effect, test and register: they never change under one number, and kinds may only be gained
    (``amending.py``).
    """

    number: Name
    article: Line
    sentence: Note
    effect: Effect
    kinds: Annotated[tuple[Name, ...], _Many]
    test: Name
    values: Annotated[dict[Name, Value], _Many] = {}
    seen: Literal["yes", "partly", "no"] = "no"
    register: Name = ""
    next_step: Note = ""
    reveals: bool = True

    @property
    def hides(self) -> tuple[str, ...]:
        """The parts that a mask hides; empty where it hides the thing itself."""
        parts = self.values.get("hides", [])
        return tuple(parts) if isinstance(parts, list) else ()

    @property
    def hold(self) -> Hold:
        """How a rule of that effect holds an act: one release within seven days, where it does not say."""
        releases = self.values.get("releases", 1)
        days = self.values.get("waits_days", self.values.get("days", 7.0))
        most = int(releases) if isinstance(releases, int | float) else 1
        return Hold(max(1, most), float(days) if isinstance(days, int | float) else 7.0)

    def is_about(self, kind: str) -> bool:
        """Whether the rule speaks on acts of ``kind``."""
        return is_about(self.kinds, kind)

    def speaks_of(self, registers: frozenset[str] | None) -> bool:
        """Whether the rule speaks on an act about these registers; where they are not known, a ground says nothing.

        A ground that is about one register allows an act about that one alone: what is not about it has another.
        """
        if not self.register:
            return True
        if self.effect == "ground":
            return registers == frozenset({self.register})
        return registers is None or self.register in registers


def is_about(kinds: Container[str], kind: str) -> bool:
    """Whether ``kinds``, which are acts, nouns (``query.*``) or all (``*``), have ``kind`` among them."""
    return kind in kinds or f"{kind.partition('.')[0]}.*" in kinds or "*" in kinds
