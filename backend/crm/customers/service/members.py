"""Which customers are one file with which, for many at once."""

from collections.abc import Collection
from uuid import UUID

from backend.kit.db import UnitOfWork

_MEMBERS = """
SELECT asked.id AS asked, o.id AS member
  FROM unnest($1::uuid[]) AS asked(id) JOIN customer c ON c.id = asked.id
 CROSS JOIN LATERAL (
   SELECT coalesce(c.survivor_id, c.id) AS id
   UNION ALL SELECT m.id FROM customer m WHERE m.survivor_id = coalesce(c.survivor_id, c.id)) AS o
"""


async def members(uow: UnitOfWork, customer_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Every customer of a file -> those of `customer_ids` that are in that file. No look: no audit entry."""
    found: dict[UUID, list[UUID]] = {}
    for row in await uow.fetch(_MEMBERS, list(customer_ids)):
        found.setdefault(row["member"], []).append(row["asked"])
    return found
