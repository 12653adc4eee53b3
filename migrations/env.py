"""Runs one history on the connection and in the schema that ``ops.migrate`` hands over."""

from alembic import context

given = context.config.attributes

context.configure(
    connection=given["connection"],
    target_metadata=given.get("metadata"),
    version_table_schema=given["schema"],
    include_schemas=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
