"""The row of a mail: read while somebody decides about it, and what became of it written down."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from backend.contacts.rules import Kind
from backend.kit.db import UnitOfWork
from backend.kit.work import Work

Outcome = Literal["question", "reply", "note", "bounce", "delayed", "receipt", "duplicate", "ownMail", "dismissed"]
"""What became of a mail.

`question`, `reply`: a new question, or more about one; `note`: kept with a question without opening it again;
`bounce`, `delayed`, `receipt`: what a mail server told of a mail of ours; `duplicate`: the same mail by another way;
`ownMail`: a mail of ours that came back; `dismissed`: somebody looked and put it aside.
"""

_ARRIVED = """
SELECT i.id, i.mailbox_id, i.recipient, i.envelope_sender, i.received_at, i.blob_id, i.header_id, i.state,
       coalesce(b.kind, 'question') AS kind, d.id AS department_id, coalesce(d.sensitive, false) AS sensitive
  FROM inbound_mail i LEFT JOIN mailbox b ON b.id = i.mailbox_id
  LEFT JOIN department d ON d.id = b.department_id AND d.active
 WHERE i.id = $1
"""
_DONE = """
UPDATE inbound_mail SET state = $2, outcome = $3, marks = $4, reason = $5, question_id = $6, about_message_id = $7,
       processed_at = $8, processed_by = $9, header_id = coalesce(header_id, $10), sender = coalesce($11, sender),
       essence = coalesce($12, essence)
 WHERE id = $1
"""


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that waits, and the mailbox it came into.

    Attributes:
        department_id: owner of what comes in; None: the rules place it.
        sensitive: whether that department is shielded.
    """

    id: UUID
    mailbox_id: UUID | None
    recipient: str
    envelope_sender: str | None
    received_at: datetime
    blob_id: UUID
    header_id: str | None
    state: str
    kind: Kind
    department_id: UUID | None
    sensitive: bool


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mail; see `Outcome`."""

    state: Literal["processed", "quarantined", "ignored"]
    outcome: Outcome | None = None
    marks: Iterable[str] = ()
    reason: str | None = None
    question_id: UUID | None = None
    about_message_id: UUID | None = None
    header_id: str | None = None
    sender: str | None = None
    essence: bytes | None = None


async def arrived(uow: UnitOfWork, mail_id: UUID, *, lock: bool = False) -> Arrived | None:
    """The mail; locked until the end of the transaction when somebody is about to decide."""
    row = await uow.fetchrow(_ARRIVED + (" FOR UPDATE OF i" if lock else ""), mail_id)
    return Arrived(**row) if row else None


async def done(work: Work, mail_id: UUID, result: Result) -> None:
    """Write down what became of a mail."""
    await work.uow.execute(
        _DONE,
        mail_id,
        result.state,
        result.outcome,
        sorted(result.marks),
        result.reason[:300] if result.reason else None,
        result.question_id,
        result.about_message_id,
        work.now,
        work.actor,
        result.header_id,
        result.sender,
        result.essence,
    )
    work.trail.record("inboundMail", [mail_id], fields=[result.outcome or result.state])
    if result.question_id:
        work.trail.record("question", [result.question_id], fields=["messages"])
