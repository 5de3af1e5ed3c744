"""Messages are found by the key that signed them."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply."""
    op.execute('create index message_writer on message (is_outgoing, substr(shell, 19, 16), "row")')


def downgrade() -> None:
    """Take back."""
    op.drop_index("message_writer", "message")
