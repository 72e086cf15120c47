"""Adding messages, and sending those that go by mail.

A caller that is `unconfirmed` wrote about a question from an address that nobody told for it: nothing goes there.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.contacts.rules import Channel, Purpose
from backend.crm.customers.service import CustomerService
from backend.kit.db import UnitOfWork, encode_json, rows_to
from backend.kit.work import Work

SEND = "contacts.sendMessage"
"""Outbox topic; ids: `message`."""

COLUMNS = (
    "id uuid, question_id uuid, contact_id uuid, direction text, purpose text, channel text, body text, "
    "recipient text, product_id uuid, author_id uuid, department_id uuid, deadline timestamptz, delivery text, "
    "created_at timestamptz, mail_id text, marks text[], full_text text"
)
NAMES = ", ".join(column.split()[0] for column in COLUMNS.split(", "))
_ADD = f"INSERT INTO message ({NAMES}) SELECT {NAMES} FROM json_to_recordset($1::json) AS m({COLUMNS})"
_ONE = """
SELECT m.id, m.question_id, m.purpose, m.body, m.recipient, m.product_id, m.delivery, m.created_at, q.reference,
       q.subject, q.body AS question_text, q.customer_id, m.deadline, q.language, q.channel AS asked_by,
       d.name AS department
  FROM message m JOIN question q ON q.id = m.question_id LEFT JOIN department d ON d.id = m.department_id
 WHERE m.id = $1 FOR UPDATE OF m
"""
_TOLD = """
SELECT c.caller FROM contact_question l JOIN contact c ON c.id = l.contact_id
 WHERE l.question_id = $1 AND c.caller IS NOT NULL AND NOT c.caller ? 'unconfirmed'
 ORDER BY c.caller ? 'email' DESC, c.id DESC LIMIT 1
"""
_SENT = "UPDATE message SET delivery = 'sent', sent_at = $2, failure = NULL WHERE id = $1"
_SKIPPED = "UPDATE message SET delivery = 'none', failure = $2 WHERE id = $1"
_EARLIER = """
SELECT id, mail_id FROM message
 WHERE question_id = $1 AND id <> $2 AND created_at <= $3 AND NOT 'unknownSender' = ANY (marks)
   AND (mail_id IS NOT NULL OR (direction = 'outbound' AND channel = 'email' AND delivery IN ('sent', 'failed')))
 ORDER BY created_at, direction, id
"""
_CAME_TO = """
SELECT b.address FROM inbound_mail i JOIN mailbox b ON b.id = i.mailbox_id AND b.active
 WHERE i.question_id = $1 AND i.outcome IN ('question', 'reply') ORDER BY i.id DESC LIMIT 1
"""
_BOUNCED = "UPDATE message SET delivery = 'failed', sent_at = NULL, failure = $2 WHERE id = $1"
_DELAYED = "UPDATE message SET failure = $2 WHERE id = $1 AND delivery = 'sent'"
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
    mail_id: str | None = None
    marks: list[str] = []
    full_text: str | None = None


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
    asked_by: Channel
    department: str | None


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """A mail of the same question that went before: the customer's (`mail_id`), or ours."""

    id: UUID
    mail_id: str | None


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


async def address_for(
    uow: UnitOfWork, customers: CustomerService, question_id: UUID, customer_id: UUID | None, typed: str | None = None
) -> str | None:
    """The e-mail address to write to: given now, else told in a contact about this question, else on file."""
    told = typed or (await told_by_caller(uow, question_id)).get("email")
    if told or customer_id is None:
        return told
    known = await customers.recipient(customer_id)
    return known.email if known else None


async def sendable(uow: UnitOfWork, message_id: UUID) -> Sendable | None:
    """A message and its question, locked until the end of the transaction."""
    row = await uow.fetchrow(_ONE, message_id)
    return Sendable(**row) if row else None


async def earlier(uow: UnitOfWork, message: Sendable) -> list[Earlier]:
    """The mails of its question before this one, oldest first; not those of strangers."""
    return rows_to(Earlier, await uow.fetch(_EARLIER, message.question_id, message.id, message.created_at))


async def came_to(uow: UnitOfWork, question_id: UUID) -> str | None:
    """The mailbox to which the customer wrote last about this question, where the next mail is expected too."""
    found: str | None = await uow.fetchval(_CAME_TO, question_id)
    return found


async def sent(uow: UnitOfWork, message_id: UUID, at: datetime) -> None:
    """The mail server took it."""
    await uow.execute(_SENT, message_id, at)


async def skipped(uow: UnitOfWork, message_id: UUID, why: str) -> None:
    """It need not be sent; visible on the question."""
    await uow.execute(_SKIPPED, message_id, why[:300])


async def failed(uow: UnitOfWork, message_id: UUID, why: str) -> None:
    """It cannot be delivered; visible on the question."""
    await uow.execute(_FAILED, message_id, why[:300])


async def bounced(uow: UnitOfWork, message_id: UUID, why: str) -> None:
    """A server that took it could not deliver it after all."""
    await uow.execute(_BOUNCED, message_id, why[:300])


async def delayed(uow: UnitOfWork, message_id: UUID, why: str) -> None:
    """A server that took it has not delivered it yet."""
    await uow.execute(_DELAYED, message_id, why[:300])
