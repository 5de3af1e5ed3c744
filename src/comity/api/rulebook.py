"""The rulebook that this node goes by, for whoever is signed in."""

from typing import Final

import msgspec
from litestar import get

from comity.api.given import AtNode, BySession
from comity.api.problems import SIGNED_IN, problems
from comity.api.rulebook_wire import LevelShown, PurposeShown, RoleShown, RulebookShown, RuleShown, RuleUnread
from comity.node import Node
from comity.plug import FacePart


@get("/rulebook", responses=problems(*SIGNED_IN), opt={"kind": "rulebook.show", "needs": ()}, sync_to_thread=True)
def show_rulebook(node: AtNode, session: BySession) -> RulebookShown:
    """The rules that this node goes by, and those of the directory's rulebook that its version cannot apply."""
    del session
    return rulebook_shown(node)


def rulebook_shown(node: Node) -> RulebookShown:
    """What a node says of its rulebook."""
    in_force = node.knowledge.rulebook()
    rulebook, words = in_force.rulebook, in_force.wording
    return RulebookShown(
        name=rulebook.name,
        version=rulebook.version,
        hash=rulebook.hash,
        rules=tuple(RuleShown(**msgspec.structs.asdict(rulebook.spoken(rule))) for rule in rulebook.rules),
        retired=tuple(each.number for each in rulebook.retired),
        unread=tuple(RuleUnread(each.number, each.kinds, in_force.sentence(each.number)) for each in in_force.unread),
        why=in_force.why,
        file=rulebook.encode(),
        purposes=tuple(PurposeShown(**msgspec.structs.asdict(each)) for each in words.purposes),
        levels=tuple(LevelShown(**msgspec.structs.asdict(each)) for each in words.levels),
        roles=tuple(RoleShown(**msgspec.structs.asdict(each)) for each in words.roles),
    )


PART: Final = FacePart((show_rulebook,))
