"""Past questions with what decided, or would decide, where they go."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.contacts.facts.rules import told_postcode
from backend.contacts.rules import Channel, Kind
from backend.contacts.shielding.service import may
from backend.kit.db import Row, UnitOfWork
from backend.kit.work import Work

_PAST = """
SELECT q.id, q.reference, q.subject, q.kind, q.channel, q.product_id, q.customer_id, q.department_id, q.assignee_id,
       q.confidentiality, q.location ->> 'postcode' AS place, q.structured_answers, q.created_at,
       q.assistance ->> 'topic' AS topic, q.assistance ->> 'team' AS team,
       (SELECT e.department_id FROM question_event e
         WHERE e.question_id = q.id AND e.version = 1 AND e.data ->> 'by' = 'chosen') AS chosen_id
  FROM question q WHERE q.created_at >= coalesce($1, '-infinity'::timestamptz)
 ORDER BY q.created_at DESC, q.id DESC LIMIT $2
"""
_BY_INDEX = "SELECT set_config('enable_sort', $1, true)"
"""The newest questions are read off their index: PostgreSQL takes the policies for much stricter than they are, so that
it would rather read and sort the whole table."""
_TOLD = """
SELECT location ->> 'postcode' AS place, structured_answers, assistance ->> 'topic' AS topic FROM question WHERE id = $1
"""


class PastQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question that was registered; `subject` only for who may read the question itself."""

    id: UUID
    reference: str
    subject: str | None
    kind: Kind
    channel: Channel
    product_id: UUID | None
    customer_id: UUID | None
    postcode: str | None
    """What the question itself says; the address of the customer is another matter."""
    chosen_id: UUID | None
    """The department that a person chose when it was registered."""
    created_at: datetime
    topic: str | None = None
    """What the outcome of guided questions is about, by now."""
    team: str | None = None
    """Code of the department for it."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a stored question itself says of where it belongs."""

    postcode: str | None = None
    topic: str | None = None


async def told_by(uow: UnitOfWork, question_id: UUID) -> Told:
    """The postcode and the topic that a stored question is about, when it says so."""
    row = await uow.fetchrow(_TOLD, question_id)
    if row is None:
        return Told()
    return Told(postcode=told_postcode(row["place"], row["structured_answers"] or ()), topic=row["topic"])


async def past(work: Work, since: datetime | None, most: int) -> list[PastQuestion]:
    """The newest questions of which this person may know, in one statement; sensitive ones of others do not exist.

    Args:
        work: whose look it is. What is shown of them in the end is for the caller to record.
        since: none that were registered before.
        most: how many at most.
    """
    await work.uow.execute(_BY_INDEX, "off")
    rows = await work.uow.fetch(_PAST, since, most)
    await work.uow.execute(_BY_INDEX, "on")
    return [_past(work, row) for row in rows if may(work, row)]


def _past(work: Work, row: Row) -> PastQuestion:
    return PastQuestion(
        id=row["id"],
        reference=row["reference"],
        subject=row["subject"] if may(work, row, "getQuestion") else None,
        kind=row["kind"],
        channel=row["channel"],
        product_id=row["product_id"],
        customer_id=row["customer_id"],
        postcode=told_postcode(row["place"], row["structured_answers"] or ()),
        chosen_id=row["chosen_id"],
        created_at=row["created_at"],
        topic=row["topic"],
        team=row["team"],
    )
