"""How Alembic reaches the database: by the connection that the store gives it, each migration in one transaction.

With its version's number in it, each is whole or not at all, whenever the power goes or the disk is full.
"""

from alembic import context
from sqlalchemy import Connection, event

from comity.store.schema import whole_schema
from comity.store.transactions import driver_of

connection: Connection = context.config.attributes["connection"]


def _begin(begun: Connection) -> None:
    driver_of(begun).execute("BEGIN IMMEDIATE")  # SQLAlchemy says none: the engine leaves that to whoever uses it


connection.commit()  # what was read of it until now
event.listen(connection, "begin", _begin)
try:
    context.configure(
        connection=connection, target_metadata=whole_schema(), render_as_batch=True, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
finally:
    event.remove(connection, "begin", _begin)
