"""Tables: service_level, city_calendar, term, rule_set, saved_view, open_tally."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Entity

MOMENT = TIMESTAMP(timezone=True)


class ServiceLevel(Base):
    """When a department works, within how many working days it answers, and who is told when it does not."""

    __tablename__ = "service_level"

    department_id: Mapped[UUID] = mapped_column(ForeignKey("department.id"), primary_key=True)
    weekly: Mapped[list[Any]] = mapped_column(JSONB)
    closed: Mapped[list[Any]] = mapped_column(JSONB)
    country_holidays: Mapped[bool] = mapped_column(server_default=text("true"))
    working_days: Mapped[dict[str, Any]] = mapped_column(JSONB)
    terms: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    waiting_stops: Mapped[bool] = mapped_column(server_default=text("true"))
    escalation: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    head_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}


class CityCalendar(Base):
    """Days on which the whole city is closed, beside the public holidays; one row."""

    __tablename__ = "city_calendar"
    __table_args__ = (CheckConstraint("id = 1", name="ck_city_calendar_one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    closed: Mapped[list[Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}


class AgreedTerm(Base):
    """A term as it was agreed on when a clock started, whatever happens to hours and terms later; never changed.

    The id follows from the content, so that one is kept once however many questions it is for.
    """

    __tablename__ = "term"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)


class RuleSet(Entity):
    """A numbered set of routing rules in their order; a trigger keeps what is, or ever was, active as it is.

    `follows_id` is the set that was active when this draft was made: only in its place does it become active.
    """

    __tablename__ = "rule_set"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'active', 'retired')", name="ck_rule_set_state"),
        CheckConstraint("(state = 'draft') = (activated_at IS NULL)", name="ck_rule_set_activated"),
        CheckConstraint("num_nulls(activated_at, activated_by, reason) IN (0, 3)", name="ck_rule_set_reason"),
        CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="ck_rule_set_retired"),
        CheckConstraint("(retired_at IS NULL) = (successor_id IS NULL)", name="ck_rule_set_successor"),
        Index("ux_rule_set_active", "state", unique=True, postgresql_where=text("state = 'active'")),
    )

    number: Mapped[int] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(Text)
    rules: Mapped[list[Any]] = mapped_column(JSONB)
    copied_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("rule_set.id"))
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("rule_set.id"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    changed_at: Mapped[datetime] = mapped_column(MOMENT)
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    activated_at: Mapped[datetime | None] = mapped_column(MOMENT)
    activated_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    retired_at: Mapped[datetime | None] = mapped_column(MOMENT)
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("rule_set.id"))
    version: Mapped[int] = mapped_column(server_default=text("1"))


class SavedView(Entity):
    """A worklist with its filters and order under a name: of one person, or shared with a department."""

    __tablename__ = "saved_view"
    __table_args__ = (
        CheckConstraint("num_nonnulls(owner_id, department_id) = 1", name="ck_saved_view_whose"),
        Index("ux_saved_view_owner", "owner_id", "name", unique=True),
        Index("ux_saved_view_department", "department_id", "name", unique=True),
    )

    name: Mapped[str] = mapped_column(Text)
    worklist: Mapped[str] = mapped_column(Text)
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sort: Mapped[str | None] = mapped_column(Text)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(server_default=text("1"))


class OpenTally(Base):
    """What the monitor says of a department's open questions, as it was counted last.

    `shielded`: those that exist for insiders only; they are counted apart.
    """

    __tablename__ = "open_tally"

    department_id: Mapped[UUID] = mapped_column(ForeignKey("department.id"), primary_key=True)
    shielded: Mapped[bool] = mapped_column(primary_key=True)
    as_of: Mapped[datetime] = mapped_column(MOMENT)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
