"""What names a blob: each message or consignment that does, and whom it is pulled from."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_LOT_BLOB = re.compile(rb'"blob":"([0-9a-f]{64})"')
_BLOB = sa.table("blob", sa.column("id"), sa.column("holder"))
_NAME = sa.table("blob_name", sa.column("blob"), sa.column("by"), sa.column("holder"))
_CONSIGNMENT = sa.table("consignment", *map(sa.column, ("id", "source", "officer", "frame", "state")))


def upgrade() -> None:
    """Apply: consignments under way name the blobs of their lots; what else names a blob is not known any more."""
    op.create_table(
        "blob_name",
        sa.Column("blob", sa.String(), primary_key=True),
        sa.Column("by", sa.String(), primary_key=True),
        sa.Column("holder", sa.String(), nullable=False),
    )
    _name()
    op.drop_column("blob", "holder")


def downgrade() -> None:
    """Take back: one holder of each blob is kept."""
    op.add_column("blob", sa.Column("holder", sa.String(), nullable=False, server_default=""))
    held = sa.select(sa.func.min(_NAME.c.holder)).where(_NAME.c.blob == _BLOB.c.id).scalar_subquery()
    op.get_bind().execute(sa.update(_BLOB).values(holder=sa.func.coalesce(held, "")))
    op.drop_table("blob_name")


def _name() -> None:
    connection = op.get_bind()
    holders = {row.id: row.holder for row in connection.execute(sa.select(_BLOB))}
    names: dict[tuple[str, str], str] = {}
    for row in connection.execute(sa.select(_CONSIGNMENT).where(_CONSIGNMENT.c.state == "underway")):
        holder = "" if row.officer else row.source  # its own source made the blobs
        for found in _LOT_BLOB.findall(row.frame):
            if found.decode() in holders:
                names[found.decode(), row.id] = holder
    known = {(blob, holder) for (blob, _by), holder in names.items()}
    names |= {(blob, ""): holder for blob, holder in holders.items() if (blob, holder) not in known}
    rows = [{"blob": blob, "by": by, "holder": holder} for (blob, by), holder in names.items()]
    if rows:
        connection.execute(sa.insert(_NAME), rows)
