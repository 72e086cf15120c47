"""Suggestions of the same customer, what people decided about them, and walks over all customers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
NONE = sa.text("0")


def upgrade() -> None:
    """Apply."""
    _suggestion()
    _decision()
    _run()
    op.execute("GRANT SELECT, INSERT, UPDATE ON match_suggestion, match_run TO onthaal_app")
    op.execute("GRANT SELECT, INSERT ON match_decision TO onthaal_app")


def _suggestion() -> None:
    op.create_table(
        "match_suggestion",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("first_id", sa.Uuid(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("second_id", sa.Uuid(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("parts", pg.JSONB(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("first_print", sa.LargeBinary(), nullable=False),
        sa.Column("second_print", sa.LargeBinary(), nullable=False),
        sa.Column("key_version", sa.SmallInteger(), nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("root_id", sa.Uuid(), sa.ForeignKey("match_suggestion.id")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint("first_id < second_id", name="ck_match_suggestion_pair"),
        sa.CheckConstraint(
            "state IN ('open', 'same', 'different', 'later', 'obsolete')", name="ck_match_suggestion_state"
        ),
        sa.CheckConstraint("(state = 'later') = (until IS NOT NULL)", name="ck_match_suggestion_until"),
    )
    op.create_index("ux_match_suggestion_pair", "match_suggestion", ["first_id", "second_id"], unique=True)
    op.create_index("ix_match_suggestion_second_id", "match_suggestion", ["second_id"])
    op.create_index("ix_match_suggestion_queue", "match_suggestion", ["state", "probability", "score", "id"])
    op.create_index(
        "ix_match_suggestion_until", "match_suggestion", ["until"], postgresql_where=sa.text("state = 'later'")
    )
    op.create_index(
        "ix_match_suggestion_root_id",
        "match_suggestion",
        ["root_id"],
        postgresql_where=sa.text("root_id IS NOT NULL"),
    )


def _decision() -> None:
    op.create_table(
        "match_decision",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("suggestion_id", sa.Uuid(), sa.ForeignKey("match_suggestion.id"), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("reason", sa.Text()),
        sa.Column("until", MOMENT),
        sa.CheckConstraint(
            "decision IN ('open', 'same', 'different', 'later', 'obsolete')", name="ck_match_decision_decision"
        ),
        sa.CheckConstraint(
            "cause IN ('person', 'dataChanged', 'expired', 'notProposed', 'merged', 'carried', 'split')",
            name="ck_match_decision_cause",
        ),
        sa.CheckConstraint("cause <> 'person' OR actor_id IS NOT NULL", name="ck_match_decision_actor"),
    )
    op.create_index("ix_match_decision_suggestion_id", "match_decision", ["suggestion_id", "id"])


def _run() -> None:
    op.create_table(
        "match_run",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Uuid()),
        *(
            sa.Column(name, sa.Integer(), nullable=False, server_default=NONE)
            for name in ("looked_at", "rewritten", "created", "reopened", "closed")
        ),
        sa.Column("seconds", sa.Float(), nullable=False, server_default=NONE),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.CheckConstraint("scope IN ('all', 'outdated')", name="ck_match_run_scope"),
        sa.CheckConstraint("state IN ('running', 'done')", name="ck_match_run_state"),
        sa.CheckConstraint("(state = 'done') = (finished_at IS NOT NULL)", name="ck_match_run_finished"),
    )
    op.create_index(
        "ux_match_run_running", "match_run", ["state"], unique=True, postgresql_where=sa.text("state = 'running'")
    )


def downgrade() -> None:
    """Undo."""
    for table in ("match_run", "match_decision", "match_suggestion"):
        op.drop_table(table)
