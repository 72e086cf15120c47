"""The clock of a question: terms agreed on, escalation, movement; the city's calendar."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
IS_OPEN = "state IN ('new', 'inProgress', 'waitingForCustomer')"
CHECKS = {
    "ck_question_escalate_at": f"({IS_OPEN}) = (escalate_at IS NOT NULL)",
    "ck_question_counts": "escalation >= 0 AND bounces >= 0",
    "ck_question_parts": f"open_contributions >= 0 AND ({IS_OPEN} OR open_contributions = 0)",
}


def upgrade() -> None:
    """Apply."""
    op.execute("SELECT set_config('app.reach', 'everything', true)")
    _terms()
    _questions()


def _terms() -> None:
    op.create_table(
        "term",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("content", pg.JSONB(), nullable=False),
    )
    op.execute("GRANT SELECT, INSERT ON term TO onthaal_app")
    op.create_table(
        "city_calendar",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("closed", pg.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint("id = 1", name="ck_city_calendar_one"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON city_calendar TO onthaal_app")
    op.add_column("service_level", sa.Column("terms", pg.JSONB(), nullable=False, server_default=sa.text("'[]'")))
    op.add_column(
        "service_level", sa.Column("waiting_stops", sa.Boolean(), nullable=False, server_default=sa.text("true"))
    )
    op.add_column("service_level", sa.Column("escalation", pg.JSONB(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("service_level", sa.Column("head_id", sa.Uuid(), sa.ForeignKey("app_user.id")))


def _questions() -> None:
    op.add_column("question_event", sa.Column("term_id", sa.Uuid(), sa.ForeignKey("term.id")))
    op.add_column("question_event", sa.Column("data", pg.JSONB()))
    for name in ("escalation", "bounces", "open_contributions"):
        op.add_column("question", sa.Column(name, sa.SmallInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("question", sa.Column("escalate_at", MOMENT))
    op.add_column("question", sa.Column("moved_at", MOMENT, nullable=False, server_default=sa.func.now()))
    op.execute(f"UPDATE question SET escalate_at = deadline WHERE {IS_OPEN}")
    op.execute(
        "UPDATE question q SET moved_at = (SELECT max(e.at) FROM question_event e WHERE e.question_id = q.id)"
        " WHERE EXISTS (SELECT FROM question_event e WHERE e.question_id = q.id)"
    )
    for name, condition in CHECKS.items():
        op.create_check_constraint(name, "question", condition)
    op.create_index("ix_question_escalate_at", "question", ["escalate_at"], postgresql_where=IS_OPEN)


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_question_escalate_at", "question")
    for name in CHECKS:
        op.drop_constraint(name, "question", type_="check")
    for name in ("moved_at", "escalate_at", "open_contributions", "bounces", "escalation"):
        op.drop_column("question", name)
    for name in ("data", "term_id"):
        op.drop_column("question_event", name)
    for name in ("head_id", "escalation", "waiting_stops", "terms"):
        op.drop_column("service_level", name)
    op.drop_table("city_calendar")
    op.drop_table("term")
