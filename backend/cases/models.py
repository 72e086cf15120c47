"""Table: application_case."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity


class ApplicationCase(Entity):
    """A case as its own application last told us."""

    __tablename__ = "application_case"
    __table_args__ = (
        UniqueConstraint("client_id", "external_id", name="ux_application_case_external"),
        Index("ix_application_case_customer", "customer_id", "changed_at"),
    )

    client_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    external_id: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("product.id"))
    question_id: Mapped[UUID | None] = mapped_column(ForeignKey("question.id"))
    phase: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    action_needed: Mapped[bool] = mapped_column(server_default=text("false"))
    link: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
