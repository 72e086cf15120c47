"""What happened to a question, a case or a customer, and what Mijn Burgerprofiel has to hear of it.

Only that there is something to tell is written down here: what that is, is read when it is told, so that an old story
never comes after a newer one. The sweep finds what no event told of.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from backend.cases.dossiers.rules import PUSH
from backend.cases.dossiers.service import statements as sql
from backend.cases.events import CaseReported
from backend.contacts.events import QuestionMoved, QuestionRegistered
from backend.crm.customers.service import CustomerService
from backend.crm.events import CustomersMerged, CustomersSplit, StatusSharingChanged
from backend.crm.sharing.service import shares
from backend.kit.reach import EVERYTHING
from backend.kit.work import BATCH, Work

LATELY = timedelta(days=1)


class Follower:
    """Listens; in the transaction of what happened.

    Args:
        work: the unit of work.
        customers: the customers, in the same unit of work.
    """

    def __init__(self, work: Work, customers: CustomerService) -> None:
        self._work = work
        self._customers = customers

    async def question(self, event: QuestionRegistered | QuestionMoved) -> None:
        """A question is new, or stands otherwise."""
        await self._about(sql.ADD_QUESTION, sql.OF_QUESTION, event.question_id)

    async def case(self, event: CaseReported) -> None:
        """An application told about its case."""
        await self._about(sql.ADD_CASE, sql.OF_CASE, event.case_id)

    async def merged(self, event: CustomersMerged) -> None:
        """One file from now on: with other recipients, and perhaps another decision about sharing."""
        await self._files(event.survivor_id)

    async def split(self, event: CustomersSplit) -> None:
        """Two files again: neither sees what is the other's."""
        await self._files(event.survivor_id, event.restored_id)

    async def sharing(self, event: StatusSharingChanged) -> None:
        """What is open is told, or everything is taken away."""
        await self._files(event.customer_id)

    async def sweep(self) -> int:
        """Find what was missed and what has changed since it was told; gives how many."""
        uow, work = self._work.uow, self._work
        since = UUID(int=int((work.now - LATELY).timestamp() * 1000) << 80)
        await uow.execute(sql.MISSED_QUESTIONS, since, BATCH)
        due = await uow.fetch(sql.DUE, BATCH)
        self._tell(row["id"] for row in due)
        return len(due)

    async def _about(self, add: str, find: str, thing: UUID) -> None:
        async with self._work.uow.reaching(EVERYTHING):
            await self._work.uow.execute(add, thing)
            found = await self._work.uow.fetchval(find, thing)
        if found is not None:
            self._tell([found])

    async def _files(self, *customer_ids: UUID) -> None:
        for customer_id in customer_ids:
            members = (await self._customers.file(customer_id)).members
            async with self._work.uow.reaching(EVERYTHING):
                if await shares(self._work.uow, members):
                    await self._work.uow.execute(sql.ADD_QUESTIONS_OF, members)
                    await self._work.uow.execute(sql.ADD_CASES_OF, members)
                found = await self._of_file(members)
            self._tell(found)

    async def _of_file(self, members: Collection[UUID]) -> Sequence[UUID]:
        return [row["id"] for row in await self._work.uow.fetch(sql.OF_FILE, list(members))]

    def _tell(self, dossiers: Iterable[UUID]) -> None:
        for one in dossiers:
            self._work.outbox.add(PUSH, self._work.now, dossier=one)
