"""Table: absence."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity

MOMENT = TIMESTAMP(timezone=True)


class Absence(Entity):
    """Somebody is not there on these days, whole ones in the city; why is nobody's business. Ended, never deleted."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="ck_absence_period"),
        CheckConstraint("replacement_id <> user_id", name="ck_absence_two"),
        Index("ix_absence_user", "user_id", "first_day"),
        Index("ix_absence_current", "last_day", postgresql_where=text("ended_at IS NULL")),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    replacement_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    recorded_at: Mapped[datetime] = mapped_column(MOMENT)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(server_default=text("1"))
