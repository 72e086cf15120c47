"""Forms and claims that nobody needs any more can be forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

REACH = "(SELECT current_setting('app.reach', true))"


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_submission_typed",
        "submission",
        ["accepted_at"],
        postgresql_where=sa.text("typed IS NOT NULL OR typed_lookup IS NOT NULL"),
    )
    op.create_index("ix_claim_expires", "claim", ["expires_at"])
    op.execute("GRANT DELETE ON submission, claim TO onthaal_app")
    op.execute(f"CREATE POLICY forgotten ON submission FOR DELETE USING ({REACH} = 'everything')")


def downgrade() -> None:
    """Undo."""
    op.execute("DROP POLICY forgotten ON submission")
    op.execute("REVOKE DELETE ON submission, claim FROM onthaal_app")
    op.drop_index("ix_claim_expires", "claim")
    op.drop_index("ix_submission_typed", "submission")
