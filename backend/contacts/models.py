"""Tables: contact, question, contact_question, message, attachment, contribution, question_event.

The invariants of design 3 are constraints: an open question has owner, deadline, next action and next step of its
escalation; the assignee is a member of the owner department; the newest version of a question has exactly one event;
what is answered waits for nobody's part.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Entity

MOMENT = TIMESTAMP(timezone=True)
IS_OPEN = "state IN ('new', 'inProgress', 'waitingForCustomer')"
CHOSEN = ("assignee_id", "state", "escalation", "bounces", "kind", "channel", "product_id")
"""What worklists and their filters choose by: at the end of the index, so that nothing is read to be passed over."""


class Contact(Entity):
    """One interaction over one channel."""

    __tablename__ = "contact"
    __table_args__ = (
        CheckConstraint(
            "channel IN ('phone', 'counter', 'webForm', 'email', 'letter', 'chat', 'assistant')",
            name="ck_contact_channel",
        ),
        CheckConstraint("direction IN ('inbound', 'outbound')", name="ck_contact_direction"),
        CheckConstraint("ended_at >= started_at", name="ck_contact_period"),
        Index("ix_contact_customer", "customer_id", "started_at", "id"),
        Index(
            "ix_contact_on_behalf_of",
            "on_behalf_of_id",
            "started_at",
            "id",
            postgresql_where=text("on_behalf_of_id IS NOT NULL"),
        ),
    )

    channel: Mapped[str] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))
    caller: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    notes: Mapped[str | None] = mapped_column(Text)
    consulted_product_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    question_count: Mapped[int] = mapped_column(SmallInteger)


class Question(Entity):
    """What a customer wants; see `rules.py` for its life."""

    __tablename__ = "question"
    __table_args__ = (
        CheckConstraint(
            "state IN ('new', 'inProgress', 'waitingForCustomer', 'answered', 'closed', 'withdrawn')",
            name="ck_question_state",
        ),
        CheckConstraint(
            f"({IS_OPEN}) = (next_action IS NOT NULL AND next_action_at IS NOT NULL)", name="ck_question_next_action"
        ),
        CheckConstraint("(next_action IS NULL) = (next_action_at IS NULL)", name="ck_question_next_action_at"),
        CheckConstraint("(state IN ('answered', 'closed')) <= (answered_at IS NOT NULL)", name="ck_question_answered"),
        CheckConstraint("(state IN ('closed', 'withdrawn')) = (closed_at IS NOT NULL)", name="ck_question_closed"),
        CheckConstraint("state <> 'new' OR assignee_id IS NULL", name="ck_question_new"),
        CheckConstraint("confidentiality IN ('normal', 'sensitive')", name="ck_question_confidentiality"),
        CheckConstraint("identity IN ('anonymous', 'claimed', 'confirmed')", name="ck_question_identity"),
        CheckConstraint("priority BETWEEN 0 AND 2", name="ck_question_priority"),
        CheckConstraint(f"({IS_OPEN}) = (escalate_at IS NOT NULL)", name="ck_question_escalate_at"),
        CheckConstraint("escalation >= 0 AND bounces >= 0", name="ck_question_counts"),
        CheckConstraint(f"open_contributions >= 0 AND ({IS_OPEN} OR open_contributions = 0)", name="ck_question_parts"),
        ForeignKeyConstraint(
            ["department_id", "assignee_id"],
            ["membership.department_id", "membership.user_id"],
            name="fk_question_assignee",
        ),
        ForeignKeyConstraint(
            ["id", "version"],
            ["question_event.question_id", "question_event.version"],
            name="fk_question_newest_event",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index(
            "ix_question_department",
            *("department_id", "priority", "deadline", "id", *CHOSEN),
            postgresql_where=text(IS_OPEN),
        ),
        Index(
            "ix_question_department_deadline",
            *("department_id", "deadline", "id", "priority", *CHOSEN),
            postgresql_where=text(IS_OPEN),
        ),
        Index("ix_question_department_created", "department_id", "created_at", "id", postgresql_where=text(IS_OPEN)),
        Index("ix_question_department_moved", "department_id", "moved_at", "id", postgresql_where=text(IS_OPEN)),
        Index(
            "ix_question_department_planned",
            *("department_id", "next_action_at", "id"),
            postgresql_where=text("next_action IN ('callBack', 'appointment')"),
        ),
        Index(
            "ix_question_department_waiting",
            *("department_id", "priority", "deadline", "id"),
            postgresql_where=text("state = 'waitingForCustomer'"),
        ),
        Index(
            "ix_question_department_escalated",
            *("department_id", "priority", "deadline", "id"),
            postgresql_where=text(f"{IS_OPEN} AND escalation > 1"),
        ),
        Index("ix_question_assignee", "assignee_id", "priority", "deadline", "id", postgresql_where=text(IS_OPEN)),
        Index("ix_question_customer", "customer_id", "id"),
        Index("ix_question_customer_created", "customer_id", "created_at", "id"),
        Index("ix_question_created", "created_at", "id"),
        Index(
            "ix_question_passed",
            "next_action_at",
            postgresql_where=text("next_action IN ('awaitReply', 'callBack', 'appointment')"),
        ),
        Index("ix_question_escalate_at", "escalate_at", postgresql_where=text(IS_OPEN)),
        Index("ix_question_answered", "answered_at", postgresql_where=text("state = 'answered'")),
    )

    reference: Mapped[str] = mapped_column(Text, unique=True)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("product.id"))
    channel: Mapped[str] = mapped_column(Text)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("department.id"))
    assignee_id: Mapped[UUID | None] = mapped_column()
    state: Mapped[str] = mapped_column(Text)
    priority: Mapped[int] = mapped_column(SmallInteger)
    deadline: Mapped[datetime] = mapped_column(MOMENT)
    next_action: Mapped[str | None] = mapped_column(Text)
    next_action_at: Mapped[datetime | None] = mapped_column(MOMENT)
    confidentiality: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    answer_channel: Mapped[str] = mapped_column(Text)
    call_back_windows: Mapped[list[Any] | None] = mapped_column(JSONB)
    identity: Mapped[str] = mapped_column(Text)
    structured_answers: Mapped[list[Any] | None] = mapped_column(JSONB)
    assistance: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    location: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    answered_at: Mapped[datetime | None] = mapped_column(MOMENT)
    closed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    escalation: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    escalate_at: Mapped[datetime | None] = mapped_column(MOMENT)
    bounces: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    open_contributions: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    moved_at: Mapped[datetime] = mapped_column(MOMENT, server_default=func.now())
    version: Mapped[int] = mapped_column()


class ContactQuestion(Base):
    """Which questions a contact was about: new ones and existing ones."""

    __tablename__ = "contact_question"

    contact_id: Mapped[UUID] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    question_id: Mapped[UUID] = mapped_column(ForeignKey("question.id"), primary_key=True, index=True)


class Message(Entity):
    """Something said about a question: by the customer, to the customer, or among colleagues."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("direction IN ('inbound', 'outbound', 'note')", name="ck_message_direction"),
        CheckConstraint("delivery IN ('none', 'pending', 'sent', 'failed')", name="ck_message_delivery"),
        CheckConstraint("(delivery = 'sent') = (sent_at IS NOT NULL)", name="ck_message_sent"),
        Index("ux_message_question", "question_id", "id", unique=True),
        Index("ix_message_question_created", "question_id", "created_at", "id"),
        Index("ix_message_pending", "created_at", postgresql_where=text("delivery = 'pending'")),
        Index("ux_message_mail_id", "mail_id", unique=True, postgresql_where=text("mail_id IS NOT NULL")),
    )

    question_id: Mapped[UUID] = mapped_column(ForeignKey("question.id"))
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contact.id"))
    direction: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    recipient: Mapped[str | None] = mapped_column(Text)
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("product.id"))
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"))
    deadline: Mapped[datetime | None] = mapped_column(MOMENT)
    delivery: Mapped[str] = mapped_column(Text)
    failure: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    sent_at: Mapped[datetime | None] = mapped_column(MOMENT)
    mail_id: Mapped[str | None] = mapped_column(Text)
    marks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    full_text: Mapped[str | None] = mapped_column(Text)


