"""Table: contact_draft."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base
from backend.kit.sealed import sealed

MOMENT = TIMESTAMP(timezone=True)


class ContactDraft(Base):
    """A contact in progress of one colleague; its id is made by the screen. What is in it, title too, is encrypted."""

    __tablename__ = "contact_draft"
    __table_args__ = (
        Index("ix_contact_draft_owner", "owner_id", "changed_at", "id"),
        Index("ix_contact_draft_changed", "changed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    content: Mapped[bytes] = mapped_column(LargeBinary, info=sealed(row="id"))
    version: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    changed_at: Mapped[datetime] = mapped_column(MOMENT)
