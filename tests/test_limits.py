"""Every bound has its unit in its name and its reason beside it, and those that depend on each other agree."""

import base64
import re
from pathlib import Path

import msgspec

from comity import limits
from comity.exchange.message import EXPIRY
from comity.members.ceremony import Draft
from comity.members.roles import MEMBERS_PATH, PERIODS, RULEBOOK_PATH, TARGETS, TIMESTAMP
from comity.rules.model import MODEL_RULEBOOK

CHAR_BYTES = 6  # bytes that one character takes at most, as JSON
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


def test_a_draft_with_the_largest_rulebook_twice_fits_the_api() -> None:
    """What may be published can be renewed: the next draft carries the version before beside the new one."""
    largest = {RULEBOOK_PATH: b"x" * limits.RULEBOOK_BYTES, MEMBERS_PATH: b"x" * 2_000 * limits.MEMBERS_MAX}
    one = Draft(TARGETS, b"x" * 500 * limits.MEMBERS_MAX, largest)
    draft = msgspec.structs.replace(one, before=one, root=b"x" * limits.ROOT_BYTES)
    assert len(base64.b64encode(draft.encode())) <= limits.DRAFT_CHARS < limits.DRAFT_BODY_BYTES
    assert limits.RULEBOOK_BYTES <= limits.TARGET_BYTES
    assert limits.RULEBOOK_BYTES <= limits.CONTENT_BYTES


def test_bounds_of_messages_agree_with_the_line_and_with_the_rulebook() -> None:
    assert CHAR_BYTES * limits.MESSAGE_CHARS + 2 * limits.HEAD_BYTES < limits.FRAME_BYTES, "a message travels"
    assert limits.CHUNK_BYTES < limits.FRAME_BYTES, "a chunk travels"
    chunks = -(-limits.ATTACHMENT_BYTES // limits.CHUNK_BYTES)
    assert chunks * len(f'"{0:064}",') + 200 < limits.MANIFEST_BYTES < limits.FRAME_BYTES, "a manifest travels"
    for number, name, bound in (
        ("CTY-4.5", "days", limits.ENVELOPE_DAYS_MAX),
        ("CTY-4.8", "most", limits.RELAYED_MAX),
        ("RPD-127.3", "most", limits.BATCH_RECORDS_MAX),
    ):
        rule = MODEL_RULEBOOK.find_rule(number)
        assert rule is not None
        assert rule.values[name] == bound, number
    most = MODEL_RULEBOOK.find_rule("CTY-4.9")
    assert most is not None
    recipient, wrap = '{"member":"ABCDEFGH","key":"0123456789abcdef"},', f'"ABCDEFGH":"{0:064}",'
    recipients = most.values["most"]
    assert isinstance(recipients, float)
    blobs = limits.ENVELOPE_BLOBS_MAX * len(f'"{0:064}",')
    assert recipients * len(recipient) + blobs + 1_000 < limits.HEAD_BYTES, "a head names as many as a message is for"
    assert recipients * len(wrap) + 1_000 < limits.HEAD_BYTES
    assert EXPIRY.total_seconds() / 86_400 <= limits.ENVELOPE_DAYS_MAX
