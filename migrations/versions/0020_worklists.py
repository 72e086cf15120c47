"""Worklists in every order, saved views, the tally of the monitor.

The indexes of a department's open questions end with what a list or filter chooses by: PostgreSQL decides in the index,
so that a page costs the same however many questions it passes over.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
IS_OPEN = "state IN ('new', 'inProgress', 'waitingForCustomer')"
PLANNED = "next_action IN ('callBack', 'appointment')"
CHOSEN = ["assignee_id", "state", "escalation", "bounces", "kind", "channel", "product_id"]
INDEXES = {
    "ix_question_department": ["department_id", "priority", "deadline", "id", *CHOSEN],
    "ix_question_department_deadline": ["department_id", "deadline", "id", "priority", *CHOSEN],
    "ix_question_department_created": ["department_id", "created_at", "id"],
    "ix_question_department_moved": ["department_id", "moved_at", "id"],
}
ACTED = "actor_id IS NOT NULL AND type NOT IN ('escalated', 'reminded')"
REACH = "(SELECT current_setting('app.reach', true))"
DEPARTMENTS = "(SELECT nullif(current_setting('app.departments', true), '')::uuid[])"
ALL = f"{REACH} = 'everything'"
SEEN = f"{ALL} OR {REACH} = 'person' AND (NOT shielded OR department_id = ANY ({DEPARTMENTS}::uuid[]))"


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_question_department", "question")
    for name, columns in INDEXES.items():
        op.create_index(name, "question", columns, postgresql_where=IS_OPEN)
    op.create_index(
        "ix_question_department_planned",
        "question",
        ["department_id", "next_action_at", "id"],
        postgresql_where=PLANNED,
    )
    op.create_index("ix_question_event_actor", "question_event", ["actor_id", "at"], postgresql_where=ACTED)
    _saved_views()
    _tally()


def _saved_views() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("worklist", sa.Text(), nullable=False),
        sa.Column("filters", pg.JSONB(), nullable=False),
        sa.Column("sort", sa.Text()),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("department.id")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint("num_nonnulls(owner_id, department_id) = 1", name="ck_saved_view_whose"),
    )
    op.create_index("ux_saved_view_owner", "saved_view", ["owner_id", "name"], unique=True)
    op.create_index("ux_saved_view_department", "saved_view", ["department_id", "name"], unique=True)
    op.execute("GRANT SELECT, INSERT, DELETE ON saved_view TO onthaal_app")
    op.execute("GRANT UPDATE (name, worklist, filters, sort, version) ON saved_view TO onthaal_app")


def _tally() -> None:
    op.create_table(
        "open_tally",
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("department.id"), primary_key=True),
        sa.Column("shielded", sa.Boolean(), primary_key=True),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("content", pg.JSONB(), nullable=False),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON open_tally TO onthaal_app")
    op.execute("ALTER TABLE open_tally ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY seen ON open_tally FOR SELECT USING ({SEEN})")
    op.execute(f"CREATE POLICY written ON open_tally FOR INSERT WITH CHECK ({ALL})")
    op.execute(f"CREATE POLICY removed ON open_tally FOR DELETE USING ({ALL})")


def downgrade() -> None:
    """Undo."""
    op.drop_table("open_tally")
    op.drop_table("saved_view")
    op.drop_index("ix_question_event_actor", "question_event")
    op.drop_index("ix_question_department_planned", "question")
    for name in INDEXES:
        op.drop_index(name, "question")
    order = ["department_id", "priority", "deadline", "id"]
    op.create_index("ix_question_department", "question", order, postgresql_where=IS_OPEN)
