"""Past questions with what decided, or would decide, where they go."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.contacts.facts.rules import told_postcode
from backend.contacts.rules import Channel, Kind
from backend.contacts.shielding.service import may
from backend.kit.db import Row
from backend.kit.work import Work

_PAST = """
SELECT id, reference, subject, kind, channel, product_id, customer_id, department_id, assignee_id, confidentiality,
       location ->> 'postcode' AS place, structured_answers, created_at
  FROM question WHERE created_at >= coalesce($1, '-infinity'::timestamptz) ORDER BY created_at DESC, id DESC LIMIT $2
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
    created_at: datetime


async def past(work: Work, since: datetime | None, most: int) -> list[PastQuestion]:
    """The newest questions of which this person may know, in one statement; sensitive ones of others do not exist.

    Args:
        work: whose look it is. What is shown of them in the end is for the caller to record.
        since: none that were registered before.
        most: how many at most.
    """
    rows = await work.uow.fetch(_PAST, since, most)
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
        created_at=row["created_at"],
    )
