"""Table: submission. The public form is inserted through view `intake.form`, by a role that can do nothing else."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity
from backend.kit.sealed import passing, sealed, unkeyed

MOMENT = TIMESTAMP(timezone=True)


class Submission(Entity):
    """A form that came in; inserting it adds its effect to the outbox (trigger).

    Attributes:
        id: follows from the Idempotency-Key and the body, so that the same form twice is one row.
        nonce: hash of the proof that was used up with it; none for a customer who is logged in.
        secret_hash: SHA-256 of the secret by which the submitter asks for the status.
        payload: the form, encrypted (row = `id`), until the question is registered.
        typed: who the submitter said to be, encrypted (row = `id`), until it was matched or is a week old.
        typed_lookup: keyed hash of the same, by which forms of one typed identity are counted; for two days.
    """

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("reference", name="ux_submission_reference"),
        UniqueConstraint("nonce", name="ux_submission_nonce"),
        CheckConstraint("(question_id IS NULL) = (payload IS NOT NULL)", name="ck_submission_payload"),
        Index("ix_submission_typed_lookup", "typed_lookup", "accepted_at"),
        Index(
            "ix_submission_typed",
            "accepted_at",
            postgresql_where=text("typed IS NOT NULL OR typed_lookup IS NOT NULL"),
        ),
    )

    reference: Mapped[str] = mapped_column(Text)
    nonce: Mapped[bytes | None] = mapped_column(LargeBinary, info=unkeyed("a plain hash of a random nonce"))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, info=unkeyed("a plain hash of a secret of 256 bits"))
    payload: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed(row="id"))
    accepted_at: Mapped[datetime] = mapped_column(MOMENT, index=True)
    question_id: Mapped[UUID | None] = mapped_column(ForeignKey("question.id"), unique=True)
    typed: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed(row="id"))
    typed_lookup: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=passing(timedelta(days=1), "forms of one typed identity are counted for a day")
    )
