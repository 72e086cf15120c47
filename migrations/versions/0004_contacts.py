"""Contacts, questions, messages, timeline; the invariants of a question as constraints."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = pg.TIMESTAMP(timezone=True)
IS_OPEN = "state IN ('new', 'inProgress', 'waitingForCustomer')"


def upgrade() -> None:
    """Apply."""
    _contact()
    _question()
    _event()
    _message()
    op.create_foreign_key(
        "fk_question_newest_event",
        "question",
        "question_event",
        ["id", "version"],
        ["question_id", "version"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.execute("GRANT SELECT, INSERT ON contact, contact_question, question_event TO onthaal_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON question, message TO onthaal_app")


def _contact() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("agent_id", sa.Uuid(), sa.ForeignKey("app_user.id"), nullable=False),
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("department.id")),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customer.id")),
        sa.Column("on_behalf_of_id", sa.Uuid(), sa.ForeignKey("customer.id")),
        sa.Column("caller", pg.JSONB()),
        sa.Column("notes", sa.Text()),
        sa.Column("consulted_product_ids", pg.ARRAY(sa.Uuid()), nullable=False),
        sa.CheckConstraint(
            "channel IN ('phone', 'counter', 'webForm', 'email', 'letter', 'chat', 'assistant')",
            name="ck_contact_channel",
        ),
        sa.CheckConstraint("direction IN ('inbound', 'outbound')", name="ck_contact_direction"),
        sa.CheckConstraint("ended_at >= started_at", name="ck_contact_period"),
    )
    op.create_index("ix_contact_customer", "contact", ["customer_id", "started_at", "id"])


def _question() -> None:
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("reference", sa.Text(), nullable=False, unique=True),
        sa.Column("customer_id", sa.Uuid(), sa.ForeignKey("customer.id")),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text()),
        sa.Column("product_id", sa.Uuid(), sa.ForeignKey("product.id")),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("assignee_id", sa.Uuid()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("deadline", MOMENT, nullable=False),
        sa.Column("next_action", sa.Text()),
        sa.Column("next_action_at", MOMENT),
        sa.Column("confidentiality", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("answer_channel", sa.Text(), nullable=False),
        sa.Column("call_back_windows", pg.JSONB()),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("structured_answers", pg.JSONB()),
        sa.Column("location", pg.JSONB()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('new', 'inProgress', 'waitingForCustomer', 'answered', 'closed', 'withdrawn')",
            name="ck_question_state",
        ),
        sa.CheckConstraint(
            f"({IS_OPEN}) = (next_action IS NOT NULL AND next_action_at IS NOT NULL)", name="ck_question_next_action"
        ),
        sa.CheckConstraint("(next_action IS NULL) = (next_action_at IS NULL)", name="ck_question_next_action_at"),
        sa.CheckConstraint(
            "(state IN ('answered', 'closed')) <= (answered_at IS NOT NULL)", name="ck_question_answered"
        ),
        sa.CheckConstraint("(state IN ('closed', 'withdrawn')) = (closed_at IS NOT NULL)", name="ck_question_closed"),
        sa.CheckConstraint("state <> 'new' OR assignee_id IS NULL", name="ck_question_new"),
        sa.CheckConstraint("confidentiality IN ('normal', 'sensitive')", name="ck_question_confidentiality"),
        sa.CheckConstraint("identity IN ('anonymous', 'claimed', 'confirmed')", name="ck_question_identity"),
        sa.CheckConstraint("priority BETWEEN 0 AND 2", name="ck_question_priority"),
        sa.ForeignKeyConstraint(
            ["department_id", "assignee_id"],
            ["membership.department_id", "membership.user_id"],
            name="fk_question_assignee",
        ),
    )
    order = ["priority", "deadline", "id"]
    op.create_index("ix_question_department", "question", ["department_id", *order], postgresql_where=IS_OPEN)
    op.create_index("ix_question_assignee", "question", ["assignee_id", *order], postgresql_where=IS_OPEN)
    op.create_index("ix_question_customer", "question", ["customer_id", "id"])
    op.create_index("ix_question_answered", "question", ["answered_at"], postgresql_where="state = 'answered'")
    op.create_table(
        "contact_question",
        sa.Column("contact_id", sa.Uuid(), sa.ForeignKey("contact.id"), primary_key=True),
        sa.Column("question_id", sa.Uuid(), sa.ForeignKey("question.id"), primary_key=True, index=True),
    )


def _event() -> None:
    op.create_table(
        "question_event",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("question_id", sa.Uuid(), sa.ForeignKey("question.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("department.id"), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("reason", sa.Text()),
        sa.UniqueConstraint("question_id", "version", name="ux_question_event_version"),
    )


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("question_id", sa.Uuid(), sa.ForeignKey("question.id"), nullable=False),
        sa.Column("contact_id", sa.Uuid(), sa.ForeignKey("contact.id")),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("body", sa.Text()),
        sa.Column("recipient", sa.Text()),
        sa.Column("product_id", sa.Uuid(), sa.ForeignKey("product.id")),
        sa.Column("author_id", sa.Uuid(), sa.ForeignKey("app_user.id")),
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("department.id")),
        sa.Column("deadline", MOMENT),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.CheckConstraint("direction IN ('inbound', 'outbound', 'note')", name="ck_message_direction"),
        sa.CheckConstraint("delivery IN ('none', 'pending', 'sent', 'failed')", name="ck_message_delivery"),
        sa.CheckConstraint("(delivery = 'sent') = (sent_at IS NOT NULL)", name="ck_message_sent"),
    )
    op.create_index("ix_message_question", "message", ["question_id", "id"])
    op.create_index("ix_message_pending", "message", ["created_at"], postgresql_where="delivery = 'pending'")


def downgrade() -> None:
    """Undo."""
    op.drop_constraint("fk_question_newest_event", "question", type_="foreignkey")
    for table in ("message", "question_event", "contact_question", "question", "contact"):
        op.drop_table(table)
