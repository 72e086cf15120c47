"""Rows about a question are seen by who sees the question: said once instead of once for every kind of reader.

The policies of `question` decide already for a person and for a customer. Every policy that repeats that is one more
sub-plan for PostgreSQL to set up in every statement that names the table.
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

ALL = "(SELECT current_setting('app.reach', true)) = 'everything'"
PERSON = "(SELECT current_setting('app.reach', true)) = 'person'"
CUSTOMER = "(SELECT current_setting('app.reach', true)) = 'customer'"
SOMEBODY = "(SELECT current_setting('app.reach', true)) IN ('person', 'customer')"
ABOUT_SEEN = "EXISTS (SELECT FROM question q WHERE q.id = question_id)"

CHILDREN = ("message", "question_event", "contact_question", "appointment")


def upgrade() -> None:
    """Apply."""
    for table in CHILDREN:
        op.execute(f"DROP POLICY own ON {table}")
        op.execute(f"ALTER POLICY seen ON {table} USING ({ALL} OR {SOMEBODY} AND {ABOUT_SEEN})")


def downgrade() -> None:
    """Undo."""
    for table in CHILDREN:
        op.execute(f"ALTER POLICY seen ON {table} USING ({ALL} OR {PERSON} AND ({ABOUT_SEEN}))")
        op.execute(f"CREATE POLICY own ON {table} FOR SELECT USING ({CUSTOMER} AND ({ABOUT_SEEN}))")
