"""Departments, users, memberships, audit log, outbox, idempotency, schemas of the other database roles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NOW = sa.text("now()")
MOMENT = pg.TIMESTAMP(timezone=True)
TEXTS = pg.ARRAY(sa.Text())


def upgrade() -> None:
    """Apply."""
    _identity()
    _kit()
    _audit()
    op.execute("GRANT SELECT ON alembic_version TO onthaal_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON department, app_user TO onthaal_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON user_login, membership TO onthaal_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON outbox, idempotency_record TO onthaal_app")
    op.execute("GRANT INSERT ON audit_entry TO onthaal_app")
    op.execute("GRANT SELECT ON audit_entry TO onthaal_auditor")
    op.execute("CREATE SCHEMA intake")
    op.execute("GRANT USAGE ON SCHEMA intake TO onthaal_intake")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA intake GRANT INSERT ON TABLES TO onthaal_intake")
    op.execute("CREATE SCHEMA reporting")
    op.execute("GRANT USAGE ON SCHEMA reporting TO onthaal_reporting")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA reporting GRANT SELECT ON TABLES TO onthaal_reporting")


def _identity() -> None:
    op.create_table(
        "department",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), sa.ForeignKey("department.id")),
        sa.Column("email", sa.Text()),
        sa.Column("sensitive", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint("kind IN ('frontOffice', 'secondLine')", name="ck_department_kind"),
        sa.CheckConstraint("parent_id <> id", name="ck_department_parent"),
    )
    op.create_index("ix_department_parent_id", "department", ["parent_id"])
    op.create_index(
        "ux_department_front_office", "department", ["kind"], unique=True, postgresql_where="kind = 'frontOffice'"
    )
    op.create_table(
        "app_user",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("username", sa.Text(), nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("language", sa.Text(), nullable=False, server_default="nl"),
        sa.Column("kind", sa.Text(), nullable=False, server_default="person"),
        sa.Column("roles", TEXTS, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("created_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint("kind IN ('person', 'client')", name="ck_app_user_kind"),
    )
    op.create_table(
        "user_login",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False, index=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.UniqueConstraint("issuer", "subject", name="ux_user_login_subject"),
    )
    op.create_table(
        "membership",
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("department.id"), primary_key=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("app_user.id"), primary_key=True, index=True),
        sa.Column("roles", TEXTS, nullable=False),
        sa.CheckConstraint("cardinality(roles) > 0", name="ck_membership_roles"),
    )


def _kit() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("ids", pg.JSONB(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("available_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("attempts", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("leased_until", MOMENT),
        sa.Column("done_at", MOMENT),
        sa.Column("dead_at", MOMENT),
        sa.Column("reason", sa.Text()),
    )
    due = "done_at IS NULL AND dead_at IS NULL"
    op.create_index("ix_outbox_due", "outbox", ["available_at"], postgresql_where=due)
    op.create_index("ix_outbox_dead", "outbox", ["dead_at"], postgresql_where="dead_at IS NOT NULL")
    op.create_index("ix_outbox_done", "outbox", ["done_at"], postgresql_where="done_at IS NOT NULL")
    op.create_table(
        "idempotency_record",
        sa.Column("id", sa.LargeBinary(), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("created_at", MOMENT, nullable=False, server_default=NOW, index=True),
    )


def _audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.Uuid()),
        sa.Column("roles", TEXTS, nullable=False),
        sa.Column("department", sa.Uuid()),
        sa.Column("client", sa.Text()),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text()),
        sa.Column("subject", sa.Uuid()),
        sa.Column("fields", TEXTS, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
    )
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject", "id"])
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor", "id"])


def downgrade() -> None:
    """Undo."""
    for schema in ("reporting", "intake"):
        op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} REVOKE ALL ON TABLES FROM onthaal_{schema}")
        op.execute(f"DROP SCHEMA {schema}")
    op.execute("REVOKE ALL ON alembic_version FROM onthaal_app")
    for table in ("audit_entry", "idempotency_record", "outbox", "membership", "user_login", "app_user", "department"):
        op.drop_table(table)
