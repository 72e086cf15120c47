"""Which processes hold which keys, and when each version of the keys wrote."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "key_holder",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("seen_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("versions", pg.JSONB(), nullable=False),
        sa.Column("writes", pg.ARRAY(sa.SmallInteger()), nullable=False),
    )
    op.create_table(
        "key_version",
        sa.Column("version", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("replaced_at", MOMENT),
        sa.Column("retired_at", MOMENT),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON key_holder, key_version TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    op.drop_table("key_version")
    op.drop_table("key_holder")
