"""What the demonstration does for its key holders, whose keys lie in its folder for lack of people."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from comity.errors import MalformedError
from comity.founding import Offline, amend_rulebook
from comity.members.keys import Keys
from comity.members.roles import RULEBOOK_PATH
from comity.peer.repository import read_publication, write_durably
from comity.rules.model import MODEL_RULEBOOK
from comity.rules.rulebook import Rulebook, parse_rulebook
from comity.rules.taking_over import find_own, take_over
from comity.rules.written import RulebookError
from comity.texts import _

MODEL: Final = "model-rulebook.json"
"""The model that a demonstration's folder took over last, beside what it makes: what differs from it is its own."""


def take_over_rules(folder: Path, repository: Path, keys: Keys, offline: Offline) -> list[str]:
    """Give a stopped network what this program's model brings, as its holders would; a line where that changed it.

    What the network changed stays. Where it is not known which model was taken over last, what differs from the
    present one is said, rule by rule. Where the model's may not follow it goes on under its own rulebook.
    """
    base = _read_model(folder)
    try:
        present = parse_rulebook(read_publication(repository).files[RULEBOOK_PATH])
        taken = take_over(present, MODEL_RULEBOOK, base)
        amendment = amend_rulebook(repository, keys, offline, taken, datetime.now(UTC)) if taken != present else None
    except (RulebookError, MalformedError) as error:
        return [_("This network goes on under its own rulebook. {why}").format(why=error)]
    keep_model(folder)
    said = _own_lines(taken) if base is None else []
    if amendment is None:
        return said
    return [
        _("The rulebook was amended to {name} {version}: {comes} rules come, {goes} go, {changes} change.").format(
            name=taken.name,
            version=taken.version,
            comes=len(amendment.comes),
            goes=len(amendment.goes),
            changes=len(amendment.changes),
        ),
        *said,
    ]


def keep_model(folder: Path) -> None:
    """Remember that this program's model is taken over."""
    write_durably(folder / MODEL, MODEL_RULEBOOK.encode())


def _read_model(folder: Path) -> Rulebook | None:
    try:
        return parse_rulebook((folder / MODEL).read_bytes())
    except (OSError, RulebookError):
        return None


def _own_lines(taken: Rulebook) -> list[str]:
    changes, words, missing = find_own(taken, MODEL_RULEBOOK)
    lines = [
        _("{number} stays as this network has it; the model says otherwise: {fields}.").format(
            number=each.number, fields=", ".join(field.name for field in each.fields)
        )
        for each in changes
    ]
    lines += [
        _("{code} stays as this network has it; the model says otherwise: {fields}.").format(
            code=each.code, fields=", ".join(field.name for field in each.fields)
        )
        for each in words
    ]
    lines += [_("{number} stays retired, as this network has it.").format(number=number) for number in missing]
    return lines
