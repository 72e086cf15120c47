"""Table: service_level."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base


class ServiceLevel(Base):
    """When a department works, and within how many working days it answers; a department without one uses the usual."""

    __tablename__ = "service_level"

    department_id: Mapped[UUID] = mapped_column(ForeignKey("department.id"), primary_key=True)
    weekly: Mapped[list[Any]] = mapped_column(JSONB)
    closed: Mapped[list[Any]] = mapped_column(JSONB)
    country_holidays: Mapped[bool] = mapped_column(server_default=text("true"))
    working_days: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}
