"""Routing rules: sets, activation, history; past questions by their moment."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)

KEPT = """
CREATE FUNCTION keep_rule_set() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  may_change text[] := ARRAY['state', 'retired_at', 'successor_id', 'version'];
BEGIN
  IF OLD.state = 'draft' THEN
    RETURN NEW;
  END IF;
  IF OLD.state <> 'active' OR NEW.state <> 'retired' OR to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
    RAISE EXCEPTION 'rule set % is %, it stays as it is', OLD.number, OLD.state USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rule_set",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False, unique=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rules", pg.JSONB(), nullable=False),
        sa.Column("copied_from_id", sa.Uuid(), sa.ForeignKey("rule_set.id")),
        sa.Column("follows_id", sa.Uuid(), sa.ForeignKey("rule_set.id")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("activated_at", MOMENT),
        sa.Column("activated_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("reason", sa.Text()),
        sa.Column("retired_at", MOMENT),
        sa.Column("successor_id", sa.Uuid(), sa.ForeignKey("rule_set.id")),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint("state IN ('draft', 'active', 'retired')", name="ck_rule_set_state"),
        sa.CheckConstraint("(state = 'draft') = (activated_at IS NULL)", name="ck_rule_set_activated"),
        sa.CheckConstraint("num_nulls(activated_at, activated_by, reason) IN (0, 3)", name="ck_rule_set_reason"),
        sa.CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="ck_rule_set_retired"),
        sa.CheckConstraint("(retired_at IS NULL) = (successor_id IS NULL)", name="ck_rule_set_successor"),
    )
    op.create_index("ux_rule_set_active", "rule_set", ["state"], unique=True, postgresql_where="state = 'active'")
    op.execute(KEPT)
    op.execute("CREATE TRIGGER kept BEFORE UPDATE ON rule_set FOR EACH ROW EXECUTE FUNCTION keep_rule_set()")
    op.execute("GRANT SELECT, INSERT ON rule_set TO onthaal_app")
    op.execute(
        "GRANT UPDATE (state, rules, changed_at, changed_by, activated_at, activated_by, reason, retired_at, "
        "successor_id, version) ON rule_set TO onthaal_app"
    )
    op.create_index("ix_question_created", "question", ["created_at", "id"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_question_created", "question")
    op.drop_table("rule_set")
    op.execute("DROP FUNCTION keep_rule_set()")
