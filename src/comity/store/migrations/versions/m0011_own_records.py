"""By what own records are listed and found, and when batches begin to be over: filled from files as the node runs."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_INDEXES = {
    "batch_end_first": ("batch_end", ["ends_at"]),
    "own_record_known": ("own_record", ["register", "known_by"]),
    "own_record_newest": ("own_record", ["register", "batch", "place"]),
    "own_record_status": ("own_record", ["register", "status", "batch", "place"]),
    "own_record_status_end": ("own_record", ["register", "status", "ends_at", "batch", "place"]),
    "own_record_end": ("own_record", ["register", "ends_at", "batch", "place"]),
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "own_record",
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("ends_at", sa.Float(), nullable=False),
        sa.Column("known_by", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "place"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "own_key",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "batch", "place"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "own_through",
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("register"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batch_end",
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("batch"),
    )
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Take back: it can be made anew."""
    for table in ("own_record", "own_key", "own_through", "batch_end"):
        op.drop_table(table)
