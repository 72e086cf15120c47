"""Table: inbound_mail."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity
from backend.kit.sealed import passing

MOMENT = TIMESTAMP(timezone=True)
AGAIN = timedelta(days=5)
"""How long a mail server tries to deliver the same mail."""


class InboundMail(Entity):
    """A mail as it came in; the row is there before the sending server hears that we have it, and stays.

    Attributes:
        mailbox_id: where it came in; null: at the sender address of our own mails, and that is no mailbox.
        recipient: address it was sent to.
        envelope_sender: empty: a report, to which nobody answers; null when it was fetched.
        blob_id: the bytes as they came.
        digest: keyed hash of those: the same mail brought twice is kept once.
        essence: keyed hash of what is in it: the same mail by two ways is one question.
        header_id: its Message-ID.
        sender: address in From.
        outcome: what became of it, when it is no longer waiting.
        about_message_id: our message that a mail server reports about.
        reason: why it is in quarantine, or was put aside.
    """

    __tablename__ = "inbound_mail"
    __table_args__ = (
        CheckConstraint("state IN ('received', 'processed', 'quarantined', 'ignored')", name="ck_inbound_mail_state"),
        CheckConstraint("(state = 'received') = (processed_at IS NULL)", name="ck_inbound_mail_processed_at"),
        CheckConstraint("(state IN ('processed', 'ignored')) = (outcome IS NOT NULL)", name="ck_inbound_mail_outcome"),
        CheckConstraint("state <> 'quarantined' OR reason IS NOT NULL", name="ck_inbound_mail_reason"),
        CheckConstraint(
            "outcome NOT IN ('question', 'reply', 'note') OR question_id IS NOT NULL", name="ck_inbound_mail_question"
        ),
        CheckConstraint("(uid IS NULL) = (uid_validity IS NULL)", name="ck_inbound_mail_uid"),
        ForeignKeyConstraint(
            ["question_id", "about_message_id"],
            ["message.question_id", "message.id"],
            name="fk_inbound_mail_about",
        ),
        Index(
            "ux_inbound_mail_digest",
            "recipient",
            "digest",
            unique=True,
            postgresql_where=text("header_id IS NOT NULL"),
        ),
        Index(
            "ux_inbound_mail_uid",
            "mailbox_id",
            "uid_validity",
            "uid",
            unique=True,
            postgresql_where=text("uid IS NOT NULL"),
        ),
        Index("ix_inbound_mail_state", "state", "id"),
        Index("ix_inbound_mail_marks", "id", postgresql_where=text("marks <> '{}'")),
        Index("ix_inbound_mail_header_id", "header_id", postgresql_where=text("header_id IS NOT NULL")),
        Index("ix_inbound_mail_sender", "sender", "received_at"),
        Index("ix_inbound_mail_question", "question_id", "id", postgresql_where=text("question_id IS NOT NULL")),
    )

    mailbox_id: Mapped[UUID | None] = mapped_column(ForeignKey("mailbox.id"))
    recipient: Mapped[str] = mapped_column(Text)
    envelope_sender: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(MOMENT)
    blob_id: Mapped[UUID] = mapped_column(ForeignKey("blob.id"))
    size: Mapped[int] = mapped_column(Integer)
    digest: Mapped[bytes] = mapped_column(
        LargeBinary,
        info=passing(AGAIN, "a mail brought again under another key is kept twice, and found by its essence"),
    )
    essence: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=passing(AGAIN, "a copy that comes later than this is a question of its own")
    )
    uid_validity: Mapped[int | None] = mapped_column(BigInteger)
    uid: Mapped[int | None] = mapped_column(BigInteger)
    header_id: Mapped[str | None] = mapped_column(Text)
    sender: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str | None] = mapped_column(Text)
    marks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    reason: Mapped[str | None] = mapped_column(Text)
    question_id: Mapped[UUID | None] = mapped_column(ForeignKey("question.id"))
    about_message_id: Mapped[UUID | None] = mapped_column()
    processed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    processed_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
