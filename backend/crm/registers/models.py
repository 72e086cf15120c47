"""Tables: register_lookup, register_difference."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity
from backend.kit.sealed import sealed

MOMENT = TIMESTAMP(timezone=True)


class RegisterLookup(Entity):
    """One question to a register, written before it is asked.

    `reference` and `capacity` are what the register logs of it (`Referte`, `Hoedanigheid`); the registration in the
    repertory that goes before a person is asked for has `uuid5(reference, 'RegistreerInschrijving')`. `code` is the
    register's reason for not answering.
    """

    __tablename__ = "register_lookup"
    __table_args__ = (
        CheckConstraint(
            "register IN ('nationalRegister', 'enterpriseRegister', 'associationsRegister')",
            name="ck_register_lookup_register",
        ),
        CheckConstraint(
            "outcome IN ('asked', 'found', 'unknown', 'refused', 'unreadable', 'away')",
            name="ck_register_lookup_outcome",
        ),
        CheckConstraint("(outcome = 'asked') = (answered_at IS NULL)", name="ck_register_lookup_answered"),
        Index("ix_register_lookup_customer_id", "customer_id", "id"),
        Index("ux_register_lookup_reference", "reference", unique=True),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    register: Mapped[str] = mapped_column(Text)
    reference: Mapped[UUID] = mapped_column()
    capacity: Mapped[str | None] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(MOMENT)
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    outcome: Mapped[str] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(MOMENT)
    decided_at: Mapped[datetime | None] = mapped_column(MOMENT)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))


class RegisterDifference(Entity):
    """One thing that the register says beside what we hold; `content` (encrypted) is dropped once it was decided."""

    __tablename__ = "register_difference"
    __table_args__ = (
        CheckConstraint("verdict IN ('same', 'new', 'different', 'ended')", name="ck_register_difference_verdict"),
        CheckConstraint(
            "decision IN ('open', 'accepted', 'rejected', 'superseded', 'expired', 'none')",
            name="ck_register_difference_decision",
        ),
        CheckConstraint("decision <> 'open' OR content IS NOT NULL", name="ck_register_difference_content"),
        Index("ix_register_difference_lookup_id", "lookup_id", "id"),
        Index("ix_register_difference_content", "id", postgresql_where=text("content IS NOT NULL")),
    )

    lookup_id: Mapped[UUID] = mapped_column(ForeignKey("register_lookup.id"))
    field: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(Text)
    decision: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed(row="id"))
