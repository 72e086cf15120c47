"""Customer matching: keys and compact profiles, how many customers share a name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "match_key",
        sa.Column("key", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("customer_id", sa.Uuid(), primary_key=True),
    )
    op.create_table(
        "match_profile",
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customer.id"), primary_key=True),
        sa.Column("profile", sa.LargeBinary(), nullable=False),
        sa.Column("keys", pg.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("key_version", sa.SmallInteger(), nullable=False),
        sa.Column("rules_version", sa.SmallInteger(), nullable=False),
    )
    # Encrypted bytes do not get smaller: no time is lost in trying.
    op.execute("ALTER TABLE match_profile ALTER COLUMN profile SET STORAGE EXTERNAL")
    op.create_index("ix_match_profile_versions", "match_profile", ["key_version", "rules_version"])
    op.create_table(
        "match_frequency",
        sa.Column("key", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("customers", sa.Integer(), nullable=False),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON match_key, match_profile, match_frequency TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    for table in ("match_frequency", "match_profile", "match_key"):
        op.drop_table(table)
