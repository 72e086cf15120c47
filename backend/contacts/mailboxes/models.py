"""Table: mailbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Entity
from backend.kit.sealed import sealed

MOMENT = TIMESTAMP(timezone=True)


class Mailbox(Entity):
    """An address of ours to which people write.

    Attributes:
        department_id: owner of what comes in; without one the rules of routing place it.
        kind: of the questions that come in.
        protocol: `lmtp`: a mail server brings its mail here, over LMTP or SMTP; `imap`: we fetch it.
        done_folder: where fetched mail goes on the server; without one it is marked as seen.
        password: encrypted (row = `id`).
        uid_validity: which numbering of the folder `last_uid` is of.
        last_uid: everything up to this number has been fetched.
        failures: in a row.
    """

    __tablename__ = "mailbox"
    __table_args__ = (
        CheckConstraint("protocol IN ('lmtp', 'imap')", name="ck_mailbox_protocol"),
        CheckConstraint("tls IN ('implicit', 'startTls', 'none')", name="ck_mailbox_tls"),
        CheckConstraint("kind IN ('question', 'report', 'complaint', 'request', 'suggestion')", name="ck_mailbox_kind"),
        CheckConstraint("address = lower(address)", name="ck_mailbox_address"),
        CheckConstraint(
            "protocol <> 'imap' OR (host IS NOT NULL AND username IS NOT NULL AND password IS NOT NULL)",
            name="ck_mailbox_imap",
        ),
        CheckConstraint("(uid_validity IS NULL) = (last_uid IS NULL)", name="ck_mailbox_uid"),
        CheckConstraint("(failures = 0) = (failure IS NULL)", name="ck_mailbox_failure"),
    )

    address: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"))
    kind: Mapped[str] = mapped_column(Text)
    protocol: Mapped[str] = mapped_column(Text)
    host: Mapped[str | None] = mapped_column(Text)
    port: Mapped[int] = mapped_column(Integer)
    tls: Mapped[str] = mapped_column(Text)
    folder: Mapped[str] = mapped_column(Text)
    done_folder: Mapped[str | None] = mapped_column(Text)
    username: Mapped[str | None] = mapped_column(Text)
    password: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed(row="id"))
    active: Mapped[bool] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    looked_at: Mapped[datetime | None] = mapped_column(MOMENT)
    uid_validity: Mapped[int | None] = mapped_column(BigInteger)
    last_uid: Mapped[int | None] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    failure: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(server_default=text("1"))
