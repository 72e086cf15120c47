"""Shielding: row-level security on questions and what is about them, break-glass.

A transaction says who reads (`app.reach`, `app.person`, `app.departments`, `app.opened`); without that it reads none.
The settings are read in sub-selects, so that PostgreSQL does it once per statement and not for every row.

Whoever changes these rows in a later migration says `SELECT set_config('app.reach', 'everything', true)` first: the
policies hold for the owner too.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)

REACH = "(SELECT current_setting('app.reach', true))"
PERSON = "(SELECT nullif(current_setting('app.person', true), '')::uuid)"
DEPARTMENTS = "(SELECT nullif(current_setting('app.departments', true), '')::uuid[])"
OPENED = "(SELECT nullif(current_setting('app.opened', true), '')::uuid[])"

SOMEBODY = f"{REACH} IN ('person', 'everything')"
ALL = f"{REACH} = 'everything'"
OWN_QUESTION = f"confidentiality = 'normal' OR department_id = ANY ({DEPARTMENTS}::uuid[])"
SEEN_QUESTION = f"{OWN_QUESTION} OR id = ANY ({OPENED}::uuid[]) OR customer_id = ANY ({OPENED}::uuid[])"
ABOUT_SEEN = "EXISTS (SELECT FROM question q WHERE q.id = question_id)"
SEEN_CONTACT = "EXISTS (SELECT FROM contact_question l WHERE l.contact_id = contact.id)"
HIDDEN_PRODUCTS = f"""(
 SELECT coalesce(array_agg(c.product_id), '{{}}') FROM product_city c JOIN department d ON d.id = c.department_id
  WHERE d.sensitive AND NOT coalesce(d.id = ANY ({DEPARTMENTS}::uuid[]), false))"""
SEEN_CASE = f"""client_id = {PERSON} OR customer_id = ANY ({OPENED}::uuid[])
 OR (question_id IS NULL OR {ABOUT_SEEN}) AND (product_id IS NULL OR product_id <> ALL ({HIDDEN_PRODUCTS}::uuid[]))"""

CHILDREN = ("message", "question_event", "contact_question")
SHIELDED = ("question", *CHILDREN, "contact", "application_case")


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "contact", sa.Column("question_count", sa.SmallInteger(), nullable=False, server_default=sa.text("0"))
    )
    op.execute(
        "UPDATE contact c SET question_count = (SELECT count(*) FROM contact_question l WHERE l.contact_id = c.id)"
    )
    op.alter_column("contact", "question_count", server_default=None)
    _break_glass()
    for table in SHIELDED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY written ON {table} FOR INSERT WITH CHECK ({SOMEBODY})")
    _policy("question", "seen", "SELECT", SEEN_QUESTION)
    _policy("question", "changed", "UPDATE", OWN_QUESTION, check=True)
    for table in CHILDREN:
        _policy(table, "seen", "SELECT", ABOUT_SEEN)
    op.execute(f"CREATE POLICY changed ON message FOR UPDATE USING ({ALL})")
    _policy("contact", "seen", "SELECT", SEEN_CONTACT)
    _policy("application_case", "seen", "SELECT", SEEN_CASE)
    _policy("application_case", "changed", "UPDATE", f"client_id = {PERSON}", check=True)
    # a view reads with the rights of its owner: what `reporting` shows of questions is never about a sensitive one
    op.execute("CREATE POLICY reported ON question FOR SELECT TO onthaal_owner USING (confidentiality = 'normal')")


def _policy(table: str, name: str, command: str, condition: str, *, check: bool = False) -> None:
    """What a person sees or changes; the platform itself does so with every row."""
    checked = f" WITH CHECK ({SOMEBODY})" if check else ""
    op.execute(
        f"CREATE POLICY {name} ON {table} FOR {command} USING ({ALL} OR {REACH} = 'person' AND ({condition})){checked}"
    )


def _break_glass() -> None:
    op.create_table(
        "break_glass",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subjects", pg.ARRAY(sa.Uuid()), nullable=False),
        sa.CheckConstraint("subject_kind IN ('customer', 'question')", name="ck_break_glass_subject_kind"),
        sa.CheckConstraint("until > at", name="ck_break_glass_until"),
    )
    op.create_index("ix_break_glass_user", "break_glass", ["user_id", "until"])
    op.execute("GRANT SELECT, INSERT ON break_glass TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    op.execute("DROP POLICY reported ON question")
    for table, names in {
        "question": ("seen", "changed"),
        **dict.fromkeys(CHILDREN, ("seen",)),
        "contact": ("seen",),
        "application_case": ("seen", "changed"),
    }.items():
        for name in (*names, "written"):
            op.execute(f"DROP POLICY {name} ON {table}")
    op.execute("DROP POLICY changed ON message")
    for table in SHIELDED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
    op.drop_table("break_glass")
    op.drop_column("contact", "question_count")
