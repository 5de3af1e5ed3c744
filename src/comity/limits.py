"""Every bound of the program, with its unit and its reason.

What comes from outside is cut off here, before it is parsed. Names end in their unit: ``_bytes``, ``_s``, ``_chars``,
or ``_max`` for a count.
"""

from typing import Final

# What arrives
FRAME_BYTES: Final = 1_000_000  # one signed frame on the wire: below the broker's default payload of 1 MiB
BODY_BYTES: Final = 2_000_000  # one HTTP request's body: a batch typed by hand is far smaller
SEEN_CHARS: Final = 20  # of a code, at once, in its field on a page: the longest that registers declare has 17
FIELD_CHARS: Final = 200  # one field that a person types; the longest name on a travel document has 39
OWN_AMENDED_MAX: Final = 500  # own records that one act changes by their numbers; more go by a file
REFERENCE_CHARS: Final = 100  # a case or shift number
PASSWORD_CHARS: Final = 1_000  # long phrases are welcome, megabytes to hash are not
NAME_CHARS: Final = 100  # a word of the program's own: a kind of act, a purpose, a field, a rule's number
RULE_NUMBER_CHARS: Final = 24  # a rule's number that another node says: the model's have at most eight characters
HOST_CHARS: Final = 255  # a machine's name or address (RFC 1035)
RULES_MAX: Final = 256  # rules that spoke about one act; the model organisation has a quarter of that in all
COUNT_MAX: Final = 2**53 - 1  # any count, position or size: what every reader of JSON counts exactly, and SQL keeps
NESTING_MAX: Final = 16  # objects and lists in one another; the directory's roles, the deepest of ours, have 7
RETIRED_MAX: Final = 1_000  # rules that have gone, which a rulebook remembers: four times those in force
RULE_DAYS_MAX: Final = 36_600  # any time that a rule lets pass: a hundred years, so that every such day has a date
RULE_YEARS_MAX: Final = 100  # the same in years
RULE_SKEW_S: Final = 86_400.0  # how far off a rule may let a signed time be: a day
RELEASES_MAX: Final = 20  # officers who are to release one held act, at one bureau
CODES_MAX: Final = 64  # purposes of a rulebook, or levels, or roles: one list of choices; the model has 9
RULEBOOK_BYTES: Final = 1_000_000  # one rulebook; the model organisation's has a twentieth of that
FIELDS_MAX: Final = 64  # fields of a record, or of what a hit shows; persons have 12
MRZ_CHARS: Final = 200  # three lines of 30 or two of 44, with room for spaces between

# Messages
MESSAGE_CHARS: Final = 100_000  # fifty pages; longer things are attached
HEAD_BYTES: Final = 64_000  # what travels of an envelope in clear, and its seals: 400 recipients take 40,000
FILLED_FIELDS_MAX: Final = 32  # fields of one form of a message; the longest of ours has seven
REMARK_CHARS: Final = 2_000  # a remark in a form that is answered within minutes: a page
ENVELOPE_DAYS_MAX: Final = 31.0  # how far ahead an envelope may say that it expires
ENVELOPE_BLOBS_MAX: Final = 8  # attachments of one message
ATTACHMENT_BYTES: Final = 50_000_000  # one attachment
CHUNK_BYTES: Final = 256 * 1024  # of a blob: one answer on the line, and what is sent again after a cut
MANIFEST_BYTES: Final = 64_000  # the list of a blob's chunks; 50 MB take 13,000
RECEIPT_RULES_MAX: Final = 32  # rules that one receipt names
RELAYED_MAX: Final = 10_000  # parcels of one member that the relay keeps for others
THREAD_MAX: Final = 500  # messages of one thread that are opened together: the newest, and the one asked for
SHARE_MIN: Final = 5  # messages of each sender that a list shared among them looks at, however many they are
WAITING_SHOWN_MAX: Final = 10  # messages of one sender that wait for an answer, in one list of those of all
PRESSING_SHOWN_MAX: Final = 3  # of these, beside a page of the inbox that does not have them
MESSAGES_REMEMBERED_MAX: Final = 10_000  # messages of which a node remembers what they refer to, 150 bytes each

