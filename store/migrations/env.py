"""Alembic environment: always runs on the connection that store.migrate hands over."""

from alembic import context

from store.tables import metadata

connection = context.config.attributes["connection"]


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leave the full-text index's own tables out of comparisons."""
    return kind != "table" or not str(name).startswith("post_fts")


context.configure(
    include_name=include_name,
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
context.run_migrations()
