"""Every bound of the program, with its unit and its reason.

What comes from outside is cut off here, before it is parsed. Names end in their unit: ``_bytes``, ``_s``, ``_chars``,
or ``_max`` for a count.
"""

from typing import Final

# What arrives
FRAME_BYTES: Final = 1_000_000  # one signed frame on the wire: below the broker's default payload of 1 MiB
BODY_BYTES: Final = 2_000_000  # one HTTP request's body: a batch typed by hand is far smaller
FIELD_CHARS: Final = 200  # one field that a person types; the longest name on a travel document has 39
REFERENCE_CHARS: Final = 100  # a case or shift number
PASSWORD_CHARS: Final = 1_000  # long phrases are welcome, megabytes to hash are not
MRZ_CHARS: Final = 200  # three lines of 30 or two of 44, with room for spaces between

# Records and queries
BATCH_RECORDS_MAX: Final = 1_000  # records entered by hand in one act; files have their own way in
RECORD_BYTES: Final = 16_000  # one encoded record
POSTINGS_MAX: Final = 8  # records that share one key and are looked at in one query; more are an error of entry
AUDIENCE_MEMBERS_MAX: Final = 256  # more members than the world has states
RECORD_YEARS_MAX: Final = 10  # default retention of travel documents in the model organisation
QUERY_DEADLINE_S: Final = 5.0  # after this an answer is "no answer by T"; peers answer within half a second

# Time
SKEW_S: Final = 120.0  # a signed time further off than this is refused; shown from a tenth of it
REPLAY_WINDOW_S: Final = 300.0  # how long ids of questions are remembered: more than twice the skew

# Sign-in
PASSWORD_CHARS_MIN: Final = 12  # NIST SP 800-63B asks for at least 8; a register of persons for more
SIGN_IN_FAILURES_MAX: Final = 5  # wrong passwords in a row before an officer has to wait
SIGN_IN_PAUSE_S: Final = 60.0  # that wait
SESSION_IDLE_S: Final = 30 * 60.0  # without an act
SESSION_S: Final = 12 * 3600.0  # a long shift

# Ledger
ENTRY_BYTES: Final = 65_535  # C2SP tlog-tiles: an entry's length is a 16-bit number
CONTENT_BYTES: Final = 1_000_000  # what lies beside an entry
CHECKPOINT_BYTES: Final = 16_000  # a note with the signatures of every member of a large network
PROOF_HASHES_MAX: Final = 64  # a tree of 2**63 entries
SEQUENCE_S: Final = 0.25  # how often new entries move into the tree; a checkpoint follows at once
SEQUENCE_ENTRIES_MAX: Final = 50_000  # entries moved in one step, so that memory stays bounded

# Directory
ROOT_BYTES: Final = 512_000
TIMESTAMP_BYTES: Final = 16_000
SNAPSHOT_BYTES: Final = 2_000_000  # 196 members take 27 kB
TARGETS_BYTES: Final = 5_000_000  # 196 members take 71 kB
TARGET_BYTES: Final = 5_000_000  # one file that the directory names
MEMBERS_MAX: Final = 400  # delegations that a client walks
DIRECTORY_GRACE_S: Final = 24 * 3600.0  # how long a directory that has expired still serves, shown as such

# This machine
DISK_RESERVE_BYTES: Final = 64 * 1024 * 1024  # below this a node refuses before the disk does
