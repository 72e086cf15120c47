"""Users made at login; what the identity provider says of their roles."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("app_user", sa.Column("managed", sa.Boolean(), nullable=False, server_default=sa.text("false")))


def downgrade() -> None:
    """Undo."""
    op.drop_column("app_user", "managed")
