"""Who acts for whom: recorded, shown from both sides, ended."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from uuid_utils.compat import uuid7

from backend.crm.customers.service import CustomerFile, CustomerService
from backend.crm.representation import rules
from backend.crm.representation.errors import representation_ended, representation_exists
from backend.crm.representation.rules import Direction
from backend.crm.representation.schemas import (
    PartyName,
    PartyView,
    RepresentationCreate,
    RepresentationPage,
    RepresentationView,
)
from backend.crm.representation.service.parties import names, parties
from backend.crm.representation.service.statements import ADD, END, EXISTS, LIST, ONE
from backend.crm.rules import Source
from backend.kit.clock import BRUSSELS
from backend.kit.db import Row, UniqueViolation
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import ProblemError, invalid_input, not_found, unknown_reference
from backend.kit.schema import given
from backend.kit.work import Work

__all__ = ["RepresentationService", "names", "parties"]

NOT_FOUND = 404
SHOWN = ("displayName", "contactPoints", "representations")
"""Personal data of the other side in a view, for the audit log."""
_SCOPE = "representations"


class RepresentationService:
    """Representations of customers; both sides may have been merged since: each stands for the file it is in now.

    Args:
        work: the unit of work and its surroundings.
        customers: tells which customers are one file.
    """

    def __init__(self, work: Work, customers: CustomerService) -> None:
        self._work = work
        self._customers = customers

    async def create(
        self, customer_id: UUID, data: RepresentationCreate, *, source: Source = "agent"
    ) -> RepresentationView:
        """Record that one acts for the other.

        Raises:
            ProblemError: 400: not exactly one other side, an unknown one, oneself, a role that does not fit; 404;
                409 `representationExists`.
        """
        field, other_id = _other_side(data)
        file = await self._customers.file(customer_id)
        other = await self._known(other_id, field)
        if other.id == file.id:
            raise rules.oneself(field)
        acting, served = (file, other) if field == "representedId" else (other, file)
        known = await parties(self._work, [file.id, other.id])
        rules.check_role(data.role, known[acting.id].kind, known[served.id].kind)
        rules.check_period(given(data.valid_from), given(data.valid_to))
        uow, made = self._work.uow, uuid7()
        if await uow.fetchval(EXISTS, acting.members, served.members, data.role):
            raise representation_exists()
        values = (given(data.note), given(data.valid_from), given(data.valid_to), source)
        try:
            await uow.execute(ADD, made, acting.id, served.id, data.role, *values, self._work.now, self._work.actor)
        except UniqueViolation:
            raise representation_exists() from None
        self._work.trail.record("customer", [file.id, other.id], fields=SHOWN)
        return await self._view(made, file)

    async def page(
        self, customer_id: UUID, page: PageRequest, *, direction: Direction | None = None, ended: bool = False
    ) -> RepresentationPage:
        """Whom this customer acts for and who acts for it, the latest recorded first; 404.

        Args:
            customer_id: any customer of the file.
            page: which page.
            direction: only one side.
            ended: with those that have ended.
        """
        file = await self._customers.file(customer_id)
        after = decode_cursor(page.cursor, (UUID,), scope=_SCOPE)[0] if page.cursor else None
        rows = await self._work.uow.fetch(LIST, file.members, direction, ended, after, page.limit + 1)
        views = await self._views(rows[: page.limit], file.members)
        self._work.trail.record("customer", [file.id], fields=["representations"])
        if len(rows) > page.limit:
            return RepresentationPage(items=views, next=encode_cursor((views[-1].id,), scope=_SCOPE))
        return RepresentationPage(items=views)

    async def of_customer(
        self, members: Collection[UUID], *, most: int, ended: bool = False
    ) -> list[RepresentationView]:
        """Of all customers of a file, the latest recorded first."""
        rows = await self._work.uow.fetch(LIST, list(members), None, ended, None, most)
        return await self._views(rows, members)

    async def end(self, customer_id: UUID, representation_id: UUID, reason: str) -> RepresentationView:
        """It holds no longer; the row stays. 404 (also when it is of another customer), 409 `representationEnded`."""
        file = await self._customers.file(customer_id)
        row = await self._work.uow.fetchrow(f"{ONE} FOR UPDATE", representation_id, file.members)
        if row is None:
            raise not_found("representation")
        if row["ended_at"] is not None:
            raise representation_ended()
        await self._work.uow.execute(END, representation_id, self._work.now, self._work.actor, reason)
        self._work.trail.record("customer", [file.id], fields=["representations"])
        return await self._view(representation_id, file)

    async def named(self, ids: Collection[UUID]) -> dict[UUID, PartyName]:
        """Name and kind of customers, by the id that was asked; of a merged one those of the file it lives on in.

        Every name is an entry in the audit log.
        """
        found = await names(self._work, ids)
        self._work.trail.record("customer", sorted({one.id for one in found.values()}), fields=["displayName"])
        return found

    async def _known(self, customer_id: UUID, field: str) -> CustomerFile:
        try:
            return await self._customers.file(customer_id)
        except ProblemError as error:
            if error.status != NOT_FOUND:
                raise
            raise unknown_reference(field, "No such customer.") from None

    async def _view(self, representation_id: UUID, file: CustomerFile) -> RepresentationView:
        rows = await self._work.uow.fetch(ONE, representation_id, file.members)
        return (await self._views(rows, file.members))[0]

    async def _views(self, rows: list[Row], members: Collection[UUID]) -> list[RepresentationView]:
        """Rows as this side sees them; every other side shown is an entry in the audit log."""
        ours, today = frozenset(members), self._work.now.astimezone(BRUSSELS).date()
        sides = [row["represented_id" if row["representative_id"] in ours else "representative_id"] for row in rows]
        known = await parties(self._work, sides)
        self._work.trail.record("customer", sorted({known[side].id for side in sides}), fields=SHOWN)
        others = await self._work.access.project_all("customer", [known[side] for side in sides], sides)
        return [
            _seen(row, other, acts=row["representative_id"] in ours, today=today)
            for row, other in zip(rows, others, strict=True)
        ]


def _other_side(data: RepresentationCreate) -> tuple[str, UUID]:
    """The field that names the other side, and its id; 400 unless there is exactly one."""
    represented, representative = given(data.represented_id), given(data.representative_id)
    if represented is not None and representative is None:
        return "representedId", represented
    if representative is not None and represented is None:
        return "representativeId", representative
    raise invalid_input("Give representedId or representativeId, not both.", name="representedId")


def _seen(row: Row, other: PartyView, *, acts: bool, today: date) -> RepresentationView:
    return RepresentationView(
        id=row["id"],
        direction="represents" if acts else "representedBy",
        role=row["role"],
        other=other,
        active=rules.holds(row["valid_from"], row["valid_to"], row["ended_at"], today),
        note=row["note"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        source=row["source"],
        recorded_at=row["recorded_at"],
        ended_at=row["ended_at"],
        end_reason=row["end_reason"],
    )
