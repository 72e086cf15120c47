"""Resource: questions (whose they are)."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.contacts.life.controllers import VERB, page_of, provide_questions
from backend.contacts.life.service import Holding
from backend.contacts.questions.schemas import QuestionView
from backend.contacts.questions.service import QuestionService
from backend.contacts.senders.schemas import Identification, SenderSuggestions
from backend.contacts.senders.service import SenderService
from backend.crm.customers.service import CustomerService
from backend.crm.finding.service import FindingService
from backend.kit.etag import ETAG
from backend.kit.operation import get, post
from backend.kit.work import Work


def provide_senders(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> SenderService:
    """Dependency `senders`."""
    customers = CustomerService(work)
    return SenderService(work, customers, FindingService(work, customers, request.app.state.platform.asker(work)))


def provide_holding(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Holding:
    """Dependency `holding`."""
    return Holding(work, request.app.state.platform.placer(work))


class SenderController(Controller):
    """Whose question it is."""

    path = "/questions/{question_id:uuid}"
    tags = ["contacts"]
    dependencies = {
        "senders": Provide(provide_senders, sync_to_thread=False),
        "holding": Provide(provide_holding, sync_to_thread=False),
        "questions": Provide(provide_questions, sync_to_thread=False),
    }

    @get("/senderSuggestions", problems=[404])
    async def get_sender_suggestions(
        self, question_id: FromPath[UUID], senders: NamedDependency[SenderService]
    ) -> SenderSuggestions:
        """Customers with the address from which the question came; nobody is linked by an address alone."""
        return await senders.suggestions(question_id)

    @post("/identify", problems=VERB, status_code=200, response_headers=[ETAG])
    async def identify_question(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[Identification],
        senders: NamedDependency[SenderService],
        holding: NamedDependency[Holding],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Say whose question it is; it and the contacts in which it was asked become that customer's.

        409 `alreadyIdentified` when it is another customer's.
        """
        await senders.identify(holding, question_id, data.customer_id, expected)
        return await page_of(questions, question_id)
