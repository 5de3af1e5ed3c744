"""The tables of the first version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "alerted",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("one"),
    )
    op.create_table(
        "batch",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index("batch_place", ["register", "position"], unique=False)

    op.create_table(
        "blob",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=True),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.Float(), nullable=True),
        sa.Column("expires_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("blob", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blob_next_at"), ["next_at"], unique=False)

    op.create_table(
        "blob_reader",
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("blob", "member"),
    )
    op.create_table(
        "consignment",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("frame", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("file"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("consignment", schema=None) as batch_op:
        batch_op.create_index("consignment_state", ["state", "source"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", "recipient"),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("delivery_due", ["state", "next_at"], unique=False)
        batch_op.create_index("delivery_sender", ["sender", "state"], unique=False)
        batch_op.create_index("delivery_waiting", ["recipient", "state"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("period", "position"),
        sa.UniqueConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_about",
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("about", "period", "position"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ledger_entry_officer", ["officer"], unique=False)

    op.create_table(
        "message",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("is_outgoing", sa.Boolean(), nullable=False),
        sa.Column("shell", sa.LargeBinary(), nullable=False),
        sa.Column("kept", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.Float(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=True),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_thread"), ["thread"], unique=False)
        batch_op.create_index("message_box", ["is_outgoing", "row"], unique=False)

    op.create_table(
        "officer",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("is_one_time", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.Float(), nullable=True),
        sa.Column("disabled_at", sa.Float(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "pending_entry",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("row"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "publication",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("row"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "receipt",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("of", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("frame", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("row"),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index("receipt_step", ["of", "recipient", "step"], unique=True)

    op.create_table(
        "removal",
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("is_erased", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
    )
    with op.batch_alter_table("removal", schema=None) as batch_op:
        batch_op.create_index("removal_place", ["register", "position"], unique=False)

    op.create_table(
        "sequenced",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("log_size", sa.Integer(), nullable=False),
        sa.Column("segment_position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("one"),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.Column("used_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_officer"), ["officer"], unique=False)

    op.create_table(
        "upload",
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("kept", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("blob"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("upload")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_officer"))

    op.drop_table("session")
    op.drop_table("sequenced")
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_index("receipt_step")

    op.drop_table("receipt")
    op.drop_table("publication")
    op.drop_table("pending_entry")
    op.drop_table("officer")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index("message_box")
        batch_op.drop_index(batch_op.f("ix_message_thread"))

    op.drop_table("message")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index("ledger_entry_officer")

    op.drop_table("ledger_entry")
    op.drop_table("ledger_about")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index("delivery_waiting")
        batch_op.drop_index("delivery_sender")
        batch_op.drop_index("delivery_due")

    op.drop_table("delivery")
    op.drop_table("blob_reader")
    with op.batch_alter_table("blob", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blob_next_at"))

    op.drop_table("blob")
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_index("batch_place")

    op.drop_table("batch")
    op.drop_table("alerted")
