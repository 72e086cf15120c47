"""Resource: questions (what to know before the talk)."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from backend.cases.history.controllers import provide_history
from backend.cases.history.service import HistoryService
from backend.cases.preparation.schemas import PreparationView
from backend.cases.preparation.service import PreparationService
from backend.catalogue.products.service import ProductService
from backend.contacts.appointments.controllers import provide_appointments
from backend.contacts.appointments.service import AppointmentService
from backend.contacts.life.controllers import provide_life
from backend.crm.customers.service import CustomerService
from backend.kit.operation import get
from backend.kit.work import Work


def provide_preparation(
    request: Request[Any, Any, Any],
    work: NamedDependency[Work],
    history: NamedDependency[HistoryService],
    appointments: NamedDependency[AppointmentService],
) -> PreparationService:
    """Dependency `preparation`."""
    products = ProductService(work, request.app.state.platform.products)
    return PreparationService(work, CustomerService(work), history, products, appointments)


PREPARING = {
    "life": Provide(provide_life, sync_to_thread=False),
    "history": Provide(provide_history, sync_to_thread=False),
    "appointments": Provide(provide_appointments, sync_to_thread=False),
    "preparation": Provide(provide_preparation, sync_to_thread=False),
}
"""What a preparation is made with."""


class PreparationController(Controller):
    """Before the talk."""

    path = "/questions/{question_id:uuid}/preparation"
    tags = ["cases"]
    dependencies = PREPARING

    @get(problems=[404], keep_plans=True)
    async def prepare_question(
        self, question_id: FromPath[UUID], preparation: NamedDependency[PreparationService]
    ) -> PreparationView:
        """What an expert needs before a talk: the question, its customer, history, products, windows, other questions.

        As far as the person may see each of them; every look is logged as on the pages themselves.
        """
        return await preparation.prepare(question_id)
