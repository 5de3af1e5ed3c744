"""Which sources of an answer's hits have been told: each is told by an act of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply: empty where all of an entry's sources have been told, as before."""
    op.add_column("alerted", sa.Column("source", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Take back."""
    op.drop_column("alerted", "source")
