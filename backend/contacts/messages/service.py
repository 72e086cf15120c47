"""Adding messages, and sending those that go by mail."""

from datetime import datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.contacts.rules import Purpose
from backend.kit.db import UnitOfWork, encode_json
from backend.kit.work import Work

SEND = "contacts.sendMessage"
"""Outbox topic; ids: `message`."""

COLUMNS = (
    "id uuid, question_id uuid, contact_id uuid, direction text, purpose text, channel text, body text, "
    "recipient text, product_id uuid, author_id uuid, department_id uuid, deadline timestamptz, delivery text, "
    "created_at timestamptz"
)
NAMES = ", ".join(column.split()[0] for column in COLUMNS.split(", "))
_ADD = f"INSERT INTO message ({NAMES}) SELECT {NAMES} FROM json_to_recordset($1::json) AS m({COLUMNS})"
_ONE = """
SELECT m.id, m.question_id, m.purpose, m.body, m.recipient, m.product_id, m.delivery, m.created_at, q.reference,
       q.subject, q.body AS question_text, q.customer_id, m.deadline, q.language, d.name AS department
  FROM message m JOIN question q ON q.id = m.question_id LEFT JOIN department d ON d.id = m.department_id
 WHERE m.id = $1 FOR UPDATE OF m
"""
_TOLD = """
SELECT c.caller FROM contact_question l JOIN contact c ON c.id = l.contact_id
 WHERE l.question_id = $1 AND c.caller IS NOT NULL ORDER BY c.caller ? 'email' DESC, c.id DESC LIMIT 1
"""
_SENT = "UPDATE message SET delivery = 'sent', sent_at = $2, failure = NULL WHERE id = $1"
_SKIPPED = "UPDATE message SET delivery = 'none', failure = $2 WHERE id = $1"
_FAILED = "UPDATE message SET delivery = 'failed', failure = $2 WHERE id = $1"


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it is stored."""

    id: UUID = msgspec.field(default_factory=uuid7)
    question_id: UUID
    contact_id: UUID | None = None
    direction: str
    purpose: Purpose
    channel: str
    body: str | None = None
    recipient: str | None = None
    product_id: UUID | None = None
    author_id: UUID | None = None
    department_id: UUID | None = None
    deadline: datetime | None = None
    delivery: str = "none"
    created_at: datetime


class Sendable(msgspec.Struct, frozen=True, kw_only=True):
    """A message with what its mail needs to say."""

    id: UUID
    question_id: UUID
    purpose: Purpose
    body: str | None
    recipient: str | None
    product_id: UUID | None
    delivery: str
    created_at: datetime
    reference: str
    subject: str
    question_text: str | None
    customer_id: UUID | None
    deadline: datetime | None
    language: str
    department: str | None


def mail(
    work: Work,
    purpose: Purpose,
    question_id: UUID,
    *,
    department_id: UUID,
    deadline: datetime,
    body: str | None = None,
    recipient: str | None = None,
    product_id: UUID | None = None,
    contact_id: UUID | None = None,
) -> MessageRow:
    """A message to the customer by mail; to the address told or on file when no recipient is given.

    Department and deadline are those of this moment: a mail that leaves later says what was true when it was written.
    """
    return MessageRow(
        question_id=question_id,
        contact_id=contact_id,
        direction="outbound",
        purpose=purpose,
        channel="email",
        body=body,
        recipient=recipient,
        product_id=product_id,
        author_id=work.actor,
        department_id=department_id,
        deadline=deadline,
        delivery="pending",
        created_at=work.now,
    )


def queue(work: Work, rows: list[MessageRow]) -> None:
    """Let a worker send those that are pending, once this transaction is committed."""
    for row in rows:
        if row.delivery == "pending":
            work.outbox.add(SEND, work.now, message=row.id)


async def add(work: Work, rows: list[MessageRow]) -> None:
    """Store messages and queue their mails."""
    if rows:
        await work.uow.execute(_ADD, encode_json(rows))
        queue(work, rows)


async def told_by_caller(uow: UnitOfWork, question_id: UUID) -> dict[str, str]:
    """Name, phone and e-mail told in the latest contact about this question, as far as they were told."""
    caller: dict[str, str] | None = await uow.fetchval(_TOLD, question_id)
    return caller or {}


async def sendable(uow: UnitOfWork, message_id: UUID) -> Sendable | None:
    """A message and its question, locked until the end of the transaction."""
    row = await uow.fetchrow(_ONE, message_id)
    return Sendable(**row) if row else None


async def sent(uow: UnitOfWork, message_id: UUID, at: datetime) -> None:
    """The mail server took it."""
    await uow.execute(_SENT, message_id, at)


async def skipped(uow: UnitOfWork, message_id: UUID, why: str) -> None:
    """It need not be sent; visible on the question."""
    await uow.execute(_SKIPPED, message_id, why[:300])


async def failed(uow: UnitOfWork, message_id: UUID, why: str) -> None:
    """It cannot be delivered; visible on the question."""
    await uow.execute(_FAILED, message_id, why[:300])
