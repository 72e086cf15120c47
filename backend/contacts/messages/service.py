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
    "recipient text, product_id uuid, author_id uuid, delivery text, created_at timestamptz"
)
NAMES = ", ".join(column.split()[0] for column in COLUMNS.split(", "))
_ADD = f"INSERT INTO message ({NAMES}) SELECT {NAMES} FROM json_to_recordset($1::json) AS m({COLUMNS})"
_ONE = """
SELECT m.id, m.question_id, m.purpose, m.body, m.recipient, m.product_id, m.delivery, m.created_at, q.reference,
       q.subject, q.body AS question_text, q.customer_id, q.department_id, q.deadline, q.language, d.name AS department
  FROM message m JOIN question q ON q.id = m.question_id JOIN department d ON d.id = q.department_id
 WHERE m.id = $1 FOR UPDATE OF m
"""
_TOLD = """
SELECT c.caller ->> 'email' FROM contact_question l JOIN contact c ON c.id = l.contact_id
 WHERE l.question_id = $1 AND c.caller ? 'email' ORDER BY c.id DESC LIMIT 1
"""
_SENT = "UPDATE message SET delivery = 'sent', sent_at = $2, failure = NULL WHERE id = $1"
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
    department_id: UUID
    deadline: datetime
    language: str
    department: str


def mail(
    work: Work,
    purpose: Purpose,
    question_id: UUID,
    *,
    body: str | None = None,
    recipient: str | None = None,
    product_id: UUID | None = None,
    contact_id: UUID | None = None,
) -> MessageRow:
    """A message to the customer by mail; to the address on file when no recipient is given."""
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


async def address_of(uow: UnitOfWork, question_id: UUID) -> str | None:
    """The e-mail address told in the latest contact about this question."""
    address: str | None = await uow.fetchval(_TOLD, question_id)
    return address


async def sendable(uow: UnitOfWork, message_id: UUID) -> Sendable | None:
    """A message and its question, locked until the end of the transaction."""
    row = await uow.fetchrow(_ONE, message_id)
    return Sendable(**row) if row else None


async def sent(uow: UnitOfWork, message_id: UUID, at: datetime) -> None:
    """The mail server took it."""
    await uow.execute(_SENT, message_id, at)


async def failed(uow: UnitOfWork, message_id: UUID, why: str) -> None:
    """It cannot be delivered; visible on the question."""
    await uow.execute(_FAILED, message_id, why[:300])
