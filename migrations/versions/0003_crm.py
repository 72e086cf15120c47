"""The tables of module crm: customers and what is known about them, each fact with its source and dates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
MOMENT = pg.TIMESTAMP(timezone=True)
CURRENT = "ended_at IS NULL"
SOURCES = (
    "source IN ('selfDeclared', 'agent', 'nationalRegister', 'enterpriseRegister', 'associationsRegister', 'import')"
)
FACTS = ("customer_identifier", "customer_name", "customer_address", "customer_contact_point")


def upgrade() -> None:
    """Apply."""
    _customer()
    _identifier()
    _name()
    _address()
    _contact_point()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON customer, {', '.join(FACTS)} TO onthaal_app")


def _customer() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("preferred_channel", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, server_default="active"),
        sa.Column("birth_date", sa.LargeBinary()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("updated_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint("kind IN ('person', 'association', 'enterprise')", name="ck_customer_kind"),
        sa.CheckConstraint("preferred_channel IN ('phone', 'email', 'letter', 'none')", name="ck_customer_channel"),
        sa.CheckConstraint("status IN ('active', 'restricted', 'deceased', 'merged')", name="ck_customer_status"),
        sa.CheckConstraint("kind = 'person' OR birth_date IS NULL", name="ck_customer_birth_date"),
        sa.CheckConstraint(SOURCES, name="ck_customer_source"),
    )


def _fact(table: str, *parts: sa.Column[object] | sa.CheckConstraint) -> None:
    """A table of facts about customers; the key starts with the customer, so it is also the way to a profile."""
    op.create_table(
        table,
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customer.id"), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        *parts,
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint(SOURCES, name=f"ck_{table}_source"),
    )


def _identifier() -> None:
    _fact(
        "customer_identifier",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary()),
        sa.Column("number", sa.Text()),
        sa.CheckConstraint(
            "type IN ('ssin', 'enterpriseNumber', 'establishmentUnitNumber', 'vCode')",
            name="ck_customer_identifier_type",
        ),
        sa.CheckConstraint(
            "(type = 'ssin') = (value IS NOT NULL) AND (type = 'ssin') = (number IS NULL)",
            name="ck_customer_identifier_sealed",
        ),
    )
    op.create_index(
        "ux_customer_identifier_lookup",
        "customer_identifier",
        ["type", "lookup"],
        unique=True,
        postgresql_where=CURRENT,
    )


def _name() -> None:
    c_text = sa.Text(collation="C")
    _fact(
        "customer_name",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("given", sa.Text()),
        sa.Column("family", sa.Text()),
        sa.Column("label", sa.Text()),
        sa.Column("folded", c_text, nullable=False),
        sa.Column("folded_given", c_text),
        sa.CheckConstraint("type IN ('person', 'organisation', 'alias')", name="ck_customer_name_type"),
        sa.CheckConstraint(
            "CASE WHEN type = 'person' THEN label IS NULL AND coalesce(given, family) IS NOT NULL"
            " ELSE label IS NOT NULL AND coalesce(given, family) IS NULL END",
            name="ck_customer_name_parts",
        ),
    )
    op.create_index("ix_customer_name_folded", "customer_name", ["folded", "id"], postgresql_where=CURRENT)
    op.create_index(
        "ix_customer_name_folded_given",
        "customer_name",
        ["folded_given", "id"],
        postgresql_where=f"{CURRENT} AND folded_given IS NOT NULL",
    )


def _address() -> None:
    _fact(
        "customer_address",
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("number", sa.Text()),
        sa.Column("box", sa.Text()),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("register_id", sa.Text()),
        sa.Column("folded_number", sa.Text(collation="C")),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.Column("undisclosed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("valid_from <= valid_to", name="ck_customer_address_period"),
    )
    op.create_index(
        "ix_customer_address_place",
        "customer_address",
        ["postcode", "folded_number", "customer_id"],
        postgresql_where=f"{CURRENT} AND NOT undisclosed",
    )


def _contact_point() -> None:
    _fact(
        "customer_contact_point",
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(collation="C"), nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("verified_at", MOMENT),
        sa.Column("verified_how", sa.Text()),
        sa.CheckConstraint("type IN ('email', 'phone')", name="ck_customer_contact_point_type"),
        sa.CheckConstraint("(verified_at IS NULL) = (verified_how IS NULL)", name="ck_customer_contact_point_verified"),
    )
    op.create_index(
        "ix_customer_contact_point_value",
        "customer_contact_point",
        ["value", "customer_id"],
        postgresql_where=CURRENT,
    )


def downgrade() -> None:
    """Undo."""
    for table in (*FACTS, "customer"):
        op.drop_table(table)
