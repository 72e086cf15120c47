"""Composing the customer file from the services that own its parts."""

from uuid import UUID

from backend.cases.applications.service import CaseService
from backend.cases.file.schemas import CustomerFileView, FileContact, FileQuestion
from backend.contacts.questions.service import QuestionService
from backend.contacts.registration.schemas import ContactView
from backend.contacts.registration.service import ContactService
from backend.crm.customers.service import CustomerService
from backend.crm.representation.service import RepresentationService
from backend.kit.work import Work

MOST = 100


class CustomerFileService:
    """One call, everything about a customer that the person may see."""

    def __init__(
        self,
        work: Work,
        customers: CustomerService,
        contacts: ContactService,
        questions: QuestionService,
        cases: CaseService,
    ) -> None:
        self._access = work.access
        self._customers = customers
        self._contacts = contacts
        self._questions = questions
        self._cases = cases
        self._representations = RepresentationService(work, customers)

    async def get(self, customer_id: UUID) -> CustomerFileView:
        """The file; 404 for an unknown customer."""
        customer = await self._customers.get(customer_id)
        members = [customer.id, *customer.merged]
        representations = await self._representations.of_customer(members, most=MOST)
        contacts = await self._contacts.of_customer(members, most=MOST)
        questions, messages = await self._questions.of_customer(members, most=MOST)
        cases = await self._cases.of_customer(members, most=MOST)
        visible = {question.id for question in questions}
        return CustomerFileView(
            customer=(await self._access.project_all("customer", [customer], [customer.id]))[0],
            representations=representations,
            contacts=await self._named(contacts, frozenset(members), visible),
            questions=[FileQuestion(question=question, messages=messages[question.id]) for question in questions],
            cases=cases,
        )

    async def _named(
        self, contacts: list[tuple[ContactView, list[UUID]]], members: frozenset[UUID], visible: set[UUID]
    ) -> list[FileContact]:
        """Contacts with the names of whoever is not this customer."""
        sides = [
            tuple(None if one in members else one for one in (contact.customer_id, contact.on_behalf_of_id))
            for contact, _ in contacts
        ]
        known = await self._representations.named({one for pair in sides for one in pair if one is not None})
        return [
            FileContact(
                contact=contact,
                question_ids=[one for one in ids if one in visible],
                by=known.get(by) if by else None,
                on_behalf_of=known.get(served) if served else None,
            )
            for (contact, ids), (by, served) in zip(contacts, sides, strict=True)
        ]
