"""Tables: match_suggestion, match_decision, match_run."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity
from backend.kit.sealed import renewed

MOMENT = TIMESTAMP(timezone=True)


class MatchSuggestion(Entity):
    """Two customers that may be the same: once per pair, the lower id first.

    `first_print` and `second_print` are keyed hashes of what was known of each when the score was computed, or, once a
    person decided, at that decision; `key_version` says under which key. `root_id`: the suggestion whose decision this
    one follows, because one of its two was merged into one of these two.
    """

    __tablename__ = "match_suggestion"
    __table_args__ = (
        CheckConstraint("first_id < second_id", name="ck_match_suggestion_pair"),
        CheckConstraint(
            "state IN ('open', 'same', 'different', 'later', 'obsolete')", name="ck_match_suggestion_state"
        ),
        CheckConstraint("(state = 'later') = (until IS NOT NULL)", name="ck_match_suggestion_until"),
        Index("ux_match_suggestion_pair", "first_id", "second_id", unique=True),
        Index("ix_match_suggestion_second_id", "second_id"),
        Index("ix_match_suggestion_queue", "state", "probability", "score", "id"),
        Index("ix_match_suggestion_until", "until", postgresql_where=text("state = 'later'")),
        Index("ix_match_suggestion_root_id", "root_id", postgresql_where=text("root_id IS NOT NULL")),
    )

    first_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    second_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    state: Mapped[str] = mapped_column(Text)
    score: Mapped[float] = mapped_column()
    probability: Mapped[float] = mapped_column()
    parts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    engine: Mapped[str] = mapped_column(Text)
    first_print: Mapped[bytes] = mapped_column(LargeBinary, info=renewed("suggestions"))
    second_print: Mapped[bytes] = mapped_column(LargeBinary, info=renewed("suggestions"))
    key_version: Mapped[int] = mapped_column(SmallInteger)
    until: Mapped[datetime | None] = mapped_column(MOMENT)
    root_id: Mapped[UUID | None] = mapped_column(ForeignKey("match_suggestion.id"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    changed_at: Mapped[datetime] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(server_default=text("1"))


class MatchDecision(Entity):
    """What was decided about a suggestion, by whom and why; every change of state has one, nothing is overwritten."""

    __tablename__ = "match_decision"
    __table_args__ = (
        CheckConstraint(
            "decision IN ('open', 'same', 'different', 'later', 'obsolete')", name="ck_match_decision_decision"
        ),
        CheckConstraint(
            "cause IN ('person', 'dataChanged', 'expired', 'notProposed', 'merged', 'carried', 'split')",
            name="ck_match_decision_cause",
        ),
        CheckConstraint("cause <> 'person' OR actor_id IS NOT NULL", name="ck_match_decision_actor"),
        Index("ix_match_decision_suggestion_id", "suggestion_id", "id"),
    )

    suggestion_id: Mapped[UUID] = mapped_column(ForeignKey("match_suggestion.id"))
    decision: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(MOMENT)
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    until: Mapped[datetime | None] = mapped_column(MOMENT)


class MatchRun(Entity):
    """A walk over the customers, by id; `cursor` is the last one that was looked at, committed with what it gave."""

    __tablename__ = "match_run"
    __table_args__ = (
        CheckConstraint("scope IN ('all', 'outdated')", name="ck_match_run_scope"),
        CheckConstraint("state IN ('running', 'done')", name="ck_match_run_state"),
        CheckConstraint("(state = 'done') = (finished_at IS NOT NULL)", name="ck_match_run_finished"),
        Index("ux_match_run_running", "state", unique=True, postgresql_where=text("state = 'running'")),
    )

    scope: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    engine: Mapped[str] = mapped_column(Text)
    cursor: Mapped[UUID | None] = mapped_column()
    looked_at: Mapped[int] = mapped_column(server_default=text("0"))
    rewritten: Mapped[int] = mapped_column(server_default=text("0"))
    created: Mapped[int] = mapped_column(server_default=text("0"))
    reopened: Mapped[int] = mapped_column(server_default=text("0"))
    closed: Mapped[int] = mapped_column(server_default=text("0"))
    seconds: Mapped[float] = mapped_column(server_default=text("0"))
    started_at: Mapped[datetime] = mapped_column(MOMENT)
    changed_at: Mapped[datetime] = mapped_column(MOMENT)
    finished_at: Mapped[datetime | None] = mapped_column(MOMENT)
