"""Table: claim."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity
from backend.kit.sealed import sealed, unkeyed

MOMENT = TIMESTAMP(timezone=True)


class Claim(Entity):
    """That a form looks like that of one customer, who is asked through the channel on file.

    Attributes:
        token: what the mail that is about to leave says, encrypted (row = `id`); nothing once it has left.
        token_hash: SHA-256 of the same: of the one to confirm with, and after that of the one to undo with.
        wrong: wrong references told with this token.
        expires_at: of the token; a claim that is open and past it is over; a while later it is dropped.
    """

    __tablename__ = "claim"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'confirmed', 'refused', 'burned', 'undone')", name="ck_claim_state"),
        CheckConstraint("wrong BETWEEN 0 AND 5", name="ck_claim_wrong"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="ck_claim_decided"),
        Index("ix_claim_customer", "customer_id", "created_at"),
        Index("ix_claim_expires", "expires_at"),
    )

    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submission.id"), unique=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    state: Mapped[str] = mapped_column(Text)
    token: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed(row="id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, info=unkeyed("a hash of a token of 256 bits"))
    wrong: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    expires_at: Mapped[datetime] = mapped_column(MOMENT)
    decided_at: Mapped[datetime | None] = mapped_column(MOMENT)
