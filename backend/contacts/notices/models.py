"""Table: notice."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity

MOMENT = TIMESTAMP(timezone=True)
AGAIN = "kind IN ('reminder', 'overdue', 'escalated', 'contributionDue', 'callBack', 'noReply', 'stalled')"


class Notice(Entity):
    """A colleague is told something about a question; visible to that person, as long as the question is."""

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('reminder', 'overdue', 'escalated', 'mentioned', 'contributionAsked', 'contributionGiven', "
            "'contributionDue', 'contributionDeclined', 'contributionDropped', 'assigned', 'reopened', 'undelivered', "
            "'callBack', 'noReply', 'stalled', 'urgent')",
            name="ck_notice_kind",
        ),
        Index("ux_notice_reminder", "user_id", "question_id", "kind", "day", unique=True, postgresql_where=text(AGAIN)),
        Index("ix_notice_user", "user_id", "id"),
        Index("ix_notice_question", "question_id"),
        Index("ix_notice_at", "at"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    question_id: Mapped[UUID] = mapped_column(ForeignKey("question.id"))
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(MOMENT)
    day: Mapped[date] = mapped_column(Date)
    read_at: Mapped[datetime | None] = mapped_column(MOMENT)
    mailed_at: Mapped[datetime | None] = mapped_column(MOMENT)
