"""Tables: telephone, ringing_call."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Entity
from backend.kit.sealed import sealed

MOMENT = TIMESTAMP(timezone=True)


class Telephone(Base):
    """Who sits at a telephone of the desk now; whoever takes it has it."""

    __tablename__ = "telephone"

    extension: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"), unique=True)
    since: Mapped[datetime] = mapped_column(MOMENT)


class RingingCall(Entity):
    """A call that rings at a colleague's; the number of the caller is encrypted, null when it is withheld."""

    __tablename__ = "ringing_call"
    __table_args__ = (Index("ix_ringing_call_user", "user_id", "at"), Index("ix_ringing_call_at", "at"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    phone: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed(row="id"))
    at: Mapped[datetime] = mapped_column(MOMENT)
    taken_at: Mapped[datetime | None] = mapped_column(MOMENT)
