"""Acts that wait: for others to release them, or for their time."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "held_act",
        sa.Column("row", sa.Integer(), primary_key=True),
        sa.Column("id", sa.String(), nullable=False, unique=True),
        *_kept(),
        sa.Column("mark", sa.String(), nullable=False, index=True),
        sa.Column("held_at", sa.Float(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("releases", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.Float(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, index=True),
        sa.Column("entry", sa.String(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "held_word",
        sa.Column("row", sa.Integer(), primary_key=True),
        sa.Column("act", sa.String(), nullable=False, index=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("member", "officer", "said")),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "due_act",
        sa.Column("row", sa.Integer(), primary_key=True),
        *_kept(),
        sa.Column("at", sa.Float(), nullable=False, index=True),
        sa.Column("held", sa.String(), nullable=False),
        sa.Column("releases", sa.Integer(), nullable=False),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Take back: what waits is lost."""
    for table in ("held_act", "held_word", "due_act"):
        op.drop_table(table)


def _kept() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("kind", sa.String(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("actor", "body", "about")),
        sa.Column("names", sa.Text(), nullable=False),
    )
