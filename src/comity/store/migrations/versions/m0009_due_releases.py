"""How many have released an act that is due is what its held act took: it is not counted a second time."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply."""
    op.drop_column("due_act", "releases")


def downgrade() -> None:
    """Take back."""
    op.add_column("due_act", sa.Column("releases", sa.Integer(), nullable=False, server_default="0"))
