"""Table: status_sharing."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base


class StatusSharing(Base):
    """What one customer last said about it; of a file the newest decision of its members holds."""

    __tablename__ = "status_sharing"
    __table_args__ = (CheckConstraint("source IN ('staff', 'login')", name="ck_status_sharing_source"),)

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    agreed: Mapped[bool] = mapped_column()
    source: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
