"""Tables: flow, flow_version, flow_event."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity

MOMENT = TIMESTAMP(timezone=True)


class FlowRow(Entity):
    """A set of guided questions, whatever its versions; `last_number` is that of the newest version ever made."""

    __tablename__ = "flow"

    slug: Mapped[str] = mapped_column(Text, unique=True)
    owner_department_id: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"))
    last_number: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class FlowVersion(Entity):
    """A version of a flow; a trigger keeps what is, or ever was, published as it is.

    The document says neither its number nor its status: those are columns, and are filled in when it is read.
    """

    __tablename__ = "flow_version"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'review', 'published', 'retired')", name="ck_flow_version_status"),
        CheckConstraint("(status IN ('draft', 'review')) = (published_at IS NULL)", name="ck_flow_version_published"),
        CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name="ck_flow_version_retired"),
        CheckConstraint("status <> 'review' OR submitted_at IS NOT NULL", name="ck_flow_version_submitted"),
        UniqueConstraint("flow_id", "number", name="uq_flow_version_flow_id"),
        Index("ux_flow_version_open", "flow_id", unique=True, postgresql_where=text("status IN ('draft', 'review')")),
        Index("ix_flow_version_served", "flow_id", postgresql_where=text("status IN ('published', 'retired')")),
    )

    flow_id: Mapped[UUID] = mapped_column(ForeignKey("flow.id"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(Text)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    review_by: Mapped[date | None] = mapped_column(Date)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    submitted_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(MOMENT)
    reviewer_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    changed_at: Mapped[datetime] = mapped_column(MOMENT)
    published_at: Mapped[datetime | None] = mapped_column(MOMENT)
    retired_at: Mapped[datetime | None] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(server_default=text("1"))


class FlowEvent(Entity):
    """What happened to a version of a flow; only added to.

    `version_id` is no foreign key: a draft that was removed keeps its history.
    """

    __tablename__ = "flow_event"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('created', 'changed', 'removed', 'submitted', 'returned', 'published', 'retired')",
            name="ck_flow_event_kind",
        ),
        Index("ix_flow_event_flow", "flow_id", "id"),
        Index("ix_flow_event_version", "version_id"),
    )

    flow_id: Mapped[UUID] = mapped_column(ForeignKey("flow.id"))
    version_id: Mapped[UUID]
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(MOMENT)
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    parts: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
