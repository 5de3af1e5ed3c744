"""What entries are about stands with their kinds: of what is asked about often, a few kinds are found at once.

It can be made anew from the ledger. So damage of it keeps no node out: the comparison with the ledger fills what lacks.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DatabaseError

from comity.store.soundness import find_wrong
from comity.texts import _

revision = "0010"
down_revision = "0009"

_TABLE: Final = "ledger_about"
_BEFORE: Final = "ledger_about_before"
_WITH_KINDS = """
    SELECT before.about, ledger_entry.kind, before.period, before.position
    FROM {before} AS before
    JOIN ledger_entry ON ledger_entry.period = before.period AND ledger_entry.position = before.position
    ORDER BY before.about, ledger_entry.kind, before.period, before.position
"""
_WITHOUT = "SELECT about, period, position FROM {before} ORDER BY about, period, position"


def upgrade() -> None:
    """Apply. A key at a place that the list does not have is left out: the comparison with the ledger finds it anew.

    Its first form was not one transaction: what that left half done is finished.
    """
    held = sa.inspect(op.get_bind())
    if held.has_table(_BEFORE) or "kind" not in {each["name"] for each in held.get_columns(_TABLE)}:
        _make_anew(_WITH_KINDS, sa.Column("kind", sa.String(), nullable=False))


def downgrade() -> None:
    """Take back."""
    _make_anew(_WITHOUT)


def _make_anew(filled_by: str, *kinds: sa.Column[str]) -> None:
    held = [name for name in (_BEFORE, _TABLE) if sa.inspect(op.get_bind()).has_table(name)]
    columns = ("about", *(each.name for each in kinds), "period", "position")
    wrong, is_whole = _look(held, filled_by.format(before=held[0]), " || ".join(columns))
    for name in held[1:]:
        _remove(name, is_damaged=name in wrong)
    if held[0] == _TABLE:
        op.rename_table(_TABLE, _BEFORE)
    op.create_table(
        _TABLE,
        sa.Column("about", sa.LargeBinary(), nullable=False),
        *kinds,
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*columns),
        sqlite_with_rowid=False,
    )
    if is_whole:
        op.execute(f"INSERT OR IGNORE INTO {_TABLE} {filled_by.format(before=_BEFORE)}")
    else:
        op.get_bind().info["note"](_("What says what entries are about was damaged: it is made anew from the ledger."))
    _remove(_BEFORE, is_damaged=held[0] in wrong)


def _look(held: list[str], filled_by: str, whole: str) -> tuple[set[str], bool]:
    """Which of some tables are damaged, and whether the new one can be filled from the first of them, all columns read.

    By a connection of its own: where a transaction that changes something meets damage, SQLite lets it go no further.
    """
    with op.get_bind().engine.connect() as beside:
        wrong = {name for name in held if find_wrong(beside, name)}
        try:
            beside.exec_driver_sql(f"SELECT count({whole}) FROM ({filled_by})")  # noqa: S608 - texts of ours
        except DatabaseError:
            return wrong, False
    return wrong, held[0] not in wrong


def _remove(table: str, *, is_damaged: bool) -> None:
    """Drop a table; of a damaged one nothing but its name: its pages may be another table's too."""
    if not is_damaged:
        op.drop_table(table)
        return
    op.execute("PRAGMA writable_schema=ON")
    op.execute(f"DELETE FROM sqlite_master WHERE tbl_name = '{table}'")  # noqa: S608 - a name of ours
    op.execute("PRAGMA writable_schema=RESET")
