"""One file per customer: reversible merges as pointers, facts that a file has set aside, keys for finding."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.add_column("customer", sa.Column("survivor_id", sa.Uuid(), sa.ForeignKey("customer.id")))
    op.add_column("customer", sa.Column("birth_lookup", sa.LargeBinary()))
    op.create_check_constraint(op.f("ck_customer_survivor"), "customer", "survivor_id <> id")
    op.create_check_constraint(
        op.f("ck_customer_birth_lookup"), "customer", "birth_date IS NOT NULL OR birth_lookup IS NULL"
    )
    op.create_index("ix_customer_survivor_id", "customer", ["survivor_id"], postgresql_where="survivor_id IS NOT NULL")
    op.create_index("ix_customer_birth_lookup", "customer", ["birth_lookup", "id"])
    _merge()
    _superseded()
    _name_part()


def _merge() -> None:
    op.create_table(
        "customer_merge",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("survivor_id", sa.Uuid(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("merged_id", sa.Uuid(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("merged_at", MOMENT, nullable=False),
        sa.Column("merged_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("reason", sa.Text()),
        sa.Column("undone_at", MOMENT),
        sa.Column("undone_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("undo_reason", sa.Text()),
        sa.CheckConstraint("survivor_id <> merged_id", name="ck_customer_merge_two"),
        sa.CheckConstraint("(undone_at IS NULL) = (undo_reason IS NULL)", name="ck_customer_merge_undone"),
    )
    op.create_index(
        "ux_customer_merge_merged_id",
        "customer_merge",
        ["merged_id"],
        unique=True,
        postgresql_where="undone_at IS NULL",
    )
    op.create_index("ix_customer_merge_survivor_id", "customer_merge", ["survivor_id"])
    op.execute("GRANT SELECT, INSERT ON customer_merge TO onthaal_app")
    op.execute("GRANT UPDATE (undone_at, undone_by, undo_reason) ON customer_merge TO onthaal_app")


def _superseded() -> None:
    op.create_table(
        "customer_superseded",
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customer.id"), primary_key=True),
        sa.Column("fact_id", sa.Uuid(), primary_key=True),
        sa.Column("field", sa.Text(), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("field IN ('fact', 'birthDate', 'status')", name="ck_customer_superseded_field"),
    )
    op.create_index("ix_customer_superseded_fact_id", "customer_superseded", ["fact_id"])
    op.execute("GRANT SELECT, INSERT ON customer_superseded TO onthaal_app")


def _name_part() -> None:
    op.create_table(
        "customer_name_part",
        sa.Column("part", sa.Text(collation="C"), primary_key=True),
        sa.Column("customer_id", sa.Uuid(), primary_key=True),
        sa.Column("name_id", sa.Uuid(), primary_key=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "name_id"], ["customer_name.customer_id", "customer_name.id"], name="fk_customer_name_part"
        ),
    )
    op.create_index("ix_customer_name_part_name", "customer_name_part", ["customer_id", "name_id"])
    op.execute("GRANT SELECT, INSERT ON customer_name_part TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    for table in ("customer_name_part", "customer_superseded", "customer_merge"):
        op.drop_table(table)
    op.drop_index("ix_customer_birth_lookup", "customer")
    op.drop_index("ix_customer_survivor_id", "customer")
    op.drop_constraint("ck_customer_birth_lookup", "customer")
    op.drop_constraint("ck_customer_survivor", "customer")
    op.drop_column("customer", "birth_lookup")
    op.drop_column("customer", "survivor_id")
