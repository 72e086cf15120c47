"""Table: contact_point_verification."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity
from backend.kit.sealed import passing, sealed

MOMENT = TIMESTAMP(timezone=True)


class ContactPointVerification(Entity):
    """One code that was sent, or is about to be.

    `code` is encrypted (row = `id`) and there until the mail has left; `code_lookup` is the keyed hash of `id:code` and
    there as long as the code can be used; `address_lookup` is the keyed hash of the address.
    """

    __tablename__ = "contact_point_verification"
    __table_args__ = (
        ForeignKeyConstraint(
            ["customer_id", "contact_point_id"],
            ["customer_contact_point.customer_id", "customer_contact_point.id"],
            name="fk_contact_point_verification_point",
        ),
        CheckConstraint(
            "state IN ('pending', 'confirmed', 'usedUp', 'expired', 'replaced', 'undeliverable')",
            name="ck_contact_point_verification_state",
        ),
        CheckConstraint(
            "(state = 'pending') = (code_lookup IS NOT NULL) AND (state = 'pending' OR code IS NULL)",
            name="ck_contact_point_verification_wiped",
        ),
        CheckConstraint("wrong BETWEEN 0 AND 5", name="ck_contact_point_verification_wrong"),
        Index("ix_contact_point_verification_address", "address_lookup", "requested_at"),
        Index("ix_contact_point_verification_point", "customer_id", "contact_point_id"),
        Index("ix_contact_point_verification_pending", "expires_at", postgresql_where=text("state = 'pending'")),
        Index("ix_contact_point_verification_requested_at", "requested_at"),
    )

    customer_id: Mapped[UUID] = mapped_column()
    contact_point_id: Mapped[UUID] = mapped_column()
    address_lookup: Mapped[bytes] = mapped_column(
        LargeBinary, info=passing(timedelta(hours=1), "codes per address are counted for an hour, kept for a month")
    )
    code: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed(row="id"))
    code_lookup: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=passing(timedelta(minutes=10), "a code can be used for ten minutes")
    )
    state: Mapped[str] = mapped_column(Text)
    wrong: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    requested_at: Mapped[datetime] = mapped_column(MOMENT)
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    expires_at: Mapped[datetime] = mapped_column(MOMENT)
    sent_at: Mapped[datetime | None] = mapped_column(MOMENT)
