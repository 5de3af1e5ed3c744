"""Nouns and their parts: each stands in the list once, and has what a capability needs on every floor."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comity import capabilities, plug
from comity.acts import Partners, all_kinds
from comity.api.auth import needs_of
from comity.capabilities import NOUNS
from comity.cli.program import COMMANDS
from comity.plug import FacePart, PeerPart, RoomPart, ShownPart, StorePart, StoryPart, parts
from comity.rules.kinds import KINDS
from comity.shown.held import points_by_kind
from comity.testing import Network

SOURCE = Path(capabilities.__file__).parent
FLOORS: dict[plug.Floor, type[Any]] = {
    "room": RoomPart, "store": StorePart, "peer": PeerPart, "shown": ShownPart, "api": FacePart, "web": FacePart,
    "demo": StoryPart,
}  # fmt: skip
PARTNERS_MAX = 12
NO_ROUTE = {
    "answer.receive": "follows query.ask", "record.receive": "follows record.read",
    "alert.send": "the keeper's own", "delivery.expire": "the courier's own", "held.end": "the clock's",
    "consignment.take": "follows consignment.accept", "officer.first": "for whoever holds the folder: comity officer",
    "session.open": "the door itself", "session.close": "everybody's", "password.set": "everybody's",
    "query.answer": "asked over the line", "record.show": "asked over the line", "blob.show": "asked over the line",
    "batch.accept": "comes over the line", "consignment.accept": "comes over the line",
    "message.deliver": "comes over the line", "receipt.take": "comes over the line",
    "envelope.relay": "comes over the line", "receipt.relay": "comes over the line",
    "reads.state": "comes over the line",
}  # fmt: skip
"""Kinds that no officer does by API or page, and why."""
NO_PAGE = {
    "attachment.add": "a page attaches what is sent with it", "directory.publish": "done with files, by its engineer",
    "ledger.prove": "read by programs: comity ledger",
}  # fmt: skip
"""Kinds that have a route of the API, and no page, and why."""
NO_POINTS = {
    "session.open": "its body is a password", "session.close": "its body is a session's token",
    "officer.first": "its body is a password's hash, and who holds the folder waits for nobody",
    "message.open": "its body is a message's name, and what the message says is nobody else's",
    "attachment.add": "its body is what was uploaded, under a key",
    "directory.publish": "its body is a signed file: comity ceremony shows what is in it",
    "held.release": "a word on another act, which shows its own points",
    "held.refuse": "a word on another act, which shows its own points",
    "held.end": "the clock's own, of another act", "delivery.expire": "the courier's own, of bytes that are sealed",
    "alert.send": "the keeper's own: whom it tells of which hit is nobody else's",
    "batch.accept": "signed bytes of another bureau's", "consignment.accept": "signed bytes of another bureau's",
    "consignment.take": "packed bytes of another bureau's", "message.deliver": "sealed bytes of another bureau's",
    "receipt.take": "signed bytes of another bureau's", "envelope.relay": "sealed bytes of another bureau's",
    "receipt.relay": "signed bytes of another bureau's", "reads.state": "signed bytes of another node's",
}  # fmt: skip
"""Kinds that can be held, of whose bodies nobody is shown anything, and why."""
NO_CHAPTER = {
    "blob": "An attachment is sent and read in the chapter of messages.",
    "officer": "Officers are there before the story begins, and sign in in the chapter of sessions.",
    "directory": "Every chapter is played over it: the chapters of the rulebook and of members sign it anew.",
    "network": "It is what the whole story is played in: it begins with it, and ends when it has stopped.",
}
"""Nouns that have no chapter of the story, and why."""


def modules(floor: str) -> list[str]:
    return [module for noun in NOUNS for module in getattr(noun, floor)]


def files_with_a_part() -> Iterator[str]:
    for path in SOURCE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "PART":
                yield ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def test_every_part_stands_in_the_list_once() -> None:
    named = sorted(module for floor in FLOORS for module in modules(floor))
    assert named == sorted(files_with_a_part())


@pytest.mark.parametrize("floor", FLOORS)
def test_every_part_is_of_its_floor(floor: plug.Floor) -> None:
    assert len(parts(floor, FLOORS[floor])) == len(modules(floor)) > 0


def test_a_part_of_another_floor_is_refused() -> None:
    with pytest.raises(TypeError, match=r"members\.session"):
        parts("room", StorePart)


def test_nouns_have_names_of_their_own() -> None:
    names = [noun.name for noun in NOUNS]
    assert len(names) == len(set(names))


def test_every_kind_has_a_title_and_a_rule_and_is_done_by_somebody(network: Network) -> None:
    kinds = all_kinds()
    names = sorted(kind.name for kind in kinds)
    assert names == sorted(KINDS) == sorted(network.nodes["LT"].gate.kinds)
    assert all(kind.title for kind in kinds)
    for part in parts("room", RoomPart):
        if part.kinds:
            assert {kind.name for kind in part.kinds} <= set(network.nodes["LT"].gate.kinds)


def test_every_kind_has_a_route_and_a_page_or_a_reason_why_not() -> None:
    reasons: dict[plug.Floor, set[str]] = {"api": set(NO_ROUTE), "web": {*NO_ROUTE, *NO_PAGE}}
    names = {kind.name for kind in all_kinds()}
    for floor, reasoned in reasons.items():
        routes = [route for part in parts(floor, FacePart) for route in part.all()]
        routed = {kind for route in routes for kind in (*needs_of(route), route.opt.get("kind", ""))}
        assert names - routed == reasoned - routed, floor
        assert reasoned <= names


def test_every_kind_that_can_be_held_says_what_is_shown_of_it_or_has_a_reason_why_nothing_is(network: Network) -> None:
    handlers = network.nodes["LT"].gate._handlers
    assert set(handlers) == {kind.name for kind in all_kinds()}
    held = {name for name, handler in handlers.items() if handler.changes}
    assert held == {*points_by_kind(), *NO_POINTS}
    assert not set(points_by_kind()) & set(NO_POINTS)


def test_no_change_and_no_request_is_taken_by_two() -> None:
    changes = [change for part in parts("store", StorePart) for change in part.changes]
    shown = [kind.name for part in parts("shown", ShownPart) for kind in part.points]
    begins = [each for part in parts("peer", PeerPart) for each in (*part.requests, *part.keyless)]
    routes = [(id(route)) for floor in ("api", "web") for part in parts(floor, FacePart) for route in part.all()]  # type: ignore[arg-type]
    steps = [name for part in parts("demo", StoryPart) for name, _play in part.steps]
    for found in (changes, shown, begins, routes, steps):
        assert len(found) == len(set(found))
    assert not [(one, other) for one in begins for other in begins if one != other and one.startswith(other)]


def test_every_noun_has_a_chapter_of_the_story_or_a_reason_why_not() -> None:
    assert {noun.name for noun in NOUNS if not noun.demo} == set(NO_CHAPTER)
    assert all(reason[0].isupper() and reason.endswith(".") for reason in NO_CHAPTER.values())


def test_every_command_is_there() -> None:
    for name, (module, text) in COMMANDS.items():
        assert re.fullmatch("[a-z-]+", name)
        assert text.endswith(".")
        assert importlib.import_module(f"comity.cli.{module}").app


def test_the_partners_of_acts_stay_few() -> None:
    assert len(Partners._fields) <= PARTNERS_MAX
