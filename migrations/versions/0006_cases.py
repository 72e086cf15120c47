"""Cases of other applications."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "application_case",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("client_id", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customer.id")),
        sa.Column("product_id", sa.Uuid(), sa.ForeignKey("product.id")),
        sa.Column("question_id", sa.Uuid(), sa.ForeignKey("question.id")),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("action_needed", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("link", sa.Text()),
        sa.Column("changed_at", pg.TIMESTAMP(timezone=True), nullable=False),
        sa.UniqueConstraint("client_id", "external_id", name="ux_application_case_external"),
    )
    op.create_index("ix_application_case_customer", "application_case", ["customer_id", "changed_at"])
    op.execute("GRANT SELECT, INSERT, UPDATE ON application_case TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    op.drop_table("application_case")
