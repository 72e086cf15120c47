"""Tables: products, what the city adds, how they came in, what is found and how they go out."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Entity
from backend.kit.sealed import passing, sealed

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
    contact_form_questions: Mapped[list[Any]] = mapped_column(JSONB, server_default=_EMPTY)
    flow: Mapped[str | None] = mapped_column(Text)
    published: Mapped[bool] = mapped_column(server_default=text("true"))
    version: Mapped[int] = mapped_column(server_default=text("1"))


class CatalogueImport(Entity):
    """The report of one import."""

    __tablename__ = "catalogue_import"
    __table_args__ = (
        CheckConstraint("mode IN ('full', 'resumed', 'notModified')", name="ck_catalogue_import_mode"),
        Index("ix_catalogue_import_quiet", "finished_at", postgresql_where=text("mode = 'notModified'")),
    )

    source: Mapped[str] = mapped_column(Text)
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("catalogue_source.id"))
    mode: Mapped[str] = mapped_column(Text, server_default=text("'full'"))
    started_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    finished_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    pages: Mapped[int] = mapped_column()
    requests: Mapped[int] = mapped_column(server_default=text("0"))
    bytes: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created: Mapped[int] = mapped_column()
    changed: Mapped[int] = mapped_column()
    unchanged: Mapped[int] = mapped_column()
    withdrawn: Mapped[int] = mapped_column()
    held_back: Mapped[int] = mapped_column(server_default=text("0"))
    refused: Mapped[int] = mapped_column()
    refusals: Mapped[list[Any]] = mapped_column(JSONB)
    error: Mapped[str | None] = mapped_column(Text)


class ProductChange(Entity):
    """One change of a product: the fields as they were and as they became; only added to.

    `version` is that of the product (its own plus that of the city's fields) after the change.
    """

    __tablename__ = "product_change"
    __table_args__ = (
        UniqueConstraint("product_id", "version", name="ux_product_change_version"),
        CheckConstraint("kind IN ('city', 'import', 'revert')", name="ck_product_change_kind"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    version: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    actor_id: Mapped[UUID | None] = mapped_column()
    reason: Mapped[str | None] = mapped_column(Text)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)


class SynonymGroup(Entity):
    """A decision of the city about synonyms: a group of its own, or a shipped group (same id) changed or removed.

    Without phrases it is the shipped text again: that row stays, so that a version is never used twice for one id (the
    index and If-Match rely on it). Only a group of the city's own is ever deleted; its id never comes back.
    """

    __tablename__ = "synonym_group"

    phrases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    removed: Mapped[bool] = mapped_column(server_default=text("false"))
    note: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
    version: Mapped[int] = mapped_column(server_default=text("1"))


class CatalogueSource(Entity):
    """A stream of snapshots that is synchronised on a schedule; `state` says where the last read stopped."""

    __tablename__ = "catalogue_source"
    __table_args__ = (
        UniqueConstraint("name", name="ux_catalogue_source_name"),
        CheckConstraint("every_minutes BETWEEN 5 AND 10080", name="ck_catalogue_source_every_minutes"),
        Index("ix_catalogue_source_next_run_at", "next_run_at", postgresql_where=text("active")),
    )

    name: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    api_key: Mapped[bytes | None] = mapped_column(info=sealed(row="id"))
    every_minutes: Mapped[int] = mapped_column()
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    next_run_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
    version: Mapped[int] = mapped_column(server_default=text("1"))


class ProductSnapshot(Base):
    """A member of our own stream: the whole product as it was published; numbered from 0, no gaps, only added to.

    `content_hash` is that of the facts it shows, so what a snapshot does not show publishes nothing new.
    """

    __tablename__ = "product_snapshot"
    __table_args__ = (UniqueConstraint("id", name="ux_product_snapshot_id"),)

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column()
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), index=True)
    product_version: Mapped[int] = mapped_column()
    generated_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    archived: Mapped[bool] = mapped_column()
    content_hash: Mapped[str] = mapped_column(Text)
    member: Mapped[dict[str, Any]] = mapped_column(JSONB)


class SearchEntry(Entity):
    """A search, for the improvement list: its terms without anything personal, never who searched.

    `unknown`: keyed hashes of the words that may be a name, to count them by; the words themselves are in `terms` only
    when many searched for them. The id is random and `at` a whole hour: a time-ordered id would tell the moment, and
    with it who was at work then.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        CheckConstraint("audience IN ('staff', 'citizen')", name="ck_search_entry_audience"),
        Index("ix_search_entry_at", "at"),
        Index("ix_search_entry_unknown", "unknown", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    )

    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    terms: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(Text)
    results: Mapped[int] = mapped_column()
    unknown: Mapped[list[bytes]] = mapped_column(
        ARRAY(LargeBinary),
        server_default=text("'{}'"),
        info=passing(timedelta(), "words are counted anew under a new key; the log is kept for 13 months"),
    )
