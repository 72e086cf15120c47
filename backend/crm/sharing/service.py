"""Consent to share statuses with Mijn Burgerprofiel."""

from collections.abc import Collection
from uuid import UUID

from backend.crm.customers.service import CustomerService
from backend.crm.events import StatusSharingChanged
from backend.crm.sharing.schemas import SharingSource, StatusSharingView
from backend.kit.db import UnitOfWork, rows_to
from backend.kit.work import Work

_NEWEST = """
SELECT agreed, source, decided_at FROM status_sharing
 WHERE customer_id = ANY ($1::uuid[]) ORDER BY decided_at DESC, customer_id LIMIT 1
"""
_SAID = """
SELECT agreed, source, decided_at FROM status_sharing
 WHERE customer_id = ANY ($1::uuid[]) ORDER BY decided_at DESC, customer_id
"""
_FIRST = """
INSERT INTO status_sharing (customer_id, agreed, source, decided_at, decided_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (customer_id) DO NOTHING
"""
_DECIDE = """
INSERT INTO status_sharing (customer_id, agreed, source, decided_at, decided_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (customer_id) DO UPDATE SET agreed = excluded.agreed, source = excluded.source,
   decided_at = excluded.decided_at, decided_by = excluded.decided_by
"""


def shared_by(customer: str) -> str:
    """SQL: whether the file of the customer in this column agreed; null when nobody ever said anything."""
    return f"""
(SELECT s.agreed FROM customer asked CROSS JOIN LATERAL (
    SELECT coalesce(asked.survivor_id, asked.id) AS id
    UNION ALL SELECT m.id FROM customer m WHERE m.survivor_id = coalesce(asked.survivor_id, asked.id)) AS o
   JOIN status_sharing s ON s.customer_id = o.id
  WHERE asked.id = {customer} ORDER BY s.decided_at DESC, s.customer_id LIMIT 1)
"""


async def shares(uow: UnitOfWork, members: Collection[UUID]) -> bool:
    """Whether the customers of a file agreed: the newest decision of one of them holds."""
    row = await uow.fetchrow(_NEWEST, list(members))
    return bool(row and row["agreed"])


async def agree(work: Work, customer_id: UUID, source: SharingSource = "login") -> None:
    """The customer agrees, for instance by asking while logged in; 404.

    What was decided before is left alone: who said no at the desk does not say yes by asking another question.
    """
    sharing = SharingService(work)
    if (await sharing.read(customer_id)).decided_at is None:
        await sharing.write(customer_id, source, agreed=True, first=True)


class SharingService:
    """What customers say about it.

    Args:
        work: the unit of work.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._customers = CustomerService(work)

    async def get(self, customer_id: UUID) -> StatusSharingView:
        """What holds for the file; 403, 404."""
        await self._linked(customer_id)
        view = await self.read(customer_id)
        self._work.trail.record("customer", [customer_id], fields=["statusSharing"])
        return view

    async def decide(self, customer_id: UUID, *, agreed: bool) -> StatusSharingView:
        """What the customer said to a colleague; what was told there already is taken away. 403, 404."""
        await self._linked(customer_id)
        await self.write(customer_id, "staff", agreed=agreed)
        return await self.read(customer_id)

    async def read(self, customer_id: UUID) -> StatusSharingView:
        """What holds; no look by a person, so no audit entry."""
        file = await self._customers.file(customer_id)
        row = await self._work.uow.fetchrow(_NEWEST, file.members)
        return StatusSharingView(**dict(row)) if row else StatusSharingView(agreed=False)

    async def said(self, members: Collection[UUID]) -> list[StatusSharingView]:
        """What each of the customers of a file last said, the newest first: that one holds."""
        return rows_to(StatusSharingView, await self._work.uow.fetch(_SAID, list(members)))

    async def write(self, customer_id: UUID, source: SharingSource, *, agreed: bool, first: bool = False) -> None:
        """Write a decision down for the live customer, or only when it is the `first`; 404."""
        live = (await self._customers.file(customer_id)).id
        await self._work.uow.execute(
            _FIRST if first else _DECIDE, live, agreed, source, self._work.now, self._work.actor
        )
        self._work.trail.record("customer", [live], fields=["statusSharing"])
        await self._work.tell(StatusSharingChanged(customer_id=live))

    async def _linked(self, customer_id: UUID) -> None:
        file = await self._customers.file(customer_id)
        await self._work.access.require_link("customer", file.id)
