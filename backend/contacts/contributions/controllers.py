"""Resources: contributions of a question, as its owner handles them; contributions, as those who are asked do."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.contacts.contributions.rules import ContributionState, Only
from backend.contacts.contributions.schemas import (
    ComposedAnswer,
    ContributionAssign,
    ContributionDecline,
    ContributionDrop,
    ContributionGive,
    ContributionList,
    ContributionPage,
    ContributionPatch,
    ContributionsAsk,
    ContributionTask,
)
from backend.contacts.contributions.service import AskingService, GivingService
from backend.contacts.life.controllers import VERB, page_of, provide_questions
from backend.contacts.questions.schemas import QuestionView
from backend.contacts.questions.service import QuestionService
from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import get, patch, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_asking(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> AskingService:
    """Dependency `asking`."""
    return AskingService(work, request.app.state.platform.placer(work))


def provide_giving(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> GivingService:
    """Dependency `giving`."""
    return GivingService(work, request.app.state.platform.placer(work))


class AskingController(Controller):
    """What the owner of a question asks of other departments."""

    path = "/questions/{question_id:uuid}"
    tags = ["contacts"]
    dependencies = {
        "asking": Provide(provide_asking, sync_to_thread=False),
        "questions": Provide(provide_questions, sync_to_thread=False),
    }

    @post("/contributions", problems=[404, 409, 412, 422, 428])
    async def ask_contributions(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[ContributionsAsk],
        asking: NamedDependency[AskingService],
        once: NamedDependency[Once],
        expected: NamedDependency[int],
    ) -> Response[ContributionList]:
        """Ask one or more departments for their part of the answer, each with its own deadline.

        The question stays with its owner, who composes one answer; until then it waits for the parts. A department
        owes one part of a question at a time (409 `contributionExists`). `version` is that of the question.
        """
        return await once.run(
            {"questionId": question_id, "asked": data}, lambda: asking.ask(question_id, data, expected)
        )

    @get("/contributions", problems=[404], response_headers=[ETAG])
    async def list_question_contributions(
        self, question_id: FromPath[UUID], asking: NamedDependency[AskingService]
    ) -> Response[ContributionList]:
        """Every part of the answer that was ever asked, given or not, in that order."""
        found = await asking.of_question(question_id)
        return tagged(found, found.version)

    @patch("/contributions/{contribution_id:uuid}", response_headers=[ETAG])
    async def change_contribution(
        self,
        *,
        question_id: FromPath[UUID],
        contribution_id: FromPath[UUID],
        data: JSONBody[ContributionPatch],
        asking: NamedDependency[AskingService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Give a department more or less time for its part; `If-Match` is the version of the question."""
        await asking.change(question_id, contribution_id, data.deadline, expected)
        return await page_of(questions, question_id)

    @post("/contributions/{contribution_id:uuid}/drop", problems=VERB, status_code=200, response_headers=[ETAG])
    async def drop_contribution(
        self,
        *,
        question_id: FromPath[UUID],
        contribution_id: FromPath[UUID],
        data: JSONBody[ContributionDrop],
        asking: NamedDependency[AskingService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Do without a part, and say why; `If-Match` is the version of the question."""
        await asking.drop(question_id, contribution_id, data.reason, expected)
        return await page_of(questions, question_id)

    @post("/answer/compose", problems=[404], status_code=200)
    async def compose_answer(
        self, question_id: FromPath[UUID], asking: NamedDependency[AskingService]
    ) -> ComposedAnswer:
        """A draft of the answer: the parts given since the last answer, each under the name of its department."""
        return await asking.compose(question_id)


class ContributionController(Controller):
    """What a department is asked for."""

    path = "/contributions"
    tags = ["contacts"]
    dependencies = {"giving": Provide(provide_giving, sync_to_thread=False)}

    @get()
    async def list_contributions(
        self,
        *,
        giving: NamedDependency[GivingService],
        page: NamedDependency[PageRequest],
        department: Annotated[UUID | None, QueryParameter(description="Asked of this department of yours")] = None,
        found: Annotated[ContributionState, QueryParameter(name="state", description="In this state")] = "open",
        only: Annotated[
            Only | None, QueryParameter(description="Taken on by you, by nobody, or past their deadline")
        ] = None,
    ) -> ContributionPage:
        """Parts asked of your department, the earliest deadline first; `mine` is over all your departments."""
        return await giving.page(department, page, state=found, only=only)

    @get("/{contribution_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_contribution(
        self, contribution_id: FromPath[UUID], giving: NamedDependency[GivingService]
    ) -> Response[ContributionTask]:
        """One contribution, for who sees the question and for the department that was asked."""
        return await _page(giving, contribution_id)

    @post("/{contribution_id:uuid}/claim", problems=VERB, status_code=200, response_headers=[ETAG])
    async def claim_contribution(
        self,
        contribution_id: FromPath[UUID],
        giving: NamedDependency[GivingService],
        expected: NamedDependency[int],
    ) -> Response[ContributionTask]:
        """Take on a part that your department was asked for."""
        await giving.claim(contribution_id, expected)
        return await _page(giving, contribution_id)

    @post("/{contribution_id:uuid}/assign", problems=VERB, status_code=200, response_headers=[ETAG])
    async def assign_contribution(
        self,
        contribution_id: FromPath[UUID],
        data: JSONBody[ContributionAssign],
        giving: NamedDependency[GivingService],
        expected: NamedDependency[int],
    ) -> Response[ContributionTask]:
        """Give it to a member of the department that was asked."""
        await giving.assign(contribution_id, data.user_id, expected)
        return await _page(giving, contribution_id)

    @post("/{contribution_id:uuid}/give", problems=VERB, status_code=200, response_headers=[ETAG])
    async def give_contribution(
        self,
        contribution_id: FromPath[UUID],
        data: JSONBody[ContributionGive],
        giving: NamedDependency[GivingService],
        expected: NamedDependency[int],
    ) -> Response[ContributionTask]:
        """Give the part of your department; 409 `contributionEnded` when nobody waits for it any more."""
        await giving.give(contribution_id, data.text, expected)
        return await _page(giving, contribution_id)

    @post("/{contribution_id:uuid}/decline", problems=VERB, status_code=200, response_headers=[ETAG])
    async def decline_contribution(
        self,
        contribution_id: FromPath[UUID],
        data: JSONBody[ContributionDecline],
        giving: NamedDependency[GivingService],
        expected: NamedDependency[int],
    ) -> Response[ContributionTask]:
        """Say why your department gives no part, or what it needs to know first; the owner reads it and can ask again.

        It is the way to ask something back, too: the question may be shielded from those who are asked.
        """
        await giving.decline(contribution_id, data.reason, expected)
        return await _page(giving, contribution_id)


async def _page(giving: GivingService, contribution_id: UUID) -> Response[ContributionTask]:
    """The contribution as it is after a verb."""
    view = await giving.get(contribution_id)
    return tagged(view, view.version)
