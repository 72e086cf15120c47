"""Table: answer_template."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity


class AnswerTemplate(Entity):
    """A text to answer with, of a department or of all; what is left open fits everything."""

    __tablename__ = "answer_template"
    __table_args__ = (
        CheckConstraint("language IN ('nl', 'fr', 'de', 'en')", name="ck_answer_template_language"),
        CheckConstraint(
            "kind IN ('question', 'report', 'complaint', 'request', 'suggestion')", name="ck_answer_template_kind"
        ),
        Index(
            "ux_answer_template_name",
            "department_id",
            "name",
            "language",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"))
    name: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("product.id"))
    theme: Mapped[str | None] = mapped_column(Text)
    changed_by: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    changed_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    version: Mapped[int] = mapped_column(server_default=text("1"))
