"""Table: flow_task."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity

MOMENT = TIMESTAMP(timezone=True)
STANDS = "gone_at IS NULL"


class FlowTask(Entity):
    """What somebody has to do about a flow.

    Attributes:
        product_ref: the product, or the other flow, as the document names it; empty for a review.
        done_by: who finished it; nobody when its cause went away first.
        gone_at: when its cause was gone; until then the same cause raises no second task.
    """

    __tablename__ = "flow_task"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('productWithdrawn', 'productUnknown', 'reviewDue', 'reviewOverdue', 'linkedFlowGone')",
            name="ck_flow_task_kind",
        ),
        CheckConstraint("done_at IS NOT NULL OR (gone_at IS NULL AND done_by IS NULL)", name="ck_flow_task_done"),
        Index(
            "ux_flow_task_cause",
            "flow_id",
            "kind",
            "product_ref",
            unique=True,
            postgresql_where=text("gone_at IS NULL"),
        ),
    )

    flow_id: Mapped[UUID] = mapped_column(ForeignKey("flow.id"))
    version_id: Mapped[UUID] = mapped_column(ForeignKey("flow_version.id"))
    kind: Mapped[str] = mapped_column(Text)
    product_ref: Mapped[str] = mapped_column(Text, server_default=text("''"))
    raised_at: Mapped[datetime] = mapped_column(MOMENT)
    done_at: Mapped[datetime | None] = mapped_column(MOMENT)
    done_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    note: Mapped[str | None] = mapped_column(Text)
    gone_at: Mapped[datetime | None] = mapped_column(MOMENT)
    mailed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(server_default=text("1"))
