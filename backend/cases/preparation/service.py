"""Putting a preparation together from the services that own its parts, in a fixed number of statements."""

from typing import Any
from uuid import UUID

import msgspec

from backend.cases.history.rules import HistoryFilter
from backend.cases.history.service import EXCERPT, HistoryService
from backend.cases.preparation.schemas import CallBackView, KnownView, PreparationView, PreparedProduct, WindowView
from backend.catalogue.products.schemas import Language, ProductView
from backend.catalogue.products.service import ProductService
from backend.contacts.appointments.service import AppointmentService
from backend.contacts.calls.rules import first_call, windows
from backend.contacts.questions.schemas import QuestionView
from backend.contacts.questions.service import QuestionService
from backend.contacts.registration.schemas import ContactView
from backend.contacts.shielding.service import handled
from backend.crm.customers.service import CustomerFile, CustomerService
from backend.crm.representation.service import RepresentationService
from backend.kit.paging import PageRequest
from backend.kit.work import Work

MOST_ENTRIES, MOST_QUESTIONS, MOST_PRODUCTS, MOST_ROLES = 10, 10, 10, 10
"""Of each only the newest; the rest is on the pages of the customer."""

_WHOSE = "SELECT id, customer_id, department_id, assignee_id, confidentiality FROM question WHERE id = $1"
_PREPARED = tuple(name for name in PreparedProduct.__struct_fields__ if name != "status")


class PreparationService:
    """What is known before a talk; every part is logged by the service that gives it.

    Args:
        work: the unit of work.
        customers: knows the file of a customer.
        history: what happened with a customer.
        products: the catalogue.
        appointments: where an appointment is made.
    """

    def __init__(
        self,
        work: Work,
        customers: CustomerService,
        history: HistoryService,
        products: ProductService,
        appointments: AppointmentService,
    ) -> None:
        self._work = work
        self._customers = customers
        self._history = history
        self._products = products
        self._appointments = appointments
        self._questions = QuestionService(work, customers)
        self._roles = RepresentationService(work, customers)

    async def prepare(self, question_id: UUID) -> PreparationView:
        """Everything about one question of the person's department; 403, 404."""
        await handled(self._work, await self._work.uow.fetchrow(_WHOSE, question_id), question_id)
        question = await self._questions.get(question_id)
        known = await self.known(question)
        return PreparationView(question=question, **{name: getattr(known, name) for name in known.__struct_fields__})

    async def known(self, question: QuestionView) -> KnownView:
        """What is known around a question that the person handles."""
        about: dict[str, Any] = {"history": [], "other_questions": [], "representations": []}
        if question.customer_id is not None:
            about = await self._about(question.customer_id, question)
        contacts = await self._history.said.told_in(question.contact_ids, EXCERPT)
        return KnownView(
            contacts=contacts,
            products=await self._consulted(question, contacts),
            call_back=self._call_back(question),
            appointment_link=await self._appointments.link(question.id, question.reference, question.customer_id),
            **about,
        )

    async def _about(self, customer_id: UUID, question: QuestionView) -> dict[str, Any]:
        """What is known of the customer besides this question."""
        file = CustomerFile.of(question.customer) if question.customer else await self._customers.file(customer_id)
        others = await self._history.said.open_questions(file.members, most=MOST_QUESTIONS + 1, text=EXCERPT)
        newest = await self._history.of_file(file, HistoryFilter(), PageRequest(limit=MOST_ENTRIES))
        return {
            "history": newest.items,
            "other_questions": [one for one in others if one.id != question.id][:MOST_QUESTIONS],
            "representations": await self._roles.of_customer(file.members, most=MOST_ROLES),
        }

    async def _consulted(self, question: QuestionView, contacts: list[ContactView]) -> list[PreparedProduct]:
        """The product of the question first, then what was looked at in its contacts."""
        looked_at = [one for contact in contacts for one in contact.consulted_product_ids]
        ids = list(dict.fromkeys([*([question.product_id] if question.product_id else ()), *looked_at]))
        language = msgspec.convert(question.language, Language)
        return [_prepared(one) for one in await self._products.these(ids[:MOST_PRODUCTS], language)]

    def _call_back(self, question: QuestionView) -> CallBackView:
        offered = windows(question.call_back_windows)
        return CallBackView(
            windows=[WindowView(start=one.start, end=one.end) for one in offered],
            next=first_call(offered, self._work.now),
        )


def _prepared(view: ProductView) -> PreparedProduct:
    return PreparedProduct(status=view.status, **{name: getattr(view, name) for name in _PREPARED})