class Attachment(Entity):
    """A file of a question, and of a message when it came or went with one; its content is a blob.

    `clean` without `scanned_at`: there was no scanner, and that was chosen.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'clean', 'infected', 'error')", name="ck_attachment_state"),
        CheckConstraint("(state IN ('infected', 'error')) = (finding IS NOT NULL)", name="ck_attachment_finding"),
        CheckConstraint("state <> 'pending' OR scanned_at IS NULL", name="ck_attachment_pending"),
        CheckConstraint("state <> 'infected' OR scanned_at IS NOT NULL", name="ck_attachment_infected"),
        ForeignKeyConstraint(
            ["question_id", "message_id"], ["message.question_id", "message.id"], name="fk_attachment_message"
        ),
        UniqueConstraint("blob_id", name="ux_attachment_blob"),
        Index("ix_attachment_question", "question_id", "id"),
        Index("ix_attachment_message", "message_id", postgresql_where=text("message_id IS NOT NULL")),
    )

    question_id: Mapped[UUID] = mapped_column(ForeignKey("question.id"))
    message_id: Mapped[UUID | None] = mapped_column()
    blob_id: Mapped[UUID] = mapped_column(ForeignKey("blob.id"))
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column()
    state: Mapped[str] = mapped_column(Text)
    finding: Mapped[str | None] = mapped_column(Text)
    scanned_at: Mapped[datetime | None] = mapped_column(MOMENT)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class Contribution(Entity):
    """A part of the answer that another department was asked for.

    A constraint trigger keeps `question.open_contributions` equal to the number of open ones, none of them with the
    owner itself.
    """

    __tablename__ = "contribution"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'given', 'dropped')", name="ck_contribution_state"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ck_contribution_ended"),
        CheckConstraint(
            "(state = 'given') = (given IS NOT NULL) AND (given IS NULL) = (given_by IS NULL)",
            name="ck_contribution_given",
        ),
        CheckConstraint("(state = 'dropped') = (reason IS NOT NULL)", name="ck_contribution_dropped"),
        CheckConstraint("state = 'open' OR assignee_id IS NULL", name="ck_contribution_assignee"),
        CheckConstraint("(state = 'open') = (escalate_at IS NOT NULL)", name="ck_contribution_escalate_at"),
        CheckConstraint("escalation >= 0", name="ck_contribution_escalation"),
        CheckConstraint("deadline > asked_at", name="ck_contribution_deadline"),
        ForeignKeyConstraint(
            ["department_id", "assignee_id"],
            ["membership.department_id", "membership.user_id"],
            name="fk_contribution_assignee",
        ),
        Index(
            "ux_contribution_open",
            "question_id",
            "department_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_contribution_question", "question_id", "id"),
        Index("ix_contribution_department", "department_id", "state", "deadline", "id"),
        Index("ix_contribution_assignee", "assignee_id", "deadline", "id"),
        Index("ix_contribution_escalate_at", "escalate_at", postgresql_where=text("state = 'open'")),
    )

    question_id: Mapped[UUID] = mapped_column(ForeignKey("question.id"))
    reference: Mapped[str] = mapped_column(Text)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("department.id"))
    assignee_id: Mapped[UUID | None] = mapped_column()
    asked: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    asked_at: Mapped[datetime] = mapped_column(MOMENT)
    deadline: Mapped[datetime] = mapped_column(MOMENT)
    term_id: Mapped[UUID] = mapped_column(ForeignKey("term.id"))
    state: Mapped[str] = mapped_column(Text, server_default=text("'open'"))
    given: Mapped[str | None] = mapped_column(Text)
    given_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)
    reason: Mapped[str | None] = mapped_column(Text)
    escalation: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    escalate_at: Mapped[datetime | None] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(server_default=text("1"))


class QuestionEvent(Entity):
    """One line of the timeline; version n of a question is explained by event n."""

    __tablename__ = "question_event"
    __table_args__ = (
        UniqueConstraint("question_id", "version", name="ux_question_event_version"),
        Index(
            "ix_question_event_actor",
            *("actor_id", "at"),
            postgresql_where=text("actor_id IS NOT NULL AND type NOT IN ('escalated', 'reminded')"),
        ),
    )

    question_id: Mapped[UUID] = mapped_column(ForeignKey("question.id"))
    version: Mapped[int] = mapped_column()
    type: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(MOMENT)
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    state: Mapped[str] = mapped_column(Text)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("department.id"))
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    term_id: Mapped[UUID | None] = mapped_column(ForeignKey("term.id"))
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
