"""Stating what a node reads: the act at the secretariat by which a member's statement comes to be published."""

from collections.abc import Callable
from typing import Final

from comity.act import Act
from comity.gate import Decision, Done, GivesTo, NothingToSee, done
from comity.kind import Kind
from comity.members.directory import Directory
from comity.members.home import Partners
from comity.members.measure import PublicationAsked
from comity.members.presence import facts_of
from comity.members.reads import Told, is_outdated
from comity.plug import RoomPart
from comity.rules.facts import Facts
from comity.rules.verdict import Verdict
from comity.texts import N_

STATE: Final = Kind[Told, bytes]("reads.state", Told, title=N_("Publishing what a node reads"))
"""A member says what its node reads; release is nothing, as bytes, or None where the rulebook refused."""


class StateReads(NothingToSee):
    """What is done for ``STATE``."""

    changes = True
    gives_to: GivesTo = "everybody"

    def __init__(self, directory: Callable[[], Directory], *, is_secretariat: bool) -> None:
        self._directory = directory
        self._is_secretariat = is_secretariat

    def facts(self, act: Act[Told], seen: None) -> Facts:
        """For the rules about formats: whose statement, where it is made, and whether a later one is published."""
        del seen
        told = act.body
        directory = self._directory()
        return facts_of(
            act,
            directory,
            is_proven=act.actor.proven and told.reads.member == act.actor.member,
            is_secretariat=self._is_secretariat,
            is_replay=is_outdated(told, directory.find_told(told.reads.member)),
        )

    def decide(self, act: Act[Told], verdict: Verdict, seen: None) -> Decision[bytes]:
        """Ask for its publication in the same transaction as the act."""
        del seen
        told = act.body
        detail = {"number": told.reads.number, "formats": told.reads.formats}
        if not verdict.is_allowed:
            return Decision(detail=detail)
        asked = PublicationAsked("reads", told.frame.encode())
        return Decision(release=lambda _entry: b"", changes=(asked,), detail=detail)


def _acts(partners: Partners) -> tuple[Done, ...]:
    home = partners.home
    return (done(STATE, StateReads(home.directory, is_secretariat=home.is_secretariat)),)


PART: Final = RoomPart((STATE,), _acts)
