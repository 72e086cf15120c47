"""Channels: the users that front ends act under, and what a customer sees of the own file.

Reach `customer` opens the rows of the customers in `app.opened`, for reading, and nothing else.
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

CHANNELS = {
    "agent": "00000000-0000-7000-8000-00000000c001",
    "widget": "00000000-0000-7000-8000-00000000c002",
    "burgerprofiel": "00000000-0000-7000-8000-00000000c003",
}
CUSTOMER = "(SELECT current_setting('app.reach', true)) = 'customer'"
OPENED = "(SELECT nullif(current_setting('app.opened', true), '')::uuid[])"
MINE = f"customer_id = ANY ({OPENED}::uuid[])"
OF_MINE = "EXISTS (SELECT FROM question q WHERE q.id = question_id)"

OWN = {
    "question": MINE,
    "contact": f"{MINE} OR on_behalf_of_id = ANY ({OPENED}::uuid[])",
    "application_case": MINE,
    "message": OF_MINE,
    "question_event": OF_MINE,
    "contact_question": OF_MINE,
    "appointment": OF_MINE,
}


def upgrade() -> None:
    """Apply."""
    for name, key in CHANNELS.items():
        op.execute(
            "INSERT INTO app_user (id, username, name, kind, language) "
            f"VALUES ('{key}', 'channel.{name}', '{name}', 'client', 'nl')"
        )
    for table, condition in OWN.items():
        op.execute(f"CREATE POLICY own ON {table} FOR SELECT USING ({CUSTOMER} AND ({condition}))")


def downgrade() -> None:
    """Undo."""
    for table in OWN:
        op.execute(f"DROP POLICY own ON {table}")
    op.execute("DELETE FROM app_user WHERE username LIKE 'channel.%'")
