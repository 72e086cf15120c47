"""Short worklists are counted and read by themselves, however many questions a department has open."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

ORDER = ["department_id", "priority", "deadline", "id"]
OPEN = "state IN ('inProgress', 'new', 'waitingForCustomer')"
LISTS = {
    "ix_question_department_waiting": "state = 'waitingForCustomer'",
    "ix_question_department_escalated": f"{OPEN} AND escalation > 1",
}


def upgrade() -> None:
    """Apply."""
    for name, condition in LISTS.items():
        op.create_index(name, "question", ORDER, postgresql_where=sa.text(condition))


def downgrade() -> None:
    """Undo."""
    for name in LISTS:
        op.drop_index(name, "question")
