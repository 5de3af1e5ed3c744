"""Acts of officers that only need a verdict: what is read is read after the act is on the record."""

from collections.abc import Callable
from typing import Generic

import msgspec

from comity.act import Act
from comity.gate import Decision, GivesTo, NothingToSee
from comity.kind import Body, Release
from comity.members.directory import Directory
from comity.members.presence import facts_of
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict


class ReadingAct(NothingToSee, Generic[Body, Release]):
    """An act whose release is whatever ``read`` gives for its body."""

    changes = False
    gives_to: GivesTo = "officer"

    def __init__(self, directory: Callable[[], Directory], read: Callable[[Body], Release]) -> None:
        self._directory = directory
        self._read = read

    def facts(self, act: Act[Body], seen: None) -> Facts:
        """What every act has."""
        del seen
        return facts_of(act, self._directory())

    def decide(self, act: Act[Body], verdict: Verdict, seen: None) -> Decision[Release]:
        """Read it once the act is durable; what was looked for is on the record too."""
        del seen
        sought = msgspec.to_builtins(act.body) if isinstance(act.body, msgspec.Struct) else {}
        detail = {name: value for name, value in sought.items() if value not in ("", None)}
        if not verdict.is_allowed:
            return Decision(detail=detail)
        return Decision(release=lambda _entry: self._read(act.body), detail=detail)
