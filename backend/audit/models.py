"""Table: audit_entry; the application role may only INSERT."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity


class AuditEntry(Entity):
    """One action or one look. No foreign keys: the log outlives what it names."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject", "id"),
        Index("ix_audit_entry_actor", "actor", "id"),
    )

    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    actor: Mapped[UUID | None] = mapped_column()
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    department: Mapped[UUID | None] = mapped_column()
    client: Mapped[str | None] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[UUID | None] = mapped_column()
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    outcome: Mapped[str] = mapped_column(Text)
    trace: Mapped[str] = mapped_column(Text)
