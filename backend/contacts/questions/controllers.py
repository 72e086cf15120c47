"""Resource: questions (reading)."""

from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.contacts.questions.schemas import QuestionView, Reference
from backend.contacts.questions.service import QuestionService
from backend.crm.customers.service import CustomerService
from backend.kit.etag import ETAG, tagged
from backend.kit.operation import get, post
from backend.kit.work import Work


def provide_questions(work: NamedDependency[Work]) -> QuestionService:
    """Dependency `questions`."""
    return QuestionService(work, CustomerService(work))


class QuestionController(Controller):
    """Questions."""

    path = "/questions"
    tags = ["contacts"]
    dependencies = {"questions": Provide(provide_questions, sync_to_thread=False)}

    @get("/{question_id:uuid}", problems=[404], response_headers=[ETAG], keep_plans=True)
    async def get_question(
        self, question_id: FromPath[UUID], questions: NamedDependency[QuestionService]
    ) -> Response[QuestionView]:
        """One question with everything said and done about it, and its customer."""
        view = await questions.get(question_id)
        return tagged(view, view.version)

    @post("/query", problems=[404], status_code=200, response_headers=[ETAG], keep_plans=True)
    async def find_question(
        self, data: JSONBody[Reference], questions: NamedDependency[QuestionService]
    ) -> Response[QuestionView]:
        """The question with this reference, as the customer read it aloud or typed it."""
        view = await questions.find(data.reference)
        return tagged(view, view.version)
