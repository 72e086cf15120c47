"""What people do with what registers say: look, accept, leave."""

from datetime import datetime, timedelta
from uuid import UUID

from backend.crm.customers.schemas import CustomerView
from backend.crm.customers.service.adoption import Adopter
from backend.crm.registers.errors import lookup_closed
from backend.crm.registers.rules import KEEP_DAYS, LOOK_UP, WAYS
from backend.crm.registers.schemas import EnrichmentPage, EnrichmentView
from backend.crm.registers.service import statements as sql
from backend.crm.registers.service.contents import Stored, from_rows
from backend.crm.registers.service.lookups import Answer, Begin, LookUps, Plan, views_of
from backend.crm.registers.service.sources import Registers
from backend.crm.registers.service.told import adoption_of
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import not_found, unknown_reference
from backend.kit.work import Work

__all__ = ["Answer", "Begin", "EnrichmentService", "LookUps", "Plan", "Registers", "forget_undecided", "plan_new"]

SCOPE = "customers.enrichment"
LATELY = timedelta(days=1)
MOST = 200


class EnrichmentService:
    """Look-ups of a customer and what is decided about them.

    Args:
        work: the unit of work and its surroundings.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._customers = Adopter(work)

    async def page(self, customer_id: UUID, page: PageRequest) -> EnrichmentPage:
        """Look-ups of the whole file, the latest first; 403, 404."""
        work = self._work
        file = await self._customers.file(customer_id)
        await work.access.require_link("customer", file.id)
        after = decode_cursor(page.cursor, (UUID,), scope=SCOPE)[0] if page.cursor else None
        rows = await work.uow.fetch(sql.LIST, file.members, after, page.limit + 1)
        views = await views_of(work, rows[: page.limit])
        work.trail.record("customer", [file.id], fields=_fields(views))
        if len(rows) > page.limit:
            return EnrichmentPage(items=views, next=encode_cursor((views[-1].id,), scope=SCOPE))
        return EnrichmentPage(items=views)

    async def accept(
        self, customer_id: UUID, lookup_id: UUID, accepted: tuple[UUID, ...], expected: int
    ) -> CustomerView:
        """Take over some differences with the register as their source, and reject the others that are open.

        Args:
            customer_id: whose look-up it is.
            lookup_id: which one.
            accepted: ids of its differences.
            expected: version of the live customer that was looked at.

        Raises:
            ProblemError: 400 for an id that is not open there; 403, 404; 409 `lookupClosed`, or one of a change of a
                customer; 412.
        """
        work = self._work
        file = await self._customers.file(customer_id)
        await work.access.require_link("customer", file.id)
        lookup = await work.uow.fetchrow(sql.LOCKED, lookup_id, file.members)
        if lookup is None:
            raise not_found("enrichment")
        stored = from_rows(await work.uow.fetch(sql.DIFFERENCES, [lookup_id]), work.keys)
        taken = _chosen(stored, accepted)
        view = await self._adopted(file.id, lookup["register"], taken, expected)
        await work.uow.execute(sql.DECIDE, lookup_id, list(accepted))
        await work.uow.execute(sql.DECIDED, lookup_id, work.now, work.actor)
        return view

    async def _adopted(self, customer_id: UUID, source: str, taken: list[Stored], expected: int) -> CustomerView:
        """The profile with what was accepted; unchanged when nothing was."""
        if not taken:
            view = await self._customers.get(customer_id)
            check_version(expected, view.version)
            return view
        contents = [one.content for one in taken if one.content]
        ends = frozenset(fact for content in contents for fact in content.ends)
        fields = tuple(sorted({one.field for one in taken}))
        adoption = adoption_of(source, [content.taken for content in contents], ends, fields)
        return await self._customers.adopt(customer_id, adoption, expected)


def _chosen(stored: list[Stored], accepted: tuple[UUID, ...]) -> list[Stored]:
    """The differences that are accepted; all of them are open."""
    still_open = {one.id: one for one in stored if one.decision == "open"}
    if not still_open:
        raise lookup_closed()
    for place, wanted in enumerate(accepted):
        if wanted not in still_open:
            raise unknown_reference(f"differences[{place}]", "No open difference of this look-up.")
    return [still_open[one] for one in dict.fromkeys(accepted)]


def _fields(views: list[EnrichmentView]) -> list[str]:
    return sorted({one.field for view in views for one in view.differences})


async def plan_new(work: Work, registers: Registers) -> int:
    """Have customers looked up who came lately with a number that a coupled register knows; gives how many."""
    ways = [(kind, number) for kind, every in WAYS.items() for one, number in every if registers.coupled(one)]
    since = _first_id(work.now - LATELY)
    kinds, types = [kind for kind, _ in ways], [number for _, number in ways]
    rows = await work.uow.fetch(sql.WAITING, since, kinds, types, LOOK_UP, MOST)
    for row in rows:
        work.outbox.add(LOOK_UP, work.now, customer=row["id"])
    return len(rows)


async def forget_undecided(work: Work) -> str:
    """Drop what registers said and nobody decided about in time; gives PostgreSQL's command tag."""
    return await work.uow.execute(sql.FORGET, _first_id(work.now - timedelta(days=KEEP_DAYS)))


def _first_id(moment: datetime) -> UUID:
    """Below every id that was made from this moment on: ids begin with the time."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
