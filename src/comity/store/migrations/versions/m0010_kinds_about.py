"""What entries are about stands with their kinds: of what is asked about often, a few kinds are found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_WITH_KINDS = """
    INSERT INTO ledger_about (about, kind, period, position)
    SELECT before.about, ledger_entry.kind, before.period, before.position
    FROM ledger_about_before AS before
    JOIN ledger_entry ON ledger_entry.period = before.period AND ledger_entry.position = before.position
    ORDER BY before.about, ledger_entry.kind, before.period, before.position
"""
_WITHOUT = """
    INSERT INTO ledger_about (about, period, position)
    SELECT DISTINCT about, period, position FROM ledger_about_before ORDER BY about, period, position
"""


def upgrade() -> None:
    """Apply. A key at a place that the list does not have is left out: the comparison with the ledger finds it anew."""
    _make_anew(_WITH_KINDS, sa.Column("kind", sa.String(), nullable=False))


def downgrade() -> None:
    """Take back."""
    _make_anew(_WITHOUT)


def _make_anew(filled_by: str, *kinds: sa.Column[str]) -> None:
    op.rename_table("ledger_about", "ledger_about_before")
    op.create_table(
        "ledger_about",
        sa.Column("about", sa.LargeBinary(), nullable=False),
        *kinds,
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("about", *(each.name for each in kinds), "period", "position"),
        sqlite_with_rowid=False,
    )
    op.execute(filled_by)
    op.drop_table("ledger_about_before")
