"""JSON shapes of overviews."""

from msgspec import UNSET, UnsetType

from backend.cases.applications.schemas import CaseView
from backend.cases.history.schemas import HistoryPage
from backend.cases.preparation.schemas import KnownView
from backend.contacts.answer_templates.schemas import SuitableTemplatePage
from backend.contacts.history.schemas import HistoryQuestion
from backend.contacts.questions.schemas import QuestionView
from backend.crm.customers.schemas import CustomerView
from backend.crm.representation.schemas import RepresentationView
from backend.crm.suggestions.schemas import SuggestionPage
from backend.kit.schema import View


class CustomerOverviewView(View):
    """A customer at a glance; of each list the newest 25, and of `suggestions` the 5 most likely.

    `openQuestions` are those that are not finished, `history` the first page of `getCustomerHistory` (`next` reads on
    there), `suggestions` customers that may be the same one: as last looked for, and only for who decides on them.
    """

    customer: CustomerView
    representations: list[RepresentationView]
    open_questions: list[HistoryQuestion]
    cases: list[CaseView]
    history: HistoryPage
    suggestions: SuggestionPage | UnsetType = UNSET


class QuestionOverviewView(View):
    """A question; for who handles it also what is known around it and the templates that suit it."""

    question: QuestionView
    known: KnownView | UnsetType = UNSET
    templates: SuitableTemplatePage | UnsetType = UNSET
