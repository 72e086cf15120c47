"""Questions that the contact form asks about a product."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "product_city",
        sa.Column("contact_form_questions", pg.JSONB(), nullable=False, server_default=sa.text("'[]'")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("product_city", "contact_form_questions")
