"""The citizen's voice: satisfaction after the answer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

REACH = "(SELECT current_setting('app.reach', true))"
ABOUT_SEEN = "EXISTS (SELECT FROM question q WHERE q.id = question_id)"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "satisfaction",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("question_id", sa.Uuid(), sa.ForeignKey("question.id"), nullable=False, index=True),
        sa.Column("message_id", sa.Uuid(), sa.ForeignKey("message.id"), nullable=False, unique=True),
        sa.Column("solved", sa.Boolean(), nullable=False),
        sa.Column("score", sa.SmallInteger()),
        sa.Column("at", pg.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name="ck_satisfaction_score"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE (solved, score, at) ON satisfaction TO onthaal_app")
    op.execute("ALTER TABLE satisfaction ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY seen ON satisfaction FOR SELECT"
        f" USING ({REACH} = 'everything' OR {REACH} = 'person' AND ({ABOUT_SEEN}))"
    )
    op.execute(f"CREATE POLICY written ON satisfaction FOR INSERT WITH CHECK ({REACH} = 'everything')")
    op.execute(f"CREATE POLICY changed ON satisfaction FOR UPDATE USING ({REACH} = 'everything')")


def downgrade() -> None:
    """Undo."""
    op.drop_table("satisfaction")
