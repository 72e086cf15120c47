"""Resource: questions (calling back)."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.contacts.calls.schemas import CallAttemptCreate, CallBackPlan
from backend.contacts.calls.service import CallService
from backend.contacts.life.controllers import VERB, page_of, provide_life, provide_questions
from backend.contacts.life.service import LifeService
from backend.contacts.questions.schemas import QuestionView
from backend.contacts.questions.service import QuestionService
from backend.crm.customers.service import CustomerService
from backend.kit.etag import ETAG
from backend.kit.operation import post
from backend.kit.work import Work


def provide_calls(
    request: Request[Any, Any, Any], work: NamedDependency[Work], life: NamedDependency[LifeService]
) -> CallService:
    """Dependency `calls`."""
    return CallService(work, request.app.state.platform.placer(work), life, CustomerService(work))


class CallController(Controller):
    """Calling customers back."""

    path = "/questions/{question_id:uuid}"
    tags = ["contacts"]
    dependencies = {
        "life": Provide(provide_life, sync_to_thread=False),
        "calls": Provide(provide_calls, sync_to_thread=False),
        "questions": Provide(provide_questions, sync_to_thread=False),
    }

    @post("/callBack", problems=VERB, status_code=200, response_headers=[ETAG])
    async def plan_call_back(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[CallBackPlan],
        calls: NamedDependency[CallService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Plan to call the customer back: at a moment that the customer offered, or at another one with a reason.

        Whoever has the question calls; a question that nobody has goes to who plans it.
        """
        await calls.plan(question_id, data, expected)
        return await page_of(questions, question_id)

    @post("/callAttempts", problems=VERB, status_code=200, response_headers=[ETAG])
    async def register_call_attempt(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[CallAttemptCreate],
        calls: NamedDependency[CallService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Register a call to the customer and its outcome; with `answer` the question is answered by phone at once.

        Not reached: the next attempt is planned, in the next window of the customer, else in the next half working
        day. After three attempts in vain the answer goes by e-mail, else by letter; who has an address gets a mail.
        """
        await calls.register(question_id, data, expected)
        return await page_of(questions, question_id)
