"""Table: dossier."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity

MOMENT = TIMESTAMP(timezone=True)


class Dossier(Entity):
    """A question or a case as Mijn Burgerprofiel knows it; no numbers of people, no names.

    `version` is that of the question, or the moment of the case, that was last looked at; `content` a print of what was
    last told. `new`: nothing told yet; `deleted`: taken away there. `rounds`: so often refused or taken away.
    """

    __tablename__ = "dossier"
    __table_args__ = (
        CheckConstraint("num_nonnulls(question_id, case_id) = 1", name="ck_dossier_about_one"),
        CheckConstraint("state IN ('new', 'pending', 'accepted', 'refused', 'deleted')", name="ck_dossier_state"),
        CheckConstraint("(state = 'refused') <= (fault IS NOT NULL)", name="ck_dossier_refused"),
        CheckConstraint("(state IN ('pending', 'accepted')) <= (upload_id IS NOT NULL)", name="ck_dossier_upload"),
    )

    question_id: Mapped[UUID | None] = mapped_column(ForeignKey("question.id"), unique=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("application_case.id"), unique=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    state: Mapped[str] = mapped_column(Text, server_default=text("'new'"))
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"), index=True)
    phase: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    action_needed: Mapped[bool] = mapped_column(server_default=text("false"))
    content: Mapped[str | None] = mapped_column(Text)
    upload_id: Mapped[UUID | None] = mapped_column()
    rounds: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    fault: Mapped[str | None] = mapped_column(Text)
    notify: Mapped[bool] = mapped_column(server_default=text("false"))
    checked_at: Mapped[datetime | None] = mapped_column(MOMENT)
    pushed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    settled_at: Mapped[datetime | None] = mapped_column(MOMENT)
    notified_at: Mapped[datetime | None] = mapped_column(MOMENT)
