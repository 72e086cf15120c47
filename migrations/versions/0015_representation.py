"""Who acts for whom; verified contact points; the way through a long history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
CURRENT = "ended_at IS NULL"
PENDING = "state = 'pending'"


def upgrade() -> None:
    """Apply."""
    _representation()
    _verification()
    op.create_index(
        "ix_contact_on_behalf_of",
        "contact",
        ["on_behalf_of_id", "started_at", "id"],
        postgresql_where="on_behalf_of_id IS NOT NULL",
    )
    op.create_index("ix_question_customer_created", "question", ["customer_id", "created_at", "id"])
    op.create_index("ix_message_question_created", "message", ["question_id", "created_at", "id"])


def _representation() -> None:
    op.create_table(
        "representation",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("representative_id", sa.Uuid(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("represented_id", sa.Uuid(), sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("end_reason", sa.Text()),
        sa.CheckConstraint("representative_id <> represented_id", name="ck_representation_two"),
        sa.CheckConstraint(
            "role IN ('contactPerson', 'legalRepresentative', 'boardMember', 'employee', 'volunteer', 'accountant', "
            "'mandate', 'guardian', 'administrator', 'parent', 'family', 'careGiver')",
            name="ck_representation_role",
        ),
        sa.CheckConstraint("valid_from <= valid_to", name="ck_representation_period"),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ck_representation_ended"),
        sa.CheckConstraint(
            "source IN ('selfDeclared', 'agent', 'nationalRegister', 'enterpriseRegister', 'associationsRegister', "
            "'import')",
            name="ck_representation_source",
        ),
    )
    op.create_index(
        "ux_representation_current",
        "representation",
        ["representative_id", "represented_id", "role"],
        unique=True,
        postgresql_where=CURRENT,
    )
    op.create_index("ix_representation_representative_id", "representation", ["representative_id", "id"])
    op.create_index("ix_representation_represented_id", "representation", ["represented_id", "id"])
    op.execute("GRANT SELECT, INSERT ON representation TO onthaal_app")
    op.execute("GRANT UPDATE (ended_at, ended_by, end_reason) ON representation TO onthaal_app")


def _verification() -> None:
    op.create_table(
        "contact_point_verification",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contact_point_id", sa.Uuid(), nullable=False),
        sa.Column("address_lookup", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.LargeBinary()),
        sa.Column("code_lookup", sa.LargeBinary()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wrong", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("requested_by", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["customer_id", "contact_point_id"],
            ["customer_contact_point.customer_id", "customer_contact_point.id"],
            name="fk_contact_point_verification_point",
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'confirmed', 'usedUp', 'expired', 'replaced', 'undeliverable')",
            name="ck_contact_point_verification_state",
        ),
        sa.CheckConstraint(
            "(state = 'pending') = (code_lookup IS NOT NULL) AND (state = 'pending' OR code IS NULL)",
            name="ck_contact_point_verification_wiped",
        ),
        sa.CheckConstraint("wrong BETWEEN 0 AND 5", name="ck_contact_point_verification_wrong"),
    )
    op.create_index(
        "ix_contact_point_verification_address",
        "contact_point_verification",
        ["address_lookup", "requested_at"],
    )
    op.create_index(
        "ix_contact_point_verification_point",
        "contact_point_verification",
        ["customer_id", "contact_point_id"],
    )
    op.create_index(
        "ix_contact_point_verification_pending",
        "contact_point_verification",
        ["expires_at"],
        postgresql_where=PENDING,
    )
    op.create_index("ix_contact_point_verification_requested_at", "contact_point_verification", ["requested_at"])
    op.execute("GRANT SELECT, INSERT, DELETE ON contact_point_verification TO onthaal_app")
    op.execute("GRANT UPDATE (code, code_lookup, state, wrong, sent_at) ON contact_point_verification TO onthaal_app")


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_message_question_created", "message")
    op.drop_index("ix_question_customer_created", "question")
    op.drop_index("ix_contact_on_behalf_of", "contact")
    op.drop_table("contact_point_verification")
    op.drop_table("representation")
