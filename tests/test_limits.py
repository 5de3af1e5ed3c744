"""Every bound has its unit in its name and its reason beside it, and those that depend on each other agree."""

import re
from pathlib import Path

from comity import limits
from comity.members.roles import PERIODS, TIMESTAMP
from comity.rules.model import MODEL_RULEBOOK

UNITS = ("_BYTES", "_CHARS", "_S", "_MAX", "_MIN", "_KEPT")
_LINE = re.compile(r"^([A-Z_]+): Final = ([^#]+?)(  # (.+))?$")


def test_every_bound_has_a_unit_and_is_positive() -> None:
    names = [name for name in dir(limits) if name.isupper()]
    assert len(names) > 50
    for name in names:
        value = getattr(limits, name)
        assert isinstance(value, int | float), name
        assert value > 0, name
        assert name.endswith(UNITS) or name in ("ANSWER_THREADS", "FACE_THREADS"), name


def test_bounds_stand_once_each() -> None:
    lines = Path(limits.__file__).read_text(encoding="utf-8").splitlines()
    names = [match[1] for line in lines if (match := _LINE.match(line))]
    assert len(names) == len(set(names)) == len([name for name in dir(limits) if name.isupper()])


def test_bounds_that_depend_on_each_other_agree() -> None:
    assert limits.FRAME_BYTES < limits.PAYLOAD_BYTES
    assert limits.REPLAY_WINDOW_S > 2 * limits.SKEW_S, "an id is remembered longer than its time is accepted"
    assert limits.POSTINGS_MAX * limits.RECORD_BYTES < limits.FRAME_BYTES, "an answer travels in one frame"
    assert limits.CONTENT_BYTES >= limits.FRAME_BYTES, "an entry holds what one frame asked"
    assert limits.SEGMENT_GROUP_BYTES > limits.CONTENT_BYTES + limits.ENTRY_BYTES
    assert limits.QUERY_DEADLINE_S < limits.ASK_S
    assert limits.SESSION_IDLE_S < limits.SESSION_S
    assert limits.SEQUENCE_S <= 1.0, "tree and checkpoint follow within a second"
    assert len("all but") + limits.AUDIENCE_MEMBERS_MAX * len(" ABCDEFGH") <= limits.AUDIENCE_CHARS
    assert PERIODS[TIMESTAMP].total_seconds() < limits.DIRECTORY_GRACE_S
    skew = MODEL_RULEBOOK.find_rule("CTY-1.2")
    assert skew is not None
    assert skew.values["skew_s"] == limits.SKEW_S
    bulk = MODEL_RULEBOOK.find_rule("RPD-127.3")
    assert bulk is not None
    assert bulk.values["most"] == limits.BATCH_RECORDS_MAX
