"""What a consignment's records were read from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply: empty for what was entered before."""
    op.add_column("consignment", sa.Column("origin", sa.String(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("consignment", "origin")
