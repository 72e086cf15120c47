"""Absences with a replacement; notices to colleagues."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


MOMENT = pg.TIMESTAMP(timezone=True)
REACH = "(SELECT current_setting('app.reach', true))"
PERSON = "(SELECT nullif(current_setting('app.person', true), '')::uuid)"
SOMEBODY = f"{REACH} IN ('person', 'everything')"
ALL = f"{REACH} = 'everything'"
ABOUT_SEEN = "EXISTS (SELECT FROM question q WHERE q.id = question_id)"
MINE = f"{ALL} OR {REACH} = 'person' AND user_id = {PERSON} AND {ABOUT_SEEN}"
AGAIN = "kind IN ('reminder', 'overdue', 'escalated', 'contributionDue', 'callBack', 'noReply', 'stalled')"


# of questions that were forwarded before this was counted
BOUNCES = """
UPDATE question q SET bounces = b.many FROM (
  SELECT e.question_id, count(*) AS many FROM question_event e
   WHERE e.type IN ('forwarded', 'returned') AND EXISTS (
     SELECT FROM question_event p
      WHERE p.question_id = e.question_id AND p.version < e.version AND p.department_id = e.department_id)
   GROUP BY e.question_id) b
 WHERE q.id = b.question_id AND q.bounces <> b.many
"""

# a version that is left out would be one without an event
STEP = """
CREATE FUNCTION refuse_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'question % goes from version % to %', OLD.id, OLD.version, NEW.version
    USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_question_version';
END $$
"""


def upgrade() -> None:
    """Apply."""
    _absence()
    _notice()
    op.create_index(
        "ix_question_passed",
        "question",
        ["next_action_at"],
        postgresql_where=sa.text("next_action IN ('awaitReply', 'callBack', 'appointment')"),
    )
    op.execute("SELECT set_config('app.reach', 'everything', true)")
    op.execute(BOUNCES)
    op.execute(STEP)
    op.execute(
        "CREATE TRIGGER stepped BEFORE UPDATE ON question FOR EACH ROW"
        " WHEN (NEW.version NOT IN (OLD.version, OLD.version + 1)) EXECUTE FUNCTION refuse_version()"
    )


def _absence() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("replacement_id", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("ended_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint("first_day <= last_day", name="ck_absence_period"),
        sa.CheckConstraint("replacement_id <> user_id", name="ck_absence_two"),
    )
    op.create_index("ix_absence_user", "absence", ["user_id", "first_day"])
    op.create_index("ix_absence_current", "absence", ["last_day"], postgresql_where=sa.text("ended_at IS NULL"))
    op.execute("GRANT SELECT, INSERT ON absence TO onthaal_app")
    op.execute("GRANT UPDATE (first_day, last_day, replacement_id, ended_at, version) ON absence TO onthaal_app")


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("question_id", sa.Uuid(), sa.ForeignKey("question.id"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("read_at", MOMENT),
        sa.Column("mailed_at", MOMENT),
        sa.CheckConstraint(
            "kind IN ('reminder', 'overdue', 'escalated', 'mentioned', 'contributionAsked', 'contributionGiven', "
            "'contributionDue', 'contributionDeclined', 'contributionDropped', 'assigned', 'reopened', 'undelivered', "
            "'callBack', 'noReply', 'stalled', 'urgent')",
            name="ck_notice_kind",
        ),
    )
    op.create_index(
        "ux_notice_reminder",
        "notice",
        ["user_id", "question_id", "kind", "day"],
        unique=True,
        postgresql_where=sa.text(AGAIN),
    )
    op.create_index("ix_notice_user", "notice", ["user_id", "id"])
    op.create_index("ix_notice_question", "notice", ["question_id"])
    op.create_index("ix_notice_at", "notice", ["at"])
    op.execute("GRANT SELECT, INSERT, DELETE ON notice TO onthaal_app")
    op.execute("GRANT UPDATE (read_at, mailed_at) ON notice TO onthaal_app")
    op.execute("ALTER TABLE notice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY written ON notice FOR INSERT WITH CHECK ({SOMEBODY})")
    op.execute(f"CREATE POLICY seen ON notice FOR SELECT USING ({MINE})")
    op.execute(f"CREATE POLICY changed ON notice FOR UPDATE USING ({MINE})")
    op.execute(f"CREATE POLICY dropped ON notice FOR DELETE USING ({ALL})")


def downgrade() -> None:
    """Undo."""
    op.execute("DROP TRIGGER stepped ON question")
    op.execute("DROP FUNCTION refuse_version()")
    op.drop_index("ix_question_passed", "question")
    op.drop_table("notice")
    op.drop_table("absence")
