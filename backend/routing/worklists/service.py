"""Worklists of a person and of a department."""

from uuid import UUID

from backend.contacts.lists.rules import USUAL, WORKLISTS, Sort, Worklist, in_order, sorts
from backend.contacts.lists.schemas import Filters
from backend.contacts.lists.service import COUNTED, QuestionLists, Scope
from backend.contacts.questions.schemas import QuestionPage
from backend.kit.paging import PageRequest
from backend.kit.problems import forbidden, invalid_input
from backend.kit.work import Work
from backend.routing.worklists.schemas import WorklistCount, WorklistCounts

NONE = WorklistCount(count=0)


class WorklistService:
    """Open questions, most urgent first unless asked otherwise."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lists = QuestionLists(work)

    async def page(
        self, worklist: Worklist, department_id: UUID | None, sort: Sort | None, filters: Filters, page: PageRequest
    ) -> QuestionPage:
        """One page of a worklist; 403 for a department the person does not belong to, 400 for another order.

        Args:
            worklist: which list.
            department_id: of which department; the person's first one when left out. Not used for `mine`.
            sort: the order; the usual one of the list when left out.
            filters: what narrows the list.
            page: limit and cursor.
        """
        order = sort or USUAL.get(worklist, "priority")
        if order not in sorts(worklist):
            raise invalid_input("This list has no such order.", where="query", name="sort")
        mine = worklist == "mine"
        scope = (
            Scope(person=self._work.who.id) if mine else Scope(departments=[self._own(department_id or self._first())])
        )
        return await self._lists.page(
            scope,
            WORKLISTS[worklist],
            order,
            page,
            name=worklist,
            filters=filters,
            in_order=in_order(worklist, order),
        )

    async def counts(self, department_id: UUID | None) -> WorklistCounts:
        """How many questions are on each worklist; 403 for a department the person does not belong to.

        Without any department only the person's own list has some.
        """
        department = department_id or self._first()
        found = await self._lists.counts(self._work.who.id, self._own(department) if department else None)
        self._work.trail.record("department", [department])
        counts = {name: WorklistCount(count=min(n, COUNTED), more=n > COUNTED) for name, n in found.items()}
        return WorklistCounts(
            mine=counts["mine"],
            department=counts.get("department", NONE),
            unassigned=counts.get("unassigned", NONE),
            due_soon=counts.get("dueSoon", NONE),
            overdue=counts.get("overdue", NONE),
            waiting=counts.get("waiting", NONE),
            escalated=counts.get("escalated", NONE),
            call_backs=counts.get("callBacks", NONE),
        )

    def _own(self, department_id: UUID | None) -> UUID:
        """A department whose questions the person handles; 403."""
        if department_id is None or not self._work.access.insider(department_id):
            raise forbidden("You do not handle questions of that department.")
        return department_id

    def _first(self) -> UUID | None:
        """The first department whose questions the person handles, in a stable order."""
        return min(filter(self._work.access.insider, self._work.who.departments), default=None)
