"""Work of experts: attempts to call, appointments and their mails, answer templates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
REACH = "(SELECT current_setting('app.reach', true))"
DEPARTMENTS = "(SELECT nullif(current_setting('app.departments', true), '')::uuid[])"
SOMEBODY = f"{REACH} IN ('person', 'everything')"
ALL = f"{REACH} = 'everything'"
ABOUT_SEEN = "EXISTS (SELECT FROM question q WHERE q.id = question_id)"
ABOUT_OWN = f"""EXISTS (SELECT FROM question q WHERE q.id = question_id
 AND (q.confidentiality = 'normal' OR q.department_id = ANY ({DEPARTMENTS}::uuid[])))"""
SHIELDED = ("call_attempt", "appointment", "appointment_mail")


def upgrade() -> None:
    """Apply."""
    _calls()
    _appointments()
    _templates()
    for table in SHIELDED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY written ON {table} FOR INSERT WITH CHECK ({SOMEBODY})")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({ALL} OR {REACH} = 'person' AND {ABOUT_SEEN})")
    op.execute(f"CREATE POLICY changed ON appointment FOR UPDATE USING ({ALL} OR {REACH} = 'person' AND {ABOUT_OWN})")


def _calls() -> None:
    op.create_table(
        "call_attempt",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("actor_id", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id", "version"],
            ["question_event.question_id", "question_event.version"],
            name="fk_call_attempt_event",
        ),
        sa.UniqueConstraint("question_id", "version", name="ux_call_attempt_event"),
        sa.CheckConstraint(
            "outcome IN ('reached', 'noAnswer', 'voicemail', 'wrongNumber', 'busy')", name="ck_call_attempt_outcome"
        ),
    )
    op.execute("GRANT SELECT, INSERT ON call_attempt TO onthaal_app")


def _appointments() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("question_id", sa.Uuid(), sa.ForeignKey("question.id"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("expert_id", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("place", sa.Text()),
        sa.Column("link", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.Text()),
        sa.Column("created_by", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.UniqueConstraint("question_id", "id", name="ux_appointment_question"),
        sa.CheckConstraint("state IN ('planned', 'done', 'cancelled', 'missed')", name="ck_appointment_state"),
        sa.CheckConstraint("ends_at > starts_at", name="ck_appointment_period"),
        sa.CheckConstraint("link LIKE 'https://%'", name="ck_appointment_link"),
        sa.CheckConstraint("revision >= 0", name="ck_appointment_revision"),
    )
    op.create_index(
        "ux_appointment_planned",
        "appointment",
        ["question_id"],
        unique=True,
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.execute("GRANT SELECT, INSERT ON appointment TO onthaal_app")
    op.execute(
        "GRANT UPDATE (state, starts_at, ends_at, expert_id, place, link, note, revision, recipient)"
        " ON appointment TO onthaal_app"
    )
    op.create_table(
        "appointment_mail",
        sa.Column("message_id", sa.Uuid(), primary_key=True),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("news", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("expert_id", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("place", sa.Text()),
        sa.Column("link", sa.Text()),
        sa.ForeignKeyConstraint(
            ["question_id", "message_id"], ["message.question_id", "message.id"], name="fk_appointment_mail_message"
        ),
        sa.ForeignKeyConstraint(
            ["question_id", "appointment_id"],
            ["appointment.question_id", "appointment.id"],
            name="fk_appointment_mail_appointment",
        ),
        sa.UniqueConstraint("appointment_id", "revision", name="ux_appointment_mail_revision"),
        sa.CheckConstraint("news IN ('planned', 'changed', 'cancelled')", name="ck_appointment_mail_news"),
    )
    op.execute("GRANT SELECT, INSERT ON appointment_mail TO onthaal_app")


def _templates() -> None:
    op.create_table(
        "answer_template",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("department.id")),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("product_id", sa.Uuid(), sa.ForeignKey("product.id")),
        sa.Column("theme", sa.Text()),
        sa.Column("changed_by", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint("language IN ('nl', 'fr', 'de', 'en')", name="ck_answer_template_language"),
        sa.CheckConstraint(
            "kind IN ('question', 'report', 'complaint', 'request', 'suggestion')", name="ck_answer_template_kind"
        ),
    )
    op.create_index(
        "ux_answer_template_name",
        "answer_template",
        ["department_id", "name", "language"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON answer_template TO onthaal_app")
    op.execute(
        "GRANT UPDATE (department_id, name, body, language, kind, product_id, theme, changed_by, changed_at, version)"
        " ON answer_template TO onthaal_app"
    )


def downgrade() -> None:
    """Undo."""
    for table in ("answer_template", "appointment_mail", "appointment", "call_attempt"):
        op.drop_table(table)
