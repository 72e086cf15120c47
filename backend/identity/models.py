"""Tables: department, app_user, user_login, membership."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Entity


class Department(Entity):
    """An organisational unit that owns questions; exactly one is the contact centre (`frontOffice`)."""

    __tablename__ = "department"
    __table_args__ = (
        CheckConstraint("kind IN ('frontOffice', 'secondLine')", name="ck_department_kind"),
        CheckConstraint("parent_id <> id", name="ck_department_parent"),
        Index("ux_department_front_office", "kind", unique=True, postgresql_where=text("kind = 'frontOffice'")),
    )

    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"), index=True)
    email: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    sensitive: Mapped[bool] = mapped_column(server_default=text("false"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}


class User(Entity):
    """A member of staff or a service client; never deleted, because the history names it."""

    __tablename__ = "app_user"
    __table_args__ = (CheckConstraint("kind IN ('person', 'client')", name="ck_app_user_kind"),)

    username: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, server_default="nl")
    kind: Mapped[str] = mapped_column(Text, server_default="person")
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    managed: Mapped[bool] = mapped_column(server_default=text("false"))
    """Made at a login: every login says anew which roles and memberships there are."""
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}


class UserLogin(Entity):
    """Under which name an issuer knows a user."""

    __tablename__ = "user_login"
    __table_args__ = (UniqueConstraint("issuer", "subject", name="ux_user_login_subject"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"), index=True)
    issuer: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)


class BreakGlass(Entity):
    """Who broke the glass, why, and what that opens until when; never changed, so that it can be accounted for."""

    __tablename__ = "break_glass"
    __table_args__ = (
        CheckConstraint("subject_kind IN ('customer', 'question')", name="ck_break_glass_subject_kind"),
        CheckConstraint("until > at", name="ck_break_glass_until"),
        Index("ix_break_glass_user", "user_id", "until"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    until: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    reason: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(Text)
    subjects: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))


class Membership(Base):
    """Roles of a user in a department; the key lets a question prove that its assignee belongs to its owner."""

    __tablename__ = "membership"
    __table_args__ = (CheckConstraint("cardinality(roles) > 0", name="ck_membership_roles"),)

    department_id: Mapped[UUID] = mapped_column(ForeignKey("department.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"), primary_key=True, index=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
