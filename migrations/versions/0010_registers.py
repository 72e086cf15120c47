"""Look-ups in authentic registers and what they proposed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Apply."""
    _lookup()
    _difference()
    op.execute("GRANT SELECT, INSERT, UPDATE ON register_lookup, register_difference TO onthaal_app")


def _lookup() -> None:
    op.create_table(
        "register_lookup",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("reference", sa.Uuid(), nullable=False),
        sa.Column("capacity", sa.Text()),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("answered_at", MOMENT),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.CheckConstraint(
            "register IN ('nationalRegister', 'enterpriseRegister', 'associationsRegister')",
            name="ck_register_lookup_register",
        ),
        sa.CheckConstraint(
            "outcome IN ('asked', 'found', 'unknown', 'refused', 'unreadable', 'away')",
            name="ck_register_lookup_outcome",
        ),
        sa.CheckConstraint("(outcome = 'asked') = (answered_at IS NULL)", name="ck_register_lookup_answered"),
    )
    op.create_index("ix_register_lookup_customer_id", "register_lookup", ["customer_id", "id"])
    op.create_index("ux_register_lookup_reference", "register_lookup", ["reference"], unique=True)


def _difference() -> None:
    op.create_table(
        "register_difference",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lookup_id", sa.Uuid(), sa.ForeignKey("register_lookup.id"), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.CheckConstraint("verdict IN ('same', 'new', 'different', 'ended')", name="ck_register_difference_verdict"),
        sa.CheckConstraint(
            "decision IN ('open', 'accepted', 'rejected', 'superseded', 'expired', 'none')",
            name="ck_register_difference_decision",
        ),
        sa.CheckConstraint("decision <> 'open' OR content IS NOT NULL", name="ck_register_difference_content"),
    )
    op.create_index("ix_register_difference_lookup_id", "register_difference", ["lookup_id", "id"])
    op.create_index(
        "ix_register_difference_content", "register_difference", ["id"], postgresql_where="content IS NOT NULL"
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("register_difference")
    op.drop_table("register_lookup")
