"""What a question keeps of the digital assistant."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("question", sa.Column("assistance", pg.JSONB()))


def downgrade() -> None:
    """Undo."""
    op.drop_column("question", "assistance")
