"""What the reporting role may read: questions without persons, texts or agents."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        """
        CREATE VIEW reporting.question AS
        SELECT id, kind, channel, product_id, department_id, state, priority, deadline, created_at, answered_at,
               closed_at, customer_id IS NOT NULL AS has_customer
          FROM public.question WHERE confidentiality = 'normal'
        """
    )


def downgrade() -> None:
    """Undo."""
    op.execute("DROP VIEW reporting.question")
