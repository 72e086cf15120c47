"""Table: flow_passage."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Date, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base


class FlowPassage(Base):
    """How often one step was taken on one day, in Brussels.

    `from_node` is empty for a start; `slot` spreads the counting over several rows, which are added up.
    """

    __tablename__ = "flow_passage"
    __table_args__ = (
        CheckConstraint("mode IN ('citizen', 'agent')", name="ck_flow_passage_mode"),
        CheckConstraint("to_kind IN ('question', 'outcome', 'handover', 'stopped')", name="ck_flow_passage_to_kind"),
    )

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    flow: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    mode: Mapped[str] = mapped_column(Text, primary_key=True)
    from_node: Mapped[str] = mapped_column(Text, primary_key=True)
    to_kind: Mapped[str] = mapped_column(Text, primary_key=True)
    to_node: Mapped[str] = mapped_column(Text, primary_key=True)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
