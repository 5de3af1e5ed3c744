"""A source's own count of its changes to a register, and who could see something of each change."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TABLES = {
    name: sa.table(name, *map(sa.column, ("register", "source", "position", "own_position")))
    for name in ("batch", "removal")
}


def upgrade() -> None:
    """Apply: what was changed before is counted; the reach of a change is noted when it is next followed."""
    op.create_table(
        "reach",
        sa.Column("register", sa.String(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("audience", sa.Text(), nullable=False),
    )
    for name in _TABLES:
        op.add_column(name, sa.Column("own_position", sa.Integer(), nullable=False, server_default="0"))
    _count()
    for name in _TABLES:
        op.create_index(f"{name}_own", name, ["register", "source", "own_position"])


def downgrade() -> None:
    """Take back."""
    for name in _TABLES:
        op.drop_index(f"{name}_own", name)
        op.drop_column(name, "own_position")
    op.drop_table("reach")


def _count() -> None:
    connection = op.get_bind()
    places = sa.union(*(sa.select(each.c.register, each.c.source, each.c.position) for each in _TABLES.values()))
    counts: dict[tuple[str, str], int] = {}
    rows = []
    for register, source, position in sorted(connection.execute(places).all()):
        counts[register, source] = counts.get((register, source), 0) + 1
        rows.append({"at_register": register, "at_position": position, "count": counts[register, source]})
    for table in _TABLES.values() if rows else ():
        at = (table.c.register == sa.bindparam("at_register"), table.c.position == sa.bindparam("at_position"))
        connection.execute(sa.update(table).where(*at).values(own_position=sa.bindparam("count")), rows)