# Records and queries
BATCH_RECORDS_MAX: Final = 1_000  # records entered by hand in one act; files have their own way in
RECORD_BYTES: Final = 16_000  # one encoded record
BATCH_HEAD_BYTES: Final = 16_000  # a batch's signed head; it has about 400
NAME_POSTINGS_MAX: Final = 64  # persons in one answer; more of one name are told that there may be more
ELEMENT_CHARS_MAX: Final = 200_000  # of one person in a list in XML; the longest of the United Nations has 15,000
ELEMENT_DEPTH_MAX: Final = 16  # elements of such a list in one another; the United Nations' has 5
GROUP_ENTRIES_MAX: Final = 100  # of one group of a record: the longest on the United Nations' list has 23 names
NOTE_CHARS: Final = 4_000  # a remark in a record; the longest on that list has 1,423
PERSON_YEARS_MAX: Final = 5  # RPD article 49: retention until the purpose is reviewed
POSTINGS_MAX: Final = 8  # documents in one answer; more under one number are an error of entry
KEY_ANSWERS_MAX: Final = 4  # full answers that a key keeps of a source and audience, and that are read of a source
BATCH_FILE_RECORDS_MAX: Final = 50_000  # records in one signed batch: 100 million documents are 2,000 files
BATCH_FILE_BYTES: Final = 64_000_000  # its file, held in memory once while it is verified; a record takes 450 bytes
BATCH_PARTS_MAX: Final = -(-BATCH_FILE_BYTES // CHUNK_BYTES)  # in which it is fetched again
FILE_LINES_MAX: Final = 1_000_001  # of one file of records, its titles included: what one consignment may change
FILE_BYTES: Final = 1_000_000_000  # of one file of records
FILE_BODY_BYTES: Final = FILE_BYTES + 64_000  # a file of records as a body: what is a little over is told so
FILE_REPORT_MAX: Final = 1_000  # refused lines of a file that are named; all are counted
REFUSAL_CHARS: Final = 400  # why one of them is refused, and its fields: all of them together within BODY_BYTES
LINE_CHARS_MAX: Final = 65_536  # one line of a file of records
MAPPING_BYTES: Final = 64_000  # a mapping file
GONE_UNASKED_MAX: Final = 2  # records that a whole list takes out without their number being said, or a tenth of all
FILES_OFFICER_MAX: Final = 4  # files that one officer has brought and not yet entered
FILES_MAX: Final = 32  # of all officers; beyond it each who has none may bring one
FILE_KEPT_S: Final = 24 * 3600.0  # a file that was brought and never entered is dropped then
LOT_RECORDS_MAX: Final = 10_000  # records of a file that travel as one batch: about 4 MB of travel documents
LOT_BYTES: Final = 8_000_000  # of records in one lot; its file has at most a tenth more, and fits one blob
CONSIGNMENT_LOTS_MAX: Final = 400  # a million records of up to 3 kB; 400 lots take 110 kB of one frame
CONSIGNMENT_REMOVED_MAX: Final = 10_000  # records that one consignment takes out; they take 750 kB of one frame
DOCUMENT_YEAR_MIN: Final = 1905  # of a date about a document; spreadsheets' zeros lie in 1899, 1900 and 1904
AGE_YEARS_MAX: Final = 125  # of whoever carries a document: the oldest person known lived 122 years
VEHICLE_YEARS_MAX: Final = 5  # RPD 49: where nothing else was set for a register
VEHICLE_YEAR_MIN: Final = 1905  # of a theft; spreadsheets' zeros lie in 1899, 1900 and 1904
NUMBER_CHARS: Final = 40  # a document's number; the longest that a machine-readable zone carries has 23
NUMBERS_ASKED_MAX: Final = 4  # numbers that one document's zone leaves open; two in a few zones of a hundred
INDEX_MAP_BYTES: Final = 64 * 1024 * 1024  # an index's map at first; it doubles when it is full
INDEX_READERS_MAX: Final = 512  # reading threads of all processes that have one index open
AUDIENCE_CHARS: Final = 2_400  # the text of the longest audience
AUDIENCE_MEMBERS_MAX: Final = 256  # more members than the world has states
REACH_MEMBERS_MAX: Final = 1_000  # named as the audience of a whole change: more than a directory lists members
KEY_AUDIENCES_MAX: Final = 16  # different audiences of one source's records under one key; a few are usual
COMPARED_MAX: Final = 300  # records and keys of an index compared in a step of a second: ten million take 9 hours
COMPARE_PAUSED_MAX: Final = 3_600  # steps of a second between two rounds of comparing
HELD_PAGE_MAX: Final = 500  # held acts in one list
DUE_ACTS_MAX: Final = 100  # acts whose time has come that are performed in one round
INDEX_ANEW_BYTES: Final = 4_000_000  # an index this small is built again faster than it is walked through
INDEX_WALK_S: Final = 30.0  # walking through an index after an unclean end, and as much again for each gigabyte
FOLLOWED_ENTRIES_MAX: Final = 20_000  # entries taken into an index in one transaction, unless one change has more
RECORD_YEARS_MAX: Final = 10  # default retention of travel documents in the model organisation
MESSAGE_DAYS_MAX: Final = (
    30  # how long a message, a notice and a receipt are tried; a rule that asks for less stops them
)
QUERY_DEADLINE_S: Final = 5.0  # after this an answer is "no answer by T"; peers answer within half a second

# Time
SKEW_S: Final = 120.0  # a signed time further off than this is refused; shown from a tenth of it
PACE_MAX: Final = 1_000  # how far an officer's acts of one minute are counted; the rulebook decides what is too fast
REPLAY_WINDOW_S: Final = 300.0  # how long ids of questions are remembered: more than twice the skew

YEAR_MIN: Final = 2000  # of a signed time: within these years, reckoning in any time zone stays in the calendar
YEAR_MAX: Final = 2999

# Sign-in
PASSWORD_CHARS_MIN: Final = 12  # NIST SP 800-63B asks for at least 8; a register of persons for more
PASSPHRASE_CHARS_MIN: Final = 16  # a key speaks for a member, and whoever has its file tries as often as they like
SIGN_IN_FAILURES_MAX: Final = 5  # wrong passwords in a row before an officer has to wait
SIGN_IN_PAUSE_S: Final = 60.0  # that wait
SESSION_IDLE_S: Final = 30 * 60.0  # without an act
SESSION_S: Final = 12 * 3600.0  # a long shift

# Ledger
ENTRY_BYTES: Final = 65_535  # C2SP tlog-tiles: an entry's length is a 16-bit number
CONTENT_BYTES: Final = 1_000_000  # what lies beside an entry
CHECKPOINT_BYTES: Final = 64_000  # a note with cosignatures of every member of a large network (26 kB for 196)
PROOF_HASHES_MAX: Final = 64  # a tree of 2**63 entries
SEQUENCE_S: Final = 0.25  # how often new entries move into the tree; a checkpoint follows at once
UNTOLD_CHECKPOINTS_MAX: Final = 12  # ahead of what the store was told: in a burst of 60,000 entries, of 1 kB in memory
SEQUENCE_ENTRIES_MAX: Final = 5_000  # entries under one checkpoint: what comes in a burst waits for no later one
NAMES_REMEMBERED_MAX: Final = 2 * UNTOLD_CHECKPOINTS_MAX * SEQUENCE_ENTRIES_MAX  # as far as one is sought that is twice

# Directory
ROOT_BYTES: Final = 512_000
TIMESTAMP_BYTES: Final = 16_000
SNAPSHOT_BYTES: Final = 2_000_000  # 196 members take 27 kB
TARGETS_BYTES: Final = 5_000_000  # 196 members take 71 kB
TARGET_BYTES: Final = 5_000_000  # one file that the directory names
MEMBERS_MAX: Final = 400  # delegations that a client walks
DIRECTORY_GRACE_S: Final = 24 * 3600.0  # how long a directory that has expired still serves, shown as such
BUREAU_BYTES: Final = 64_000  # what one bureau says about itself; without posts and former keys it takes 700 bytes
POSTS_MAX: Final = 200  # border crossings, ports and patrols that a bureau names
FORMER_KEYS_MAX: Final = 16  # signing keys before the present one: a yearly change over the longest retention
KNOWN_KEYS_MAX: Final = 256  # signing keys by which a node knows a member: another one each month for 21 years
MEMBER_COUNTRIES_MAX: Final = 16  # issuing states that one member answers for; Great Britain's passports have six
FORMATS_MAX: Final = 200  # formats that one node says it reads; this program has about thirty
READS_BYTES: Final = 12_000  # one such statement, signed; those of MEMBERS_MAX fit into TARGET_BYTES, in base64 twice
STANDING_STATEMENTS_MAX: Final = 5_000  # three channels of every member, some of them with dated measures
ROOT_HOLDERS_MAX: Final = 20  # people who hold a key of the root
ROOT_ROTATIONS_MAX: Final = 64  # roots that a node that was away catches up with; one a year is usual
DIRECTORY_FILES_MAX: Final = 4 * MEMBERS_MAX  # files that one draft, nudge or stored directory has
REVOKED_MAX: Final = 100_000  # keys that the broker lets in no more
DIRECTORY_BYTES: Final = 50_000_000  # a verified directory as a node stores it, every file in base64
REPOSITORY_VERSIONS_KEPT: Final = 8  # versions of a role that a client in the middle of a refresh may still ask for

# Key files
KEY_FILE_BYTES: Final = 64_000
KEY_FILE_KEYS_MAX: Final = 32  # a node has three, the secretariat a few more

# Evidence
EVIDENCE_BYTES: Final = 64_000_000  # one file of evidence
EVIDENCE_ITEMS_MAX: Final = 5_000  # entries, statements or names in it
FRAME_KEPT_BYTES: Final = 400_000  # a statement that an entry keeps whole; of a longer one the hash alone

# Damage
DAMAGE_KNOWN_MAX: Final = 1_000  # damaged things that a node remembers; with more it is to be brought back whole
PROBLEMS_MAX: Final = 1_000  # that health lists: some dozens of kinds, and one for each index and each background work
DAMAGE_NAMED_MAX: Final = 3  # of one kind that health names; the rest are counted
CHECKED_WHOLE_BYTES: Final = 64_000_000  # of a database that is compared with its indexes at each start: about a second
CARE_S: Final = 1.0  # how often the caretaker goes on with its round
ENDING_S: Final = 10.0  # how often a node looks for records that are over
CARE_BYTES: Final = 1_000_000  # of what is stored that it looks at in one step: about 5 ms of work a second
CARE_ROUND_S: Final = 600.0  # between two rounds; a large node's round takes hours by itself
CARE_AGAIN_S: Final = 60.0  # the same while something is known to be damaged: what was mended is said soon

# Diagnostics
TRACE_PLACES_MAX: Final = 20  # of one error, the innermost
TRACE_CAUSES_MAX: Final = 4  # errors that caused one another

# This machine
DISK_RESERVE_BYTES: Final = 64 * 1024 * 1024  # below this a node refuses before the disk does

# Ledger files
NOTE_SIGNATURES_MAX: Final = 512  # C2SP asks for at least 16; the log, and every member of a large network as witness
SEGMENT_GROUP_BYTES: Final = 8_000_000  # entries that one sync makes durable together
SEGMENT_FILE_BYTES: Final = 64_000_000  # a segment file goes on in a new one from here

# Transport
PAYLOAD_BYTES: Final = FRAME_BYTES + 1_000  # what the broker carries at once: a frame, the answer's first byte, headers
ASK_S: Final = 60.0  # the longest deadline of a question
ASKS_MAX: Final = 1_024  # questions of one node that wait for an answer; more are told at once that the line is busy
ANSWERS_MAX: Final = 256  # questions of others in hand at one node; more are told at once that it is busy
ANSWERS_MEMBER_MAX: Final = 96  # of these from one member, so that no member takes all the room
ANSWERS_OWN_MAX: Final = 4  # places that each member has beyond that total: others cannot take them
BUSY_SIGNS_MAX: Final = 1_024  # answers not yet sent, from where on a question that is turned away is not answered
REPLIES_MAX: Final = 16  # answers to one question not yet looked at; only the member asked, or the broker, makes more
LINE_PENDING_MAX: Final = 8_192  # messages of one subscription not yet handed on; more are dropped: 0.4 s of a flood
LINE_PENDING_BYTES: Final = 64_000_000  # of these: 64 of the largest frames
ANSWER_THREADS: Final = 64  # answered side by side: the writer commits them in groups
NUDGES_MAX: Final = 16  # nudges not yet looked at; more are dropped, since following asks anyway
LINE_CONNECT_S: Final = 5.0  # until the broker has let a node in
LINE_PING_S: Final = 1.0  # how often the line's round trip is measured, and a silent loss noticed
LINE_PONG_S: Final = 3.0  # a line that does not answer by then is dropped and made anew
LINE_RETRY_S: Final = 2.0  # longest pause between two attempts to connect
PASS_S: Final = 90 * 24 * 3600.0  # longest validity of what lets a member's node into the broker
PASS_RENEW_S: Final = 30 * 24 * 3600.0  # a pass that ends within this time is replaced: a month to notice where not
PASS_GRACE_S: Final = 24 * 3600.0  # after passes have changed, how long one of before still lets in
PASS_BYTES: Final = 8_000  # a token; ours have 900
SUBSCRIPTIONS_MAX: Final = 16  # of one connection; a node needs three
CONNECTIONS_MAX: Final = 4 * MEMBERS_MAX  # at one broker: nodes, and those left over from cut lines
BROKER_START_S: Final = 15.0  # from start to listening; a tenth of a second is usual
BROKER_STOP_S: Final = 5.0  # until a broker that was asked to end is ended
BROKER_LOG_BYTES: Final = 10_000_000  # one log file of the broker; three are kept
CA_S: Final = 10 * 365 * 24 * 3600.0  # longest validity of the network's own CA
CERTIFICATE_S: Final = 397 * 24 * 3600.0  # longest validity of a server's certificate: what browsers accept

# Faces
FACE_THREADS: Final = 64  # requests in hand at once: each may wait for another node as long as a query's deadline
SIGN_INS_MAX: Final = 4  # passwords compared at once: each takes tens of milliseconds and 64 MiB
SIGN_INS_WAITING_MAX: Final = 64  # more are told at once to try again
EVENTS_MAX: Final = 512  # pages that follow the state line by server-sent events
EVENTS_S: Final = 600.0  # after this the page asks anew for them, and has to be signed in still
FORM_FIELDS_MAX: Final = 400  # fields of one form of a page; entering 20 records takes 180
FORM_ROWS_MAX: Final = 20  # records entered by one form; longer lists come through the API
DESKS_MAX: Final = 500  # officers' desks that the pages remember in memory, the longest unused forgotten first
DESK_SHEETS_MAX: Final = 40  # answers that one desk remembers for reloads and for the list of this shift
LEDGER_PAGE_MAX: Final = 200  # entries on one page of the ledger
ROLES_MAX: Final = 8  # roles of one officer
DRAFT_CHARS: Final = 9_000_000  # a draft of the directory: two versions of each of its files, in base64 twice
DRAFT_BODY_BYTES: Final = DRAFT_CHARS + 64_000  # a draft as a body: what is a little over is told so
UPLOAD_BYTES: Final = ENVELOPE_BLOBS_MAX * ATTACHMENT_BYTES + BODY_BYTES  # one message written on a page
UPLOADS_MAX: Final = 16  # forms with files that are read at once; each takes a thread for as long as its line is slow
UNOPENED_MAX: Final = 500  # unopened messages that pages count; more are "500 and more"
UPLOADS_UNKNOWN_MAX: Final = 4  # of these from nobody who is signed in: what was typed is kept, files are read past
DESK_SHOWN_MAX: Final = 2_000  # messages that one desk remembers having been shown, for showing their progress
ATTACHMENT_BODY_BYTES: Final = ATTACHMENT_BYTES + 64_000  # one attachment as a body: what is a little over is told so
UPLOAD_STALL_S: Final = 60.0  # a body of which nothing comes for that long is given up
MESSAGES_SOUGHT_MAX: Final = 1_000  # of each box, the newest: those that the command line finds by their first digits

# Background work

ASIDE_MAX: Final = 1000  # things that one kind of work has set aside: a line in health each, and a look at each round
ASIDE_ROUNDS_MAX: Final = 256  # rounds between two tries of one such thing: some minutes, as for deliveries
ALERTS_KNOWN_MAX: Final = 100_000  # alerts that wait and are known to be as the rulebook in force has them, in memory
