"""Flows of the digital assistant: versions, what happened to them, what has to be done about them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
KEPT = """
CREATE FUNCTION keep_flow_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  may_change text[] := ARRAY['status', 'retired_at', 'changed_at', 'version'];
BEGIN
  IF OLD.status = 'draft' OR (OLD.status = 'review' AND TG_OP = 'UPDATE') THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; ELSE RETURN NEW; END IF;
  END IF;
  IF TG_OP = 'DELETE' OR OLD.status <> 'published' OR NEW.status <> 'retired'
     OR to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
    RAISE EXCEPTION 'version % of flow % is %, it stays as it is', OLD.number, OLD.flow_id, OLD.status
          USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Apply."""
    _flows()
    _versions()
    _events()
    _tasks()


def _flows() -> None:
    op.create_table(
        "flow",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("slug", sa.Text(), nullable=False, unique=True),
        sa.Column("owner_department_id", sa.Uuid(), sa.ForeignKey("department.id")),
        sa.Column("last_number", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.execute("GRANT SELECT, INSERT ON flow TO onthaal_app")
    op.execute("GRANT UPDATE (owner_department_id, last_number) ON flow TO onthaal_app")


def _versions() -> None:
    op.create_table(
        "flow_version",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("flow_id", sa.Uuid(), sa.ForeignKey("flow.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("document", pg.JSONB(), nullable=False),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_until", sa.Date()),
        sa.Column("review_by", sa.Date()),
        sa.Column("author_id", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("submitted_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("submitted_at", MOMENT),
        sa.Column("reviewer_id", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("published_at", MOMENT),
        sa.Column("retired_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint("status IN ('draft', 'review', 'published', 'retired')", name="ck_flow_version_status"),
        sa.CheckConstraint(
            "(status IN ('draft', 'review')) = (published_at IS NULL)", name="ck_flow_version_published"
        ),
        sa.CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name="ck_flow_version_retired"),
        sa.CheckConstraint("status <> 'review' OR submitted_at IS NOT NULL", name="ck_flow_version_submitted"),
        sa.UniqueConstraint("flow_id", "number", name="uq_flow_version_flow_id"),
    )
    op.create_index(
        "ux_flow_version_open",
        "flow_version",
        ["flow_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('draft', 'review')"),
    )
    op.create_index(
        "ix_flow_version_served",
        "flow_version",
        ["flow_id"],
        postgresql_where=sa.text("status IN ('published', 'retired')"),
    )
    op.execute(KEPT)
    op.execute(
        "CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON flow_version FOR EACH ROW EXECUTE FUNCTION keep_flow_version()"
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON flow_version TO onthaal_app")
    op.execute(
        "GRANT UPDATE (status, document, valid_from, valid_until, review_by, submitted_by, submitted_at, reviewer_id, "
        "changed_at, published_at, retired_at, version) ON flow_version TO onthaal_app"
    )


def _events() -> None:
    op.create_table(
        "flow_event",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("flow_id", sa.Uuid(), sa.ForeignKey("flow.id"), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("reason", sa.Text()),
        sa.Column("parts", pg.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        sa.CheckConstraint(
            "kind IN ('created', 'changed', 'removed', 'submitted', 'returned', 'published', 'retired')",
            name="ck_flow_event_kind",
        ),
    )
    op.create_index("ix_flow_event_flow", "flow_event", ["flow_id", "id"])
    op.create_index("ix_flow_event_version", "flow_event", ["version_id"])
    op.execute("GRANT SELECT, INSERT ON flow_event TO onthaal_app")


def _tasks() -> None:
    op.create_table(
        "flow_task",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("flow_id", sa.Uuid(), sa.ForeignKey("flow.id"), nullable=False),
        sa.Column("version_id", sa.Uuid(), sa.ForeignKey("flow_version.id"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("product_ref", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT),
        sa.Column("done_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("note", sa.Text()),
        sa.Column("gone_at", MOMENT),
        sa.Column("mailed_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint(
            "kind IN ('productWithdrawn', 'productUnknown', 'reviewDue', 'reviewOverdue', 'linkedFlowGone')",
            name="ck_flow_task_kind",
        ),
        sa.CheckConstraint("done_at IS NOT NULL OR (gone_at IS NULL AND done_by IS NULL)", name="ck_flow_task_done"),
    )
    op.create_index(
        "ux_flow_task_cause",
        "flow_task",
        ["flow_id", "kind", "product_ref"],
        unique=True,
        postgresql_where=sa.text("gone_at IS NULL"),
    )
    op.execute("GRANT SELECT, INSERT ON flow_task TO onthaal_app")
    op.execute("GRANT UPDATE (done_at, done_by, note, gone_at, mailed_at, version) ON flow_task TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    op.drop_table("flow_task")
    op.drop_table("flow_event")
    op.drop_table("flow_version")
    op.execute("DROP FUNCTION keep_flow_version()")
    op.drop_table("flow")
