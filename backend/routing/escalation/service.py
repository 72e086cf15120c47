"""Taking the steps of the chain that are due."""

from uuid import UUID

import msgspec
import structlog

from backend.contacts.life.service import Held, Holding
from backend.contacts.notices.service import NoticeService
from backend.contacts.rules import Placer, Verb
from backend.identity.staff.service import StaffService
from backend.kit.work import BATCH, Work
from backend.routing.escalation.rules import Colleagues, audience, heads_above, kind
from backend.routing.levels.service import read_heads

log = structlog.get_logger("sweep")

_DUE = f"""
SELECT id FROM question
 WHERE state IN ('new', 'inProgress', 'waitingForCustomer') AND escalate_at <= $1
 ORDER BY escalate_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED
"""
_DEPARTMENTS = "SELECT id, parent_id, kind FROM department"


class _Tree(msgspec.Struct, frozen=True, kw_only=True):
    """Departments and their heads, at one moment."""

    parents: dict[UUID, UUID | None]
    heads: dict[UUID, UUID]
    centre: UUID | None


class EscalationService:
    """The sweep over open questions whose next step is due.

    Args:
        work: the unit of work of the platform itself.
        placer: knows the terms that were agreed on.
    """

    def __init__(self, work: Work, placer: Placer) -> None:
        self._work = work
        self._holding = Holding(work, placer)
        self._staff = StaffService(work)
        self._notices = NoticeService(work)

    async def sweep(self) -> int:
        """Take one step of each question, the longest due first; gives how many, at most `BATCH`."""
        rows = await self._work.uow.fetch(_DUE, self._work.now)
        if rows:
            tree = await self._tree()
            for row in rows:
                await self._step(await self._holding.lock(row["id"], None), tree)
        return len(rows)

    async def _step(self, held: Held, tree: _Tree) -> None:
        """One step: whoever it is for is told, and the timeline says to whom."""
        step = held.standing.escalation
        told: frozenset[UUID] = frozenset()
        for group in audience(step, await self._colleagues(held, tree)):
            if told := await self._notices.tell(group, held.id, kind(step)):
                break
        else:
            log.warning("nobody_to_tell", question=str(held.id), step=step)
        data = {"step": step, "to": sorted(map(str, told))}
        await self._holding.apply(Verb.ESCALATE, held, data=data)

    async def _colleagues(self, held: Held, tree: _Tree) -> Colleagues:
        department = held.standing.department_id
        return Colleagues(
            assignee=held.standing.assignee_id,
            leads=await self._staff.leads(department),
            heads=heads_above(department, tree.heads, tree.parents),
            centre=await self._staff.leads(tree.centre) if tree.centre else [],
            members=await self._staff.members(department),
        )

    async def _tree(self) -> _Tree:
        rows = await self._work.uow.fetch(_DEPARTMENTS)
        return _Tree(
            parents={row["id"]: row["parent_id"] for row in rows},
            heads=await read_heads(self._work.uow),
            centre=next((row["id"] for row in rows if row["kind"] == "frontOffice"), None),
        )
