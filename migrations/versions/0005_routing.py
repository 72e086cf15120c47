"""Service levels of departments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "service_level",
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("department.id"), primary_key=True),
        sa.Column("weekly", pg.JSONB(), nullable=False),
        sa.Column("closed", pg.JSONB(), nullable=False),
        sa.Column("country_holidays", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("working_days", pg.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON service_level TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    op.drop_table("service_level")
