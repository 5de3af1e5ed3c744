"""The SQL truth of one node: tables, migrations, the writer. One module a noun; nobody else builds SQL."""
