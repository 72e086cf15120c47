"""Tables: appointment, appointment_mail."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Entity

MOMENT = TIMESTAMP(timezone=True)


class Appointment(Entity):
    """A talk with an expert about a question, in an appointment system of others; one at a time is planned."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("state IN ('planned', 'done', 'cancelled', 'missed')", name="ck_appointment_state"),
        CheckConstraint("ends_at > starts_at", name="ck_appointment_period"),
        CheckConstraint("link LIKE 'https://%'", name="ck_appointment_link"),
        CheckConstraint("revision >= 0", name="ck_appointment_revision"),
        UniqueConstraint("question_id", "id", name="ux_appointment_question"),
        Index("ux_appointment_planned", "question_id", unique=True, postgresql_where=text("state = 'planned'")),
    )

    question_id: Mapped[UUID] = mapped_column(ForeignKey("question.id"))
    state: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(MOMENT)
    ends_at: Mapped[datetime] = mapped_column(MOMENT)
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    place: Mapped[str | None] = mapped_column(Text)
    link: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    revision: Mapped[int] = mapped_column()
    recipient: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class AppointmentMail(Base):
    """What one mail says of an appointment: it stays what it was, whenever the mail leaves."""

    __tablename__ = "appointment_mail"
    __table_args__ = (
        CheckConstraint("news IN ('planned', 'changed', 'cancelled')", name="ck_appointment_mail_news"),
        ForeignKeyConstraint(
            ["question_id", "message_id"], ["message.question_id", "message.id"], name="fk_appointment_mail_message"
        ),
        ForeignKeyConstraint(
            ["question_id", "appointment_id"],
            ["appointment.question_id", "appointment.id"],
            name="fk_appointment_mail_appointment",
        ),
        UniqueConstraint("appointment_id", "revision", name="ux_appointment_mail_revision"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    question_id: Mapped[UUID] = mapped_column()
    appointment_id: Mapped[UUID] = mapped_column()
    news: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column()
    starts_at: Mapped[datetime] = mapped_column(MOMENT)
    ends_at: Mapped[datetime] = mapped_column(MOMENT)
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    place: Mapped[str | None] = mapped_column(Text)
    link: Mapped[str | None] = mapped_column(Text)
