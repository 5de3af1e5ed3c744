"""The tables of one node. Migrations make them; a test compares the two."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text, text

metadata = MetaData()

# Times are seconds since the epoch, UTC: one form for every database, and arithmetic stays exact enough for a bureau.

officer = Table(
    "officer",
    metadata,
    Column("name", String, primary_key=True),
    Column("title", Text, nullable=False),
    Column("roles", Text, nullable=False),  # space between
    Column("password", Text, nullable=False),  # Argon2id, PHC string
    Column("is_one_time", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failed_at", Float),
    Column("disabled_at", Float),
    Column("created_at", Float, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("officer", String, nullable=False, index=True),
    Column("opened_at", Float, nullable=False),
    Column("used_at", Float, nullable=False),
)

pending_entry = Table(
    "pending_entry",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("leaf", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    sqlite_autoincrement=True,  # a row's number is never used again: the sequencer names rows by it
)

sequenced = Table(
    "sequenced",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("period", String, nullable=False),
    Column("log_size", Integer, nullable=False),
    Column("segment_position", Integer, nullable=False),
)

OF_ROLL = text("kind IN ('officer.create', 'officer.first', 'officer.reset', 'officer.disable', 'password.set')")
"""Which entries say who is an officer: in these very words, so that the index below is used."""

# A projection of the ledger's files: where an entry stands. It can be made anew from them.
ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("id", String, nullable=False, unique=True),
    Column("period", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("member", String, nullable=False),
    Column("officer", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("verdict", String, nullable=False),
    Index("ledger_entry_officer", "officer"),
    Index("ledger_entry_roll", "period", "position", sqlite_where=OF_ROLL),
    sqlite_with_rowid=False,  # entries come in the order of their places
)

# What entries are about: the keys under which persons, documents and records are found, never their names.
ledger_about = Table(
    "ledger_about",
    metadata,
    Column("about", LargeBinary, primary_key=True),
    Column("period", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

batch = Table(
    "batch",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("register", String, nullable=False),
    Column("position", Integer, nullable=False),  # in its register's catalogue, from 1
    Column("source", String, nullable=False),
    Column("records", Integer, nullable=False),
    Column("entered_at", Float, nullable=False),
    Column(
        "own_position", Integer, nullable=False, server_default="0"
    ),  # among its source's changes to the register, from 1
    Index("batch_place", "register", "position"),
    Index("batch_own", "register", "source", "own_position"),
    sqlite_autoincrement=True,
)

consignment = Table(
    "consignment",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("source", String, nullable=False),
    Column("register", String, nullable=False),
    Column("frame", LargeBinary, nullable=False),  # as it was signed
    Column("state", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("officer", String, nullable=False),
    Column("origin", String),  # what its records were read from
    Column("file", String, unique=True),  # the file that was brought for it: nothing enters one twice
    Index("consignment_state", "state", "source"),
    sqlite_autoincrement=True,
)

removal = Table(
    "removal",
    metadata,
    Column("record", String, primary_key=True),
    Column("register", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("source", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("is_erased", Boolean, nullable=False),  # the bytes go once no index names them any more
    Column("own_position", Integer, nullable=False, server_default="0"),  # as a batch's
    Index("removal_place", "register", "position"),
    Index("removal_own", "register", "source", "own_position"),
)

# Who could see something of a change: what was taken out cannot be asked any more once its bytes are gone.
reach = Table(
    "reach",
    metadata,
    Column("register", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("audience", Text, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", String, primary_key=True),
    Column("recipient", String, primary_key=True),
    Column("sender", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Index("delivery_due", "state", "next_at"),
    Index("delivery_waiting", "recipient", "state"),
    Index("delivery_sender", "sender", "state"),
)

receipt = Table(
    "receipt",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("of", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("step", String, nullable=False),
    Column("frame", LargeBinary, nullable=False),  # as it was signed
    Column("at", Float, nullable=False),
    Index("receipt_step", "of", "recipient", "step", unique=True),
)

message = Table(
    "message",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("thread", String, nullable=False, index=True),
    Column("is_outgoing", Boolean, nullable=False),
    Column("shell", LargeBinary, nullable=False),  # the envelope without wrap and body: head, seals, signature
    Column("kept", LargeBinary, nullable=False),  # salt and text under the node's storage key
    Column("kept_at", Float, nullable=False),
    Column("officer", String, nullable=False),
    Column("opened_at", Float),
    Column("opened_by", String, nullable=False),
    Index("message_box", "is_outgoing", "row"),
    sqlite_autoincrement=True,
)

# A blob is wanted while its manifest or a chunk is missing: next_at says when to try again, NULL that nothing is.
# It is here as long as anything names it.
blob = Table(
    "blob",
    metadata,
    Column("id", String, primary_key=True),
    Column("manifest", LargeBinary),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float, index=True),
    Column("expires_at", Float),
)

blob_name = Table(
    "blob_name",
    metadata,
    Column("blob", String, primary_key=True),
    Column("by", String, primary_key=True),  # the message or consignment that names it; empty for what is not known
    Column("holder", String, nullable=False),  # from whom it is pulled; empty for what was made here
)

blob_reader = Table(
    "blob_reader",
    metadata,
    Column("blob", String, primary_key=True),
    Column("member", String, primary_key=True),
)

upload = Table(
    "upload",
    metadata,
    Column("blob", String, primary_key=True),
    Column("officer", String, nullable=False),
    Column("kept", LargeBinary, nullable=False),
    Column("at", Float, nullable=False),
)

# How far the secretariat has gone through its ledger to tell sources of hits.
alerted = Table(
    "alerted",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("period", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("source", String, nullable=False, server_default=""),  # the last one told of this entry; empty for all
)

publication = Table(
    "publication",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

# An act that others are to release. It is kept whole: what it is done with lies under the node's storage key.
held_act = Table(
    "held_act",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("actor", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("about", LargeBinary, nullable=False),  # on, purpose, reference
    Column("names", Text, nullable=False),  # blobs and batches that it speaks of, space between
    Column("mark", String, nullable=False, index=True),
    Column("held_at", Float, nullable=False),
    Column("rules", Text, nullable=False),  # space between
    Column("releases", Integer, nullable=False),
    Column("ends_at", Float, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("entry", String, nullable=False),
    sqlite_autoincrement=True,
)

held_word = Table(
    "held_word",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("act", String, nullable=False, index=True),
    Column("member", String, nullable=False),
    Column("officer", String, nullable=False),
    Column("said", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("entry", String, nullable=False),
    sqlite_autoincrement=True,
)

# An act that is performed when its time has come, and is gone from here in the same transaction.
due_act = Table(
    "due_act",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("actor", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("about", LargeBinary, nullable=False),
    Column("names", Text, nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("held", String, nullable=False),
    Column("releases", Integer, nullable=False),
    sqlite_autoincrement=True,
)
