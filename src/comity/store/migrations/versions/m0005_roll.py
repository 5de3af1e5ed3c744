"""Entries that say who is an officer are found without reading the others."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_OF_ROLL = "kind IN ('officer.create', 'officer.first', 'officer.reset', 'officer.disable', 'password.set')"


def upgrade() -> None:
    """Apply."""
    op.create_index("ledger_entry_roll", "ledger_entry", ["period", "position"], sqlite_where=sa.text(_OF_ROLL))


def downgrade() -> None:
    """Take back."""
    op.drop_index("ledger_entry_roll", "ledger_entry")
