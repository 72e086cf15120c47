"""Table: representation."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity

MOMENT = TIMESTAMP(timezone=True)


class Representation(Entity):
    """One customer acts for another in a role; both ends stay on the customer they were recorded for, merged or not."""

    __tablename__ = "representation"
    __table_args__ = (
        CheckConstraint("representative_id <> represented_id", name="ck_representation_two"),
        CheckConstraint(
            "role IN ('contactPerson', 'legalRepresentative', 'boardMember', 'employee', 'volunteer', 'accountant', "
            "'mandate', 'guardian', 'administrator', 'parent', 'family', 'careGiver')",
            name="ck_representation_role",
        ),
        CheckConstraint("valid_from <= valid_to", name="ck_representation_period"),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ck_representation_ended"),
        CheckConstraint(
            "source IN ('selfDeclared', 'agent', 'nationalRegister', 'enterpriseRegister', 'associationsRegister', "
            "'import')",
            name="ck_representation_source",
        ),
        Index(
            "ux_representation_current",
            "representative_id",
            "represented_id",
            "role",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_representation_representative_id", "representative_id", "id"),
        Index("ix_representation_represented_id", "represented_id", "id"),
    )

    representative_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    represented_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    role: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(MOMENT)
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    ended_at: Mapped[datetime | None] = mapped_column(MOMENT)
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    end_reason: Mapped[str | None] = mapped_column(Text)
