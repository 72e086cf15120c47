"""Worklists of a person and of a department."""

from uuid import UUID

from backend.contacts.questions.schemas import QuestionPage
from backend.contacts.questions.service import QuestionService
from backend.kit.paging import PageRequest
from backend.kit.problems import forbidden
from backend.kit.work import Work
from backend.routing.rules import Worklist


class WorklistService:
    """Open questions, most urgent first."""

    def __init__(self, work: Work, questions: QuestionService) -> None:
        self._work = work
        self._questions = questions

    async def page(self, kind: Worklist, department_id: UUID | None, page: PageRequest) -> QuestionPage:
        """One page of a worklist; 403 for a department the person does not belong to.

        Args:
            kind: which list.
            department_id: of which department; the person's first one when left out. Not used for `mine`.
            page: limit and cursor.
        """
        who = self._work.who
        if kind == "mine":
            return await self._questions.worklist(kind, who.id, page)
        department = department_id or who.department
        if department is None or not self._work.access.insider(department):
            raise forbidden("You do not handle questions of that department.")
        return await self._questions.worklist(kind, department, page)
