"""How often each step of a flow is taken, per day, without anybody in it."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

KEY = ("day", "flow", "version", "mode", "from_node", "to_kind", "to_node", "slot")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "flow_passage",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("from_node", sa.Text(), nullable=False),
        sa.Column("to_kind", sa.Text(), nullable=False),
        sa.Column("to_node", sa.Text(), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name="pk_flow_passage"),
        sa.CheckConstraint("mode IN ('citizen', 'agent')", name="ck_flow_passage_mode"),
        sa.CheckConstraint("to_kind IN ('question', 'outcome', 'handover', 'stopped')", name="ck_flow_passage_to_kind"),
    )
    op.execute("GRANT SELECT, INSERT ON flow_passage TO onthaal_app")
    op.execute("GRANT UPDATE (count) ON flow_passage TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    op.drop_table("flow_passage")
