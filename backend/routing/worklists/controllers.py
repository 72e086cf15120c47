"""Resources: worklists; questions (the verbs of ownership)."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody

from backend.contacts.life.controllers import VERB, page_of, provide_life, provide_questions
from backend.contacts.life.service import LifeService
from backend.contacts.questions.schemas import QuestionPage, QuestionView
from backend.contacts.questions.service import QuestionService
from backend.kit.etag import ETAG
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work
from backend.routing.rules import Worklist
from backend.routing.worklists.schemas import Assign, Forward, Return
from backend.routing.worklists.service import WorklistService

DEPENDENCIES: dict[str, Any] = {
    "life": Provide(provide_life, sync_to_thread=False),
    "questions": Provide(provide_questions, sync_to_thread=False),
}


def provide_worklists(work: NamedDependency[Work], questions: NamedDependency[QuestionService]) -> WorklistService:
    """Dependency `worklists`."""
    return WorklistService(work, questions)


class WorklistController(Controller):
    """Worklists."""

    path = "/worklists"
    tags = ["routing"]
    dependencies = {**DEPENDENCIES, "worklists": Provide(provide_worklists, sync_to_thread=False)}

    @get("/{worklist:str}")
    async def list_worklist(
        self,
        worklist: FromPath[Worklist],
        worklists: NamedDependency[WorklistService],
        page: NamedDependency[PageRequest],
        department: FromQuery[UUID | None] = None,
    ) -> QuestionPage:
        """Open questions by priority and deadline: `mine`, `department`, `unassigned` or `overdue`."""
        return await worklists.page(worklist, department, page)


class OwnershipController(Controller):
    """Who has the question."""

    path = "/questions/{question_id:uuid}"
    tags = ["routing"]
    dependencies = DEPENDENCIES

    @post("/claim", problems=VERB, status_code=200, response_headers=[ETAG])
    async def claim_question(
        self,
        question_id: FromPath[UUID],
        life: NamedDependency[LifeService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Take a question of your own department."""
        await life.claim(question_id, expected)
        return await page_of(questions, question_id)

    @post("/assign", problems=VERB, status_code=200, response_headers=[ETAG])
    async def assign_question(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[Assign],
        life: NamedDependency[LifeService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Give a question to a member of its department."""
        await life.assign(question_id, data.user_id, expected)
        return await page_of(questions, question_id)

    @post("/forward", problems=VERB, status_code=200, response_headers=[ETAG])
    async def forward_question(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[Forward],
        life: NamedDependency[LifeService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Pass a question to another department; the customer gets a recap."""
        await life.forward(question_id, data.department_id, data.reason, expected)
        return await page_of(questions, question_id)

    @post("/return", problems=VERB, status_code=200, response_headers=[ETAG])
    async def return_question(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[Return],
        life: NamedDependency[LifeService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Give a question back to the contact centre, with the reason."""
        await life.give_back(question_id, data.reason, expected)
        return await page_of(questions, question_id)
