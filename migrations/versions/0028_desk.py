"""Contacts in progress, telephones of the desk, calls that ring."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)


def _user(*, unique: bool = False) -> sa.Column[UUID]:
    return sa.Column("user_id", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False, unique=unique)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "contact_draft",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
    )
    op.create_index("ix_contact_draft_owner", "contact_draft", ["owner_id", "changed_at", "id"])
    op.create_index("ix_contact_draft_changed", "contact_draft", ["changed_at"])
    op.create_table(
        "telephone",
        sa.Column("extension", sa.Text(), primary_key=True),
        _user(unique=True),
        sa.Column("since", MOMENT, nullable=False),
    )
    op.create_table(
        "ringing_call",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _user(),
        sa.Column("phone", sa.LargeBinary()),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("taken_at", MOMENT),
    )
    op.create_index("ix_ringing_call_user", "ringing_call", ["user_id", "at"])
    op.create_index("ix_ringing_call_at", "ringing_call", ["at"])
    op.execute("GRANT SELECT, INSERT, DELETE, UPDATE (content, version, changed_at) ON contact_draft TO onthaal_app")
    op.execute("GRANT SELECT, INSERT, DELETE, UPDATE (user_id, since) ON telephone TO onthaal_app")
    op.execute("GRANT SELECT, INSERT, DELETE, UPDATE (phone, taken_at) ON ringing_call TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    for table in ("ringing_call", "telephone", "contact_draft"):
        op.drop_table(table)
