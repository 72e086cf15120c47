"""Alembic environment: every migration in its own transaction, as the owner role, one process at a time."""

from alembic import context
from sqlalchemy import Connection, text

from backend.kit.db import Base
from backend.kit.roles import OWNER

LOCK = 7_421_001


def run(connection: Connection) -> None:
    """Migrate on this connection; a second `onthaal migrate` waits."""
    connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
    try:
        connection.execute(text(f"SET ROLE {OWNER}"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            compare_server_default=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
        connection.execute(text("RESET ROLE"))
        connection.commit()


run(context.config.attributes["connection"])
