"""Mijn Burgerprofiel: consent, what was pushed, what came of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
REACH = "(SELECT current_setting('app.reach', true))"
ABOUT_SEEN = (
    "EXISTS (SELECT FROM question q WHERE q.id = question_id)"
    " OR EXISTS (SELECT FROM application_case a WHERE a.id = case_id)"
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "status_sharing",
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customer.id"), primary_key=True),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.CheckConstraint("source IN ('staff', 'login')", name="ck_status_sharing_source"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON status_sharing TO onthaal_app")
    op.create_table(
        "dossier",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("question_id", sa.Uuid(), sa.ForeignKey("question.id"), unique=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("application_case.id"), unique=True),
        sa.Column("number", sa.Text(), nullable=False, unique=True),
        sa.Column("state", sa.Text(), nullable=False, server_default=sa.text("'new'")),
        sa.Column("version", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customer.id"), index=True),
        sa.Column("phase", sa.Text()),
        sa.Column("code", sa.Text()),
        sa.Column("action_needed", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("content", sa.Text()),
        sa.Column("upload_id", sa.Uuid()),
        sa.Column("rounds", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("fault", sa.Text()),
        sa.Column("notify", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("checked_at", MOMENT),
        sa.Column("pushed_at", MOMENT),
        sa.Column("settled_at", MOMENT),
        sa.Column("notified_at", MOMENT),
        sa.CheckConstraint("num_nonnulls(question_id, case_id) = 1", name="ck_dossier_about_one"),
        sa.CheckConstraint("state IN ('new', 'pending', 'accepted', 'refused', 'deleted')", name="ck_dossier_state"),
        sa.CheckConstraint("(state = 'refused') <= (fault IS NOT NULL)", name="ck_dossier_refused"),
        sa.CheckConstraint("(state IN ('pending', 'accepted')) <= (upload_id IS NOT NULL)", name="ck_dossier_upload"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON dossier TO onthaal_app")
    op.execute("ALTER TABLE dossier ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY seen ON dossier FOR SELECT"
        f" USING ({REACH} = 'everything' OR {REACH} = 'person' AND ({ABOUT_SEEN}))"
    )
    op.execute(f"CREATE POLICY written ON dossier FOR INSERT WITH CHECK ({REACH} = 'everything')")
    op.execute(f"CREATE POLICY changed ON dossier FOR UPDATE USING ({REACH} = 'everything')")


def downgrade() -> None:
    """Undo."""
    op.drop_table("dossier")
    op.drop_table("status_sharing")
