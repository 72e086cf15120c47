"""Table: call_attempt."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity


class CallAttempt(Entity):
    """Somebody called the customer about a question; each is one event of its timeline."""

    __tablename__ = "call_attempt"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('reached', 'noAnswer', 'voicemail', 'wrongNumber', 'busy')", name="ck_call_attempt_outcome"
        ),
        ForeignKeyConstraint(
            ["question_id", "version"],
            ["question_event.question_id", "question_event.version"],
            name="fk_call_attempt_event",
        ),
        UniqueConstraint("question_id", "version", name="ux_call_attempt_event"),
    )

    question_id: Mapped[UUID] = mapped_column()
    version: Mapped[int] = mapped_column()
    outcome: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
