"""The tables of module catalogue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
EMPTY = sa.text("'[]'")
COUNTS = ("pages", "created", "changed", "unchanged", "withdrawn", "refused")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "product",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("snapshot_id", sa.Text(), nullable=False),
        sa.Column("product_number", sa.Text()),
        sa.Column("concept_number", sa.Text()),
        sa.Column("facts", pg.JSONB(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("generated_at", MOMENT),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, server_default=sa.text("now()")),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.UniqueConstraint("source", "external_id", name="ux_product_external_id"),
        sa.CheckConstraint("status IN ('published', 'withdrawn')", name="ck_product_status"),
    )
    op.create_table(
        "product_city",
        sa.Column("product_id", sa.Uuid(), sa.ForeignKey("product.id"), primary_key=True),
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("department.id"), index=True),
        sa.Column("first_line_information", sa.Text()),
        sa.Column("faq", pg.JSONB(), nullable=False, server_default=EMPTY),
        sa.Column("help_sheets", pg.JSONB(), nullable=False, server_default=EMPTY),
        sa.Column("transaction_url", sa.Text()),
        sa.Column("internal_instructions", sa.Text()),
        sa.Column("guiding_questions", pg.JSONB(), nullable=False, server_default=EMPTY),
        sa.Column("flow", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.create_table(
        "catalogue_import",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("refusals", pg.JSONB(), nullable=False),
        sa.Column("error", sa.Text()),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON product, product_city TO onthaal_app")
    op.execute("GRANT SELECT, INSERT ON catalogue_import TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    for table in ("catalogue_import", "product_city", "product"):
        op.drop_table(table)
