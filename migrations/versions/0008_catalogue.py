"""Catalogue at full strength: synonyms, history of products, sources that are synchronised, own stream, search log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
NOW = sa.text("now()")
ONE = sa.text("1")


def upgrade() -> None:
    """Apply."""
    op.add_column("department", sa.Column("phone", sa.Text()))
    op.add_column("product_city", sa.Column("published", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "product_change",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("product_id", sa.Uuid(), sa.ForeignKey("product.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("reason", sa.Text()),
        sa.Column("before", pg.JSONB(), nullable=False),
        sa.Column("after", pg.JSONB(), nullable=False),
        sa.UniqueConstraint("product_id", "version", name="ux_product_change_version"),
        sa.CheckConstraint("kind IN ('city', 'import', 'revert')", name="ck_product_change_kind"),
    )
    op.create_table(
        "synonym_group",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("phrases", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("note", sa.Text()),
        sa.Column("changed_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("version", sa.Integer(), nullable=False, server_default=ONE),
    )
    op.create_table(
        "catalogue_source",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("api_key", sa.LargeBinary()),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("next_run_at", MOMENT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("state", pg.JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("created_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("version", sa.Integer(), nullable=False, server_default=ONE),
        sa.UniqueConstraint("name", name="ux_catalogue_source_name"),
        sa.CheckConstraint("every_minutes BETWEEN 5 AND 10080", name="ck_catalogue_source_every_minutes"),
    )
    op.create_index(
        "ix_catalogue_source_next_run_at",
        "catalogue_source",
        ["next_run_at"],
        postgresql_where=sa.text("active"),
    )
    none = sa.text("0")
    for column in (
        sa.Column("source_id", sa.Uuid(), sa.ForeignKey("catalogue_source.id")),
        sa.Column("mode", sa.Text(), nullable=False, server_default="full"),
        sa.Column("requests", sa.Integer(), nullable=False, server_default=none),
        sa.Column("bytes", sa.BigInteger(), nullable=False, server_default=none),
        sa.Column("held_back", sa.Integer(), nullable=False, server_default=none),
    ):
        op.add_column("catalogue_import", column)
    op.execute(
        "ALTER TABLE catalogue_import ADD CONSTRAINT ck_catalogue_import_mode "
        "CHECK (mode IN ('full', 'resumed', 'notModified'))"
    )
    op.create_index(
        "ix_catalogue_import_quiet",
        "catalogue_import",
        ["finished_at"],
        postgresql_where=sa.text("mode = 'notModified'"),
    )
    op.create_table(
        "product_snapshot",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), sa.ForeignKey("product.id"), nullable=False, index=True),
        sa.Column("product_version", sa.Integer(), nullable=False),
        sa.Column("generated_at", MOMENT, nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("member", pg.JSONB(), nullable=False),
        sa.UniqueConstraint("id", name="ux_product_snapshot_id"),
    )
    op.create_table(
        "search_entry",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("results", sa.Integer(), nullable=False),
        sa.Column("unknown", pg.ARRAY(sa.LargeBinary()), nullable=False, server_default=sa.text("'{}'")),
        sa.CheckConstraint("audience IN ('staff', 'citizen')", name="ck_search_entry_audience"),
    )
    op.create_index("ix_search_entry_at", "search_entry", ["at"])
    # Every search with such a word looks it up: rows waiting to be indexed (`fastupdate`) would slow down each of them.
    op.create_index(
        "ix_search_entry_unknown",
        "search_entry",
        ["unknown"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.execute("GRANT SELECT, INSERT ON product_change, product_snapshot TO onthaal_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON synonym_group, search_entry TO onthaal_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON catalogue_source TO onthaal_app")
    op.execute("GRANT DELETE ON catalogue_import TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    op.execute("REVOKE DELETE ON catalogue_import FROM onthaal_app")
    op.drop_index("ix_catalogue_import_quiet", "catalogue_import")
    for column in ("held_back", "bytes", "requests", "mode", "source_id"):
        op.drop_column("catalogue_import", column)
    for table in ("search_entry", "product_snapshot", "catalogue_source", "synonym_group", "product_change"):
        op.drop_table(table)
    op.drop_column("product_city", "published")
    op.drop_column("department", "phone")
