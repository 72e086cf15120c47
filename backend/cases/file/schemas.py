"""JSON shape of the customer file."""

from uuid import UUID

from backend.cases.applications.schemas import CaseView
from backend.contacts.messages.schemas import MessageView
from backend.contacts.questions.schemas import QuestionSummary
from backend.contacts.registration.schemas import ContactView
from backend.crm.customers.schemas import CustomerView
from backend.crm.representation.schemas import PartyName, RepresentationView
from backend.kit.schema import View


class FileContact(View):
    """A contact and the questions it was about.

    `by` is who called or came, `onBehalfOf` for whom; absent when that is this customer, or nobody known.
    """

    contact: ContactView
    question_ids: list[UUID]
    by: PartyName | None = None
    on_behalf_of: PartyName | None = None


class FileQuestion(View):
    """A question with what was said about it."""

    question: QuestionSummary
    messages: list[MessageView]


class CustomerFileView(View):
    """A customer with the newest contacts, questions, messages and cases (at most 100 of each), newest first.

    Contacts and questions of others on the customer's behalf are there too, with who acts for the customer and for whom
    the customer acts.
    """

    customer: CustomerView
    representations: list[RepresentationView]
    contacts: list[FileContact]
    questions: list[FileQuestion]
    cases: list[CaseView]
