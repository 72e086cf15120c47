"""Table: satisfaction."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity


class Satisfaction(Entity):
    """What a citizen last said about an answer."""

    __tablename__ = "satisfaction"
    __table_args__ = (CheckConstraint("score BETWEEN 1 AND 5", name="ck_satisfaction_score"),)

    question_id: Mapped[UUID] = mapped_column(ForeignKey("question.id"), index=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), unique=True)
    solved: Mapped[bool] = mapped_column()
    score: Mapped[int | None] = mapped_column(SmallInteger)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
