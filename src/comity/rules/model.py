"""The rulebook of the model organisation: INTERPOL's rules on the processing of data, where software can hold to them.

Numbers are ``RPD-<article>.<ours>`` for the Rules on the Processing of Data, ``TD`` for the travel document register,
``CTY`` for what Comity itself demands. A rule with ``seen="no"`` is to be checked against the text in force. Another
organisation ships its own file; thresholds, words and texts are data. Each noun's rules stand in its file, those about
acts of all nouns in ``access.py``.
"""

from typing import Final

from comity.rules.access import ACCESS
from comity.rules.catalogue import PARTS
from comity.rules.model_words import MODEL_WORDS
from comity.rules.officer import FIRST_OFFICER
from comity.rules.rule import Rule
from comity.rules.rulebook import Rulebook

_AS_PUBLISHED: Final = (
    "RPD-6.1", "RPD-21.1", "RPD-107.1", "CTY-1.1", "CTY-1.2", "CTY-1.3", "CTY-1.4", "CTY-1.6", "CTY-2.1", "CTY-2.2",
    "CTY-3.1", "CTY-3.2", "CTY-1.5",
    "RPD-10.1", "RPD-10.2", "RPD-127.1", "RPD-127.2", "RPD-131.1",
    "TD-1.2", "RPD-12.1", "RPD-36.1", "RPD-7.1", "RPD-49.2", "RPD-49.3", "RPD-49.4", "RPD-112.1", "RPD-127.3",
    "RPD-127.4", "CTY-4.10", "RPD-58.1", "RPD-129.1", "RPD-107.2",
    "CTY-4.1", "CTY-4.2", "CTY-4.3", "CTY-4.4", "CTY-4.5", "CTY-4.6", "CTY-4.11", "CTY-4.7", "CTY-4.8", "CTY-4.9",
    "CTY-4.12", "CTY-4.13", "CTY-4.14", "CTY-4.15", "CTY-4.16",
    "RPD-104.1", "RPD-104.2", "RPD-104.3", "RPD-104.4",
    "RPD-131.2", "RPD-131.3", "RPD-131.4", "RPD-131.5",
    "CTY-5.1", "CTY-5.2", "CTY-5.3", "CTY-5.4", "CTY-5.5", "CTY-5.6",
    "CTY-6.1", "CTY-6.2", "CTY-6.3",
)  # fmt: skip
"""The order in which these rules were first published, which is part of the file that was signed.

Nobody adds to it: what nouns bring later stands behind, in the order of ``capabilities.py``.
"""


def in_order(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules as published, and behind them all others in the order in which they came."""
    places = {number: place for place, number in enumerate(_AS_PUBLISHED)}
    return tuple(sorted(rules, key=lambda rule: places.get(rule.number, len(places))))


MODEL_RULEBOOK = Rulebook(
    v=3,
    name="model organisation",
    version="2026-12",
    rules=in_order((*ACCESS, *(rule for part in PARTS for rule in part.rules))),
    retired=tuple(rule for part in PARTS for rule in part.retired),
    words=MODEL_WORDS,
)
"""What the ceremony proposes to a new network, and what the demonstration runs on."""

FIRST_RULEBOOK = Rulebook(v=1, name="before the directory", version="1", rules=(FIRST_OFFICER,))
"""What a node goes by that has never acquired a directory: its holder lets an administrator in, and nothing else."""
