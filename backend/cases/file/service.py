"""Composing the customer file from the services that own its parts."""

from uuid import UUID

from backend.cases.applications.service import CaseService
from backend.cases.file.schemas import CustomerFileView, FileContact, FileQuestion
from backend.contacts.questions.service import QuestionService
from backend.contacts.registration.service import ContactService
from backend.crm.customers.service import CustomerService

MOST = 100


class CustomerFileService:
    """One call, everything about a customer that the person may see."""

    def __init__(
        self, customers: CustomerService, contacts: ContactService, questions: QuestionService, cases: CaseService
    ) -> None:
        self._customers = customers
        self._contacts = contacts
        self._questions = questions
        self._cases = cases

    async def get(self, customer_id: UUID) -> CustomerFileView:
        """The file; 404 for an unknown customer."""
        customer = await self._customers.get(customer_id)
        contacts = await self._contacts.of_customer(customer_id, most=MOST)
        questions, messages = await self._questions.of_customer(customer_id, most=MOST)
        cases = await self._cases.of_customer(customer_id, most=MOST)
        visible = {question.id for question in questions}
        return CustomerFileView(
            customer=customer,
            contacts=[
                FileContact(contact=contact, question_ids=[one for one in ids if one in visible])
                for contact, ids in contacts
            ],
            questions=[FileQuestion(question=question, messages=messages[question.id]) for question in questions],
            cases=cases,
        )
