"""Contributions of other departments: asked, given or dropped; a question knows how many are open.

Who sees the question sees its contributions; the department that is asked sees its own, also of a question that is
shielded from it. That `question.open_contributions` is their number is looked at when a transaction commits.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
REACH = "(SELECT current_setting('app.reach', true))"
DEPARTMENTS = "(SELECT nullif(current_setting('app.departments', true), '')::uuid[])"
SOMEBODY = f"{REACH} IN ('person', 'everything')"
ALL = f"{REACH} = 'everything'"
OWN = f"department_id = ANY ({DEPARTMENTS}::uuid[])"
ABOUT_SEEN = "EXISTS (SELECT FROM question q WHERE q.id = question_id)"
ABOUT_OWN = f"""EXISTS (SELECT FROM question q WHERE q.id = question_id
 AND (q.confidentiality = 'normal' OR q.department_id = ANY ({DEPARTMENTS}::uuid[])))"""

COUNTED = """
CREATE FUNCTION count_contributions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  reach text := current_setting('app.reach', true);
  wrong boolean;
  about uuid := CASE TG_TABLE_NAME WHEN 'question' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(NEW) ->> 'question_id' END;
BEGIN
  PERFORM set_config('app.reach', 'everything', true);  -- who gives a part may see nothing of the question
  SELECT q.open_contributions <> count(c.id) OR coalesce(bool_or(c.department_id = q.department_id), false) INTO wrong
    FROM question q LEFT JOIN contribution c ON c.question_id = q.id AND c.state = 'open'
   WHERE q.id = about GROUP BY q.id;
  PERFORM set_config('app.reach', coalesce(reach, ''), true);
  IF wrong THEN
    RAISE EXCEPTION 'question % counts its open contributions wrong, or has one with its owner', about
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_question_open_contributions';
  END IF;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Apply."""
    _contribution()
    op.execute("ALTER TABLE contribution ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY written ON contribution FOR INSERT WITH CHECK ({SOMEBODY})")
    for name, command, about in (("seen", "SELECT", ABOUT_SEEN), ("changed", "UPDATE", ABOUT_OWN)):
        op.execute(
            f"CREATE POLICY {name} ON contribution FOR {command} "
            f"USING ({ALL} OR {REACH} = 'person' AND ({OWN} OR {about}))"
        )
    op.execute(COUNTED)
    deferred = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    op.execute(
        "CREATE CONSTRAINT TRIGGER counted AFTER INSERT OR UPDATE OF state ON contribution "
        f"{deferred} EXECUTE FUNCTION count_contributions()"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER counted AFTER UPDATE OF open_contributions, department_id ON question "
        f"{deferred} WHEN (NEW.open_contributions <> OLD.open_contributions OR NEW.department_id <> OLD.department_id) "
        "EXECUTE FUNCTION count_contributions()"
    )


def _contribution() -> None:
    op.create_table(
        "contribution",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("question_id", sa.Uuid(), sa.ForeignKey("question.id"), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("assignee_id", sa.Uuid()),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("deadline", MOMENT, nullable=False),
        sa.Column("term_id", sa.Uuid(), sa.ForeignKey("term.id"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default=sa.text("'open'")),
        sa.Column("given", sa.Text()),
        sa.Column("given_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("ended_at", MOMENT),
        sa.Column("reason", sa.Text()),
        sa.Column("escalation", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("escalate_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.ForeignKeyConstraint(
            ["department_id", "assignee_id"],
            ["membership.department_id", "membership.user_id"],
            name="fk_contribution_assignee",
        ),
        sa.CheckConstraint("state IN ('open', 'given', 'dropped')", name="ck_contribution_state"),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ck_contribution_ended"),
        sa.CheckConstraint(
            "(state = 'given') = (given IS NOT NULL) AND (given IS NULL) = (given_by IS NULL)",
            name="ck_contribution_given",
        ),
        sa.CheckConstraint("(state = 'dropped') = (reason IS NOT NULL)", name="ck_contribution_dropped"),
        sa.CheckConstraint("state = 'open' OR assignee_id IS NULL", name="ck_contribution_assignee"),
        sa.CheckConstraint("(state = 'open') = (escalate_at IS NOT NULL)", name="ck_contribution_escalate_at"),
        sa.CheckConstraint("escalation >= 0", name="ck_contribution_escalation"),
        sa.CheckConstraint("deadline > asked_at", name="ck_contribution_deadline"),
    )
    op.create_index(
        "ux_contribution_open",
        "contribution",
        ["question_id", "department_id"],
        unique=True,
        postgresql_where="state = 'open'",
    )
    op.create_index("ix_contribution_question", "contribution", ["question_id", "id"])
    op.create_index("ix_contribution_department", "contribution", ["department_id", "state", "deadline", "id"])
    op.create_index("ix_contribution_assignee", "contribution", ["assignee_id", "deadline", "id"])
    op.create_index("ix_contribution_escalate_at", "contribution", ["escalate_at"], postgresql_where="state = 'open'")
    op.execute("GRANT SELECT, INSERT ON contribution TO onthaal_app")
    op.execute(
        "GRANT UPDATE (assignee_id, deadline, state, given, given_by, ended_at, reason, escalation, escalate_at, "
        "version) ON contribution TO onthaal_app"
    )


def downgrade() -> None:
    """Undo."""
    op.execute("DROP TRIGGER counted ON question")
    op.drop_table("contribution")
    op.execute("DROP FUNCTION count_contributions()")
