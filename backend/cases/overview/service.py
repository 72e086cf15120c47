"""Putting overviews together from the services that own their parts; what one part read is there for the next."""

from uuid import UUID

import msgspec
from msgspec import UNSET

from backend.cases.applications.service import CaseService
from backend.cases.history.rules import HistoryFilter
from backend.cases.history.service import EXCERPT, HistoryService
from backend.cases.overview.schemas import CustomerOverviewView, QuestionOverviewView
from backend.cases.preparation.service import PreparationService
from backend.contacts.answer_templates.service import TemplateService
from backend.contacts.questions.service import QuestionService
from backend.contacts.shielding.service import may, usual
from backend.crm.customers.service import CustomerFile, CustomerService
from backend.crm.representation.service import RepresentationService
from backend.crm.suggestions.schemas import SuggestionPage
from backend.crm.suggestions.service import SuggestionService
from backend.kit.paging import PageRequest
from backend.kit.work import Work

MOST = 25
"""Of each list."""
DOUBLES = PageRequest(limit=5)

SUGGESTIONS = "listCustomerSuggestions"
HANDLING = ("prepareQuestion", "suggestAnswerTemplates")
"""Operations by which it is decided who sees a part."""


class CustomerOverviewService:
    """A customer at a glance."""

    def __init__(self, work: Work, customers: CustomerService, cases: CaseService, history: HistoryService) -> None:
        self._work = work
        self._customers = customers
        self._cases = cases
        self._history = history

    async def get(self, customer_id: UUID) -> CustomerOverviewView:
        """The overview; 404 for an unknown customer."""
        customer, access = await self._customers.get(customer_id), self._work.access
        file = CustomerFile.of(customer)
        roles = RepresentationService(self._work, self._customers)
        # one more than the history shows: it says whether there is a next page
        cases = await self._cases.of_customer(file.members, most=MOST + 1)
        return CustomerOverviewView(
            customer=(await access.project_all("customer", [customer], [file.id]))[0],
            representations=await roles.of_customer(file.members, most=MOST),
            open_questions=await self._history.said.open_questions(file.members, most=MOST, text=EXCERPT),
            cases=cases[:MOST],
            history=await self._history.of_file(file, HistoryFilter(), PageRequest(limit=MOST), cases=cases),
            suggestions=await self._doubles(file) if access.policy.allows(self._work.who, SUGGESTIONS) else UNSET,
        )

    async def _doubles(self, file: CustomerFile) -> SuggestionPage:
        suggestions = SuggestionService(self._work, self._customers)
        return await suggestions.page(DOUBLES, state="open", wanted=None, customer_id=file.id)


class QuestionOverviewService:
    """A question with what helps to answer it."""

    def __init__(
        self, work: Work, questions: QuestionService, preparation: PreparationService, templates: TemplateService
    ) -> None:
        self._work = work
        self._questions = questions
        self._preparation = preparation
        self._templates = templates

    async def get(self, question_id: UUID) -> QuestionOverviewView:
        """The overview; 404 also when the person may not know that the question exists."""
        question = await self._questions.get(question_id)
        facts = msgspec.structs.asdict(question)
        if not (usual(self._work, facts) and all(may(self._work, facts, operation) for operation in HANDLING)):
            return QuestionOverviewView(question=question)
        return QuestionOverviewView(
            question=question,
            known=await self._preparation.known(question),
            templates=await self._templates.fitting(facts),
        )
