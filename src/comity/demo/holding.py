"""What the demonstration does for its key holders, whose keys lie in its folder for lack of people."""

from datetime import UTC, datetime
from pathlib import Path

from comity.errors import MalformedError
from comity.founding import Offline, amend_rulebook
from comity.members.keys import Keys
from comity.members.roles import RULEBOOK_PATH
from comity.peer.repository import read_publication
from comity.rules.amending import take_over
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rulebook import parse_rulebook
from comity.rules.written import RulebookError
from comity.texts import _


def take_over_rules(repository: Path, keys: Keys, offline: Offline) -> list[str]:
    """Give a stopped network the rules of this program's model, as its holders would; a line where that changed it.

    Rules of its own stay. Where the model's may not follow it goes on under its own rulebook, and the line says so.
    """
    try:
        present = parse_rulebook(read_publication(repository).files[RULEBOOK_PATH])
        taken = take_over(present, MODEL_RULEBOOK)
        amendment = amend_rulebook(repository, keys, offline, taken, datetime.now(UTC)) if taken != present else None
    except (RulebookError, MalformedError) as error:
        return [_("This network goes on under its own rulebook. {why}").format(why=error)]
    if amendment is None:
        return []
    return [
        _("The rulebook was amended to {name} {version}: {comes} rules come, {goes} go, {changes} change.").format(
            name=taken.name,
            version=taken.version,
            comes=len(amendment.comes),
            goes=len(amendment.goes),
            changes=len(amendment.changes),
        )
    ]
