"""Resource: questions (guided questions that were put about them)."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.contacts.guiding.schemas import FlowAttach
from backend.contacts.guiding.service import GuidingService
from backend.contacts.life.controllers import VERB, page_of, provide_questions
from backend.contacts.life.service import Holding
from backend.contacts.questions.schemas import QuestionView
from backend.contacts.questions.service import QuestionService
from backend.kit.etag import ETAG
from backend.kit.operation import post
from backend.kit.work import Work


def provide_guiding(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> GuidingService:
    """Dependency `guiding`."""
    platform = request.app.state.platform
    return GuidingService(work, Holding(work, platform.placer(work)), platform.guide(work))


class GuidingController(Controller):
    """Guided questions at a question that exists."""

    path = "/questions/{question_id:uuid}"
    tags = ["contacts"]
    dependencies = {
        "guiding": Provide(provide_guiding, sync_to_thread=False),
        "questions": Provide(provide_questions, sync_to_thread=False),
    }

    @post("/flow", problems=VERB, status_code=200, response_headers=[ETAG])
    async def attach_flow(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[FlowAttach],
        guiding: NamedDependency[GuidingService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Keep with a question what its customer answered to guided questions.

        The answers on the path are added to `structuredAnswers`. A second time `assistance` is replaced; the timeline
        says which flow it was before. The question stays where it is. 409 for one that is closed or withdrawn.
        """
        await guiding.attach(question_id, data, expected)
        return await page_of(questions, question_id)
