"""Following up parts that are late: the chain of their term, each step an event of the question and a notice."""

from collections.abc import Mapping
from uuid import UUID

from backend.contacts.contributions.rules import running
from backend.contacts.contributions.service.statements import DUE, NOW, STEP
from backend.contacts.life.service import Holding
from backend.contacts.life.service.parts import working_on
from backend.contacts.notices.service import NoticeService
from backend.contacts.rules import Placer, Verb
from backend.kit.work import Work


class FollowUp:
    """The sweep over open contributions.

    Args:
        work: the unit of work of the platform itself.
        placer: knows the terms that were agreed on.
        heads: department -> its head, as far as one is named.
    """

    def __init__(self, work: Work, placer: Placer, heads: Mapping[UUID, UUID]) -> None:
        self._work = work
        self._placer = placer
        self._heads = heads
        self._holding = Holding(work, placer)

    async def run(self) -> int:
        """Take the steps that are due, one of each part; gives how many."""
        rows = await self._work.uow.fetch(DUE, self._work.now)
        done = [await self._step(row["id"], row["question_id"]) for row in rows]
        return sum(done)

    async def _step(self, contribution_id: UUID, question_id: UUID) -> bool:
        """One step of one part; False when it ended, or somebody else took the step meanwhile."""
        held = await self._holding.lock(question_id, None)
        part = await self._work.uow.fetchrow(NOW, contribution_id)
        if part is None or part["state"] != "open" or part["escalate_at"] > self._work.now:
            return False
        terms = await self._placer.terms([part["term_id"]])
        clock = running(part["asked_at"], part["deadline"], terms[part["term_id"]])
        step: int = part["escalation"]
        await self._work.uow.execute(STEP, contribution_id, step + 1, clock.step(step + 1))
        data = {"contributionId": str(part["id"]), "departmentId": str(part["department_id"]), "step": step}
        await self._holding.apply(Verb.REMIND, held, data=data)
        department = part["department_id"]
        head = self._heads.get(department)
        who = await working_on(self._work, department, part["assignee_id"], step=step, head_id=head)
        await NoticeService(self._work).tell(who, question_id, "contributionDue")
        return True
