"""Attachments: files of questions, kept encrypted.

`blob` holds big private contents of every kind. A person reads those of attachments that this person sees; a later
table that shows blobs to people adds a policy of its own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
REACH = "(SELECT current_setting('app.reach', true))"
DEPARTMENTS = "(SELECT nullif(current_setting('app.departments', true), '')::uuid[])"
SOMEBODY = f"{REACH} IN ('person', 'everything')"
ALL = f"{REACH} = 'everything'"
ABOUT_SEEN = "EXISTS (SELECT FROM question q WHERE q.id = question_id)"
ABOUT_OWN = f"""EXISTS (SELECT FROM question q WHERE q.id = question_id
 AND (q.confidentiality = 'normal' OR q.department_id = ANY ({DEPARTMENTS}::uuid[])))"""
OF_SEEN = "EXISTS (SELECT FROM attachment a WHERE a.blob_id = blob.id)"


def upgrade() -> None:
    """Apply."""
    _blob()
    op.drop_index("ix_message_question", "message")
    op.create_index("ux_message_question", "message", ["question_id", "id"], unique=True)
    _attachment()
    for table in ("blob", "attachment"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY written ON {table} FOR INSERT WITH CHECK ({SOMEBODY})")
    op.execute(f"CREATE POLICY seen ON attachment FOR SELECT USING ({ALL} OR {REACH} = 'person' AND {ABOUT_SEEN})")
    op.execute(f"CREATE POLICY changed ON attachment FOR UPDATE USING ({ALL} OR {REACH} = 'person' AND {ABOUT_OWN})")
    op.execute(f"CREATE POLICY seen ON blob FOR SELECT USING ({ALL} OR {REACH} = 'person' AND {OF_SEEN})")
    op.execute(f"CREATE POLICY changed ON blob FOR UPDATE USING ({ALL})")


def _blob() -> None:
    op.create_table(
        "blob",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("size BETWEEN 0 AND 31457280", name="ck_blob_size"),
        sa.CheckConstraint("octet_length(content) = size + 28", name="ck_blob_content"),
    )
    op.execute("ALTER TABLE blob ALTER COLUMN content SET STORAGE EXTERNAL")  # what is encrypted cannot be compressed
    op.execute("GRANT SELECT, INSERT, UPDATE (data_key) ON blob TO onthaal_app")


def _attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("question_id", sa.Uuid(), sa.ForeignKey("question.id"), nullable=False),
        sa.Column("message_id", sa.Uuid()),
        sa.Column("blob_id", sa.Uuid(), sa.ForeignKey("blob.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text()),
        sa.Column("scanned_at", MOMENT),
        sa.Column("author_id", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id", "message_id"], ["message.question_id", "message.id"], name="fk_attachment_message"
        ),
        sa.UniqueConstraint("blob_id", name="ux_attachment_blob"),
        sa.CheckConstraint("state IN ('pending', 'clean', 'infected', 'error')", name="ck_attachment_state"),
        sa.CheckConstraint("(state IN ('infected', 'error')) = (finding IS NOT NULL)", name="ck_attachment_finding"),
        sa.CheckConstraint("state <> 'pending' OR scanned_at IS NULL", name="ck_attachment_pending"),
        sa.CheckConstraint("state <> 'infected' OR scanned_at IS NOT NULL", name="ck_attachment_infected"),
    )
    op.create_index("ix_attachment_question", "attachment", ["question_id", "id"])
    op.create_index(
        "ix_attachment_message", "attachment", ["message_id"], postgresql_where=sa.text("message_id IS NOT NULL")
    )
    op.execute("GRANT SELECT, INSERT ON attachment TO onthaal_app")
    op.execute("GRANT UPDATE (message_id, state, finding, scanned_at) ON attachment TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    op.execute("DROP POLICY seen ON blob")
    op.drop_table("attachment")
    op.drop_index("ux_message_question", "message")
    op.create_index("ix_message_question", "message", ["question_id", "id"])
    op.drop_table("blob")
