"""Resources: worklists; questions (the verbs of ownership)."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from backend.contacts.life.controllers import VERB, page_of, provide_life, provide_questions
from backend.contacts.life.service import LifeService
from backend.contacts.lists.rules import OpenState, Sort, Worklist
from backend.contacts.lists.schemas import Filters
from backend.contacts.questions.schemas import QuestionPage, QuestionView
from backend.contacts.questions.service import QuestionService
from backend.contacts.rules import Channel, Kind, Priority
from backend.kit.etag import ETAG
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.schema import Moment
from backend.kit.work import Work
from backend.routing.worklists.schemas import Assign, Forward, Return, WorklistCounts
from backend.routing.worklists.service import WorklistService

DEPARTMENT = "Of this department of yours; your first one when left out"
SORT = (
    "`priority` (then deadline), `deadline`, `created`, or `moved` (longest without movement first); `planned` (the "
    "call-back or appointment) for `mine` and `callBacks`. Left out: `planned` for `callBacks`, otherwise `priority`"
)
DEPENDENCIES: dict[str, Any] = {
    "life": Provide(provide_life, sync_to_thread=False),
    "questions": Provide(provide_questions, sync_to_thread=False),
}


def provide_worklists(work: NamedDependency[Work]) -> WorklistService:
    """Dependency `worklists`."""
    return WorklistService(work)


class WorklistController(Controller):
    """Worklists."""

    path = "/worklists"
    tags = ["routing"]
    dependencies = {"worklists": Provide(provide_worklists, sync_to_thread=False)}

    @get("/counts", keep_plans=True, in_order=True)
    async def count_worklists(
        self,
        worklists: NamedDependency[WorklistService],
        department: Annotated[UUID | None, QueryParameter(description=DEPARTMENT)] = None,
    ) -> WorklistCounts:
        """How many questions are on each worklist, up to a thousand and then `more`."""
        return await worklists.counts(department)

    @get("/{worklist:str}", keep_plans=True, in_order=True)
    async def list_worklist(
        self,
        worklist: FromPath[Worklist],
        worklists: NamedDependency[WorklistService],
        page: NamedDependency[PageRequest],
        department: Annotated[UUID | None, QueryParameter(description=DEPARTMENT)] = None,
        sort: Annotated[Sort | None, QueryParameter(description=SORT)] = None,
        kind: Annotated[Kind | None, QueryParameter(description="Of this kind")] = None,
        channel: Annotated[Channel | None, QueryParameter(description="That came over this channel")] = None,
        product: Annotated[UUID | None, QueryParameter(description="About this product")] = None,
        priority: Annotated[Priority | None, QueryParameter(description="Of this priority")] = None,
        open_state: Annotated[OpenState | None, QueryParameter(name="state", description="In this state")] = None,
        assignee: Annotated[UUID | None, QueryParameter(description="That this colleague has")] = None,
        created_since: Annotated[
            Moment | None, QueryParameter(name="createdSince", description="Asked at this moment or later")
        ] = None,
        created_until: Annotated[
            Moment | None, QueryParameter(name="createdUntil", description="Asked before this moment")
        ] = None,
    ) -> QuestionPage:
        """Open questions: mine, or those of a department.

        `department`: all of them; `unassigned`: nobody has it; `dueSoon`: due today or the next working day;
        `overdue`: past the deadline; `waiting`: for the customer; `escalated`: past the deadline, and a step of the
        escalation done; `callBacks`: call-backs and appointments planned until the end of today.
        """
        filters = Filters(
            kind=kind or UNSET,
            channel=channel or UNSET,
            product_id=product or UNSET,
            priority=priority or UNSET,
            state=open_state or UNSET,
            assignee_id=assignee or UNSET,
            created_since=created_since or UNSET,
            created_until=created_until or UNSET,
        )
        return await worklists.page(worklist, department, sort, filters, page)


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
