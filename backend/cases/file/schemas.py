"""JSON shape of the customer file."""

from uuid import UUID

from backend.cases.applications.schemas import CaseView
from backend.contacts.messages.schemas import MessageView
from backend.contacts.questions.schemas import QuestionSummary
from backend.contacts.registration.schemas import ContactView
from backend.crm.customers.schemas import CustomerView
from backend.kit.schema import View


class FileContact(View):
    """A contact and the questions it was about."""

    contact: ContactView
    question_ids: list[UUID]


class FileQuestion(View):
    """A question with what was said about it."""

    question: QuestionSummary
    messages: list[MessageView]


class CustomerFileView(View):
    """A customer with the newest contacts, questions, messages and cases (at most 100 of each), newest first."""

    customer: CustomerView
    contacts: list[FileContact]
    questions: list[FileQuestion]
    cases: list[CaseView]
