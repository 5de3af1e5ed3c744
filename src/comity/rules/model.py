"""The rulebook of the model organisation: INTERPOL's rules on the processing of data, where software can hold to them.

Numbers are ``RPD-<article>.<ours>`` for the Rules on the Processing of Data, ``TD`` for the travel document register,
``CTY`` for what Comity itself demands. A rule with ``seen="no"`` is to be checked against the text in force. Another
organisation ships its own file; thresholds, words and texts are data. Each noun's rules stand in a file of their own.
"""

from comity.rules.access import ACCESS, FIRST_OFFICER
from comity.rules.alert import ALERTS
from comity.rules.directory import FORMATS
from comity.rules.held import HELD
from comity.rules.measure import CLOSED_CHANNELS, MEASURES
from comity.rules.message import MESSAGES
from comity.rules.model_words import MODEL_WORDS
from comity.rules.query import QUERIES
from comity.rules.record import RECORDS, RETIRED_RECORDS
from comity.rules.rulebook import Rulebook

MODEL_RULEBOOK = Rulebook(
    v=3,
    name="model organisation",
    version="2026-12",
    rules=(
        *ACCESS,
        FIRST_OFFICER,
        *QUERIES,
        *CLOSED_CHANNELS,
        *RECORDS,
        *MESSAGES,
        *ALERTS,
        *MEASURES,
        *HELD,
        *FORMATS,
    ),
    retired=RETIRED_RECORDS,
    words=MODEL_WORDS,
)
"""What the ceremony proposes to a new network, and what the demonstration runs on."""

FIRST_RULEBOOK = Rulebook(v=1, name="before the directory", version="1", rules=(FIRST_OFFICER,))
"""What a node goes by that has never acquired a directory: its holder lets an administrator in, and nothing else."""
