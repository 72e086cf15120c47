"""Tables: product, product_city, catalogue_import."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Entity

_EMPTY = text("'[]'")


class Product(Entity):
    """What a catalogue says about a product; never deleted, because questions name it."""

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("source", "external_id", name="ux_product_external_id"),
        CheckConstraint("status IN ('published', 'withdrawn')", name="ck_product_status"),
    )

    source: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    snapshot_id: Mapped[str] = mapped_column(Text)
    product_number: Mapped[str | None] = mapped_column(Text)
    concept_number: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    content_hash: Mapped[str] = mapped_column(Text)
    generated_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    status: Mapped[str] = mapped_column(Text)
    imported_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
    version: Mapped[int] = mapped_column(server_default=text("1"))


class ProductCity(Base):
    """What the city itself adds to a product; an import never touches it."""

    __tablename__ = "product_city"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), primary_key=True)
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"), index=True)
    first_line_information: Mapped[str | None] = mapped_column(Text)
    faq: Mapped[list[Any]] = mapped_column(JSONB, server_default=_EMPTY)
    help_sheets: Mapped[list[Any]] = mapped_column(JSONB, server_default=_EMPTY)
    transaction_url: Mapped[str | None] = mapped_column(Text)
    internal_instructions: Mapped[str | None] = mapped_column(Text)
    guiding_questions: Mapped[list[Any]] = mapped_column(JSONB, server_default=_EMPTY)
    flow: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(server_default=text("1"))


class CatalogueImport(Entity):
    """The report of one import."""

    __tablename__ = "catalogue_import"

    source: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    finished_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    pages: Mapped[int] = mapped_column()
    created: Mapped[int] = mapped_column()
    changed: Mapped[int] = mapped_column()
    unchanged: Mapped[int] = mapped_column()
    withdrawn: Mapped[int] = mapped_column()
    refused: Mapped[int] = mapped_column()
    refusals: Mapped[list[Any]] = mapped_column(JSONB)
    error: Mapped[str | None] = mapped_column(Text)
