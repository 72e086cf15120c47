"""Group mailboxes: mail that comes in, raw first; contacts that the platform takes in by itself.

A person sees a mail that came in when its question is this person's to see; as long as it has none, unless it came into
the mailbox of a shielded department of others.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
REACH = "(SELECT current_setting('app.reach', true))"
DEPARTMENTS = "(SELECT nullif(current_setting('app.departments', true), '')::uuid[])"
SOMEBODY = f"{REACH} IN ('person', 'everything')"
ALL = f"{REACH} = 'everything'"
SHIELDED_BOX = f"""EXISTS (SELECT FROM mailbox b JOIN department d ON d.id = b.department_id
 WHERE b.id = mailbox_id AND d.sensitive AND NOT coalesce(d.id = ANY ({DEPARTMENTS}::uuid[]), false))"""
SEEN = f"""CASE WHEN question_id IS NULL THEN NOT {SHIELDED_BOX}
 ELSE EXISTS (SELECT FROM question q WHERE q.id = question_id) END"""


def upgrade() -> None:
    """Apply."""
    op.alter_column("contact", "agent_id", nullable=True)
    op.execute(f"CREATE POLICY changed ON contact FOR UPDATE USING ({ALL})")
    op.execute("GRANT UPDATE (customer_id, caller) ON contact TO onthaal_app")
    op.add_column("message", sa.Column("mail_id", sa.Text()))
    op.add_column("message", sa.Column("marks", pg.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("message", sa.Column("full_text", sa.Text()))
    op.create_index(
        "ux_message_mail_id", "message", ["mail_id"], unique=True, postgresql_where=sa.text("mail_id IS NOT NULL")
    )
    _mailbox()
    _inbound_mail()


def _mailbox() -> None:
    op.create_table(
        "mailbox",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("address", sa.Text(), nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("department.id")),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("host", sa.Text()),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("tls", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("done_folder", sa.Text()),
        sa.Column("username", sa.Text()),
        sa.Column("password", sa.LargeBinary()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("looked_at", MOMENT),
        sa.Column("uid_validity", sa.BigInteger()),
        sa.Column("last_uid", sa.BigInteger()),
        sa.Column("failures", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("failure", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint("protocol IN ('lmtp', 'imap')", name="ck_mailbox_protocol"),
        sa.CheckConstraint("tls IN ('implicit', 'startTls', 'none')", name="ck_mailbox_tls"),
        sa.CheckConstraint(
            "kind IN ('question', 'report', 'complaint', 'request', 'suggestion')", name="ck_mailbox_kind"
        ),
        sa.CheckConstraint("address = lower(address)", name="ck_mailbox_address"),
        sa.CheckConstraint(
            "protocol <> 'imap' OR (host IS NOT NULL AND username IS NOT NULL AND password IS NOT NULL)",
            name="ck_mailbox_imap",
        ),
        sa.CheckConstraint("(uid_validity IS NULL) = (last_uid IS NULL)", name="ck_mailbox_uid"),
        sa.CheckConstraint("(failures = 0) = (failure IS NULL)", name="ck_mailbox_failure"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON mailbox TO onthaal_app")


def _inbound_mail() -> None:
    op.create_table(
        "inbound_mail",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("mailbox_id", sa.Uuid(), sa.ForeignKey("mailbox.id")),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("envelope_sender", sa.Text()),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("blob_id", sa.Uuid(), sa.ForeignKey("blob.id"), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("essence", sa.LargeBinary()),
        sa.Column("uid_validity", sa.BigInteger()),
        sa.Column("uid", sa.BigInteger()),
        sa.Column("header_id", sa.Text()),
        sa.Column("sender", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("marks", pg.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("reason", sa.Text()),
        sa.Column("question_id", sa.Uuid(), sa.ForeignKey("question.id")),
        sa.Column("about_message_id", sa.Uuid()),
        sa.Column("processed_at", MOMENT),
        sa.Column("processed_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.ForeignKeyConstraint(
            ["question_id", "about_message_id"],
            ["message.question_id", "message.id"],
            name="fk_inbound_mail_about",
        ),
        sa.CheckConstraint(
            "state IN ('received', 'processed', 'quarantined', 'ignored')", name="ck_inbound_mail_state"
        ),
        sa.CheckConstraint("(state = 'received') = (processed_at IS NULL)", name="ck_inbound_mail_processed_at"),
        sa.CheckConstraint(
            "(state IN ('processed', 'ignored')) = (outcome IS NOT NULL)", name="ck_inbound_mail_outcome"
        ),
        sa.CheckConstraint("state <> 'quarantined' OR reason IS NOT NULL", name="ck_inbound_mail_reason"),
        sa.CheckConstraint(
            "outcome NOT IN ('question', 'reply', 'note') OR question_id IS NOT NULL", name="ck_inbound_mail_question"
        ),
        sa.CheckConstraint("(uid IS NULL) = (uid_validity IS NULL)", name="ck_inbound_mail_uid"),
    )
    _indexes()
    op.execute("ALTER TABLE inbound_mail ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY written ON inbound_mail FOR INSERT WITH CHECK ({SOMEBODY})")
    op.execute(f"CREATE POLICY seen ON inbound_mail FOR SELECT USING ({ALL} OR {REACH} = 'person' AND ({SEEN}))")
    op.execute(f"CREATE POLICY changed ON inbound_mail FOR UPDATE USING ({ALL})")
    op.execute("GRANT SELECT, INSERT ON inbound_mail TO onthaal_app")
    op.execute(
        "GRANT UPDATE (essence, header_id, sender, state, outcome, marks, reason, question_id, about_message_id, "
        "processed_at, processed_by) ON inbound_mail TO onthaal_app"
    )


def _indexes() -> None:
    op.create_index(
        "ux_inbound_mail_digest",
        "inbound_mail",
        ["recipient", "digest"],
        unique=True,
        postgresql_where=sa.text("header_id IS NOT NULL"),
    )
    op.create_index(
        "ux_inbound_mail_uid",
        "inbound_mail",
        ["mailbox_id", "uid_validity", "uid"],
        unique=True,
        postgresql_where=sa.text("uid IS NOT NULL"),
    )
    op.create_index("ix_inbound_mail_state", "inbound_mail", ["state", "id"])
    op.create_index("ix_inbound_mail_marks", "inbound_mail", ["id"], postgresql_where=sa.text("marks <> '{}'"))
    op.create_index(
        "ix_inbound_mail_header_id",
        "inbound_mail",
        ["header_id"],
        postgresql_where=sa.text("header_id IS NOT NULL"),
    )
    op.create_index("ix_inbound_mail_sender", "inbound_mail", ["sender", "received_at"])
    op.create_index(
        "ix_inbound_mail_question",
        "inbound_mail",
        ["question_id", "id"],
        postgresql_where=sa.text("question_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("inbound_mail")
    op.drop_table("mailbox")
    op.drop_index("ux_message_mail_id", "message")
    for column in ("full_text", "marks", "mail_id"):
        op.drop_column("message", column)
    op.execute("REVOKE UPDATE (customer_id, caller) ON contact FROM onthaal_app")
    op.execute("DROP POLICY changed ON contact")
    op.alter_column("contact", "agent_id", nullable=False)
