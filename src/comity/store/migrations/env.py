"""How Alembic reaches the database: by the connection that the store gives it."""

from alembic import context

from comity.store.schema import whole_schema

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=whole_schema(), render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
