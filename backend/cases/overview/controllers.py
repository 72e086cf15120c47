"""Resources: a customer and a question at a glance."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from backend.cases.applications.service import CaseService
from backend.cases.history.service import HistoryService
from backend.cases.overview.schemas import CustomerOverviewView, QuestionOverviewView
from backend.cases.overview.service import CustomerOverviewService, QuestionOverviewService
from backend.cases.preparation.controllers import PREPARING
from backend.cases.preparation.service import PreparationService
from backend.contacts.answer_templates.controllers import provide_templates
from backend.contacts.questions.service import QuestionService
from backend.crm.customers.service import CustomerService
from backend.kit.etag import ETAG, tagged
from backend.kit.operation import get
from backend.kit.work import Work


def provide_customer(work: NamedDependency[Work]) -> CustomerOverviewService:
    """Dependency `overview` of a customer."""
    customers, cases = CustomerService(work), CaseService(work)
    return CustomerOverviewService(work, customers, cases, HistoryService(work, customers, cases))


def provide_question(
    request: Request[Any, Any, Any], work: NamedDependency[Work], preparation: NamedDependency[PreparationService]
) -> QuestionOverviewService:
    """Dependency `overview` of a question."""
    questions = QuestionService(work, CustomerService(work))
    return QuestionOverviewService(work, questions, preparation, provide_templates(request, work))


class CustomerOverviewController(Controller):
    """A customer at a glance."""

    path = "/customers/{customer_id:uuid}/overview"
    tags = ["cases"]
    dependencies = {"overview": Provide(provide_customer, sync_to_thread=False)}

    @get(problems=[404], response_headers=[ETAG], keep_plans=True)
    async def get_customer_overview(
        self, customer_id: FromPath[UUID], overview: NamedDependency[CustomerOverviewService]
    ) -> Response[CustomerOverviewView]:
        """A customer at a glance: profile, who acts for whom, open questions, cases, newest history, possible doubles.

        Of a customer that was merged: the file it lives on in. Everything there is: `getCustomerFile`. The ETag is that
        of the profile.
        """
        view = await overview.get(customer_id)
        return tagged(view, view.customer.version)


class QuestionOverviewController(Controller):
    """A question with what helps to answer it."""

    path = "/questions/{question_id:uuid}/overview"
    tags = ["cases"]
    dependencies = {**PREPARING, "overview": Provide(provide_question, sync_to_thread=False)}

    @get(problems=[404], response_headers=[ETAG], keep_plans=True)
    async def get_question_overview(
        self, question_id: FromPath[UUID], overview: NamedDependency[QuestionOverviewService]
    ) -> Response[QuestionOverviewView]:
        """A question; for who handles it also what `prepareQuestion` and `suggestAnswerTemplates` give.

        The ETag is that of the question.
        """
        view = await overview.get(question_id)
        return tagged(view, view.question.version)
