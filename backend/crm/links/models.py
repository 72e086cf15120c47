"""Tables: customer_merge, customer_superseded."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Entity


class CustomerMerge(Entity):
    """Two customers are one, says a person; nothing is copied or moved, so taking it back restores both files.

    `survivor_id` is the file into which `merged_id` went; the merges that are not undone form a tree whose root is the
    live customer, which `customer.survivor_id` of every other one points to.
    """

    __tablename__ = "customer_merge"
    __table_args__ = (
        CheckConstraint("survivor_id <> merged_id", name="ck_customer_merge_two"),
        CheckConstraint("(undone_at IS NULL) = (undo_reason IS NULL)", name="ck_customer_merge_undone"),
        Index("ux_customer_merge_merged_id", "merged_id", unique=True, postgresql_where=text("undone_at IS NULL")),
    )

    survivor_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), index=True)
    merged_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    merged_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    merged_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    undone_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    undone_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    undo_reason: Mapped[str | None] = mapped_column(Text)


class CustomerSuperseded(Base):
    """A fact of another member that this file's people set aside; it holds again when that member leaves the file.

    `field`: `fact` (`fact_id` is a name, address or contact point), or a column of the member `fact_id` itself.
    """

    __tablename__ = "customer_superseded"
    __table_args__ = (CheckConstraint("field IN ('fact', 'birthDate', 'status')", name="ck_customer_superseded_field"),)

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    fact_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    field: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
