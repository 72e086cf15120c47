"""Resource: the export of a customer."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.cases.applications.service import CaseService
from backend.cases.export.schemas import ExportRequest, ExportView
from backend.cases.export.service import ExportService
from backend.contacts.questions.service import QuestionService
from backend.contacts.registration.service import ContactService
from backend.crm.customers.service import CustomerService
from backend.kit.operation import post
from backend.kit.work import Work


def provide_export(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> ExportService:
    """Dependency `export`."""
    customers = CustomerService(work)
    contacts = ContactService(work, request.app.state.platform.placer(work), customers)
    return ExportService(work, customers, contacts, QuestionService(work, customers), CaseService(work))


class CustomerExportController(Controller):
    """The export of a customer."""

    path = "/customers/{customer_id:uuid}/export"
    tags = ["cases"]
    dependencies = {"export": Provide(provide_export, sync_to_thread=False)}

    @post(problems=[404], status_code=200)
    async def export_customer(
        self, customer_id: FromPath[UUID], data: JSONBody[ExportRequest], export: NamedDependency[ExportService]
    ) -> ExportView:
        """Everything about a customer in one document, for the customer, over all customers of the file.

        `accessRequest` (GDPR 15) lists who used the data: moment, operation, purpose and department, never the
        employee. `transfer` (GDPR 20) leaves out notes of colleagues and those consultations. Sensitive questions are
        only in what their own department makes, whatever the role. With `reveal` the national number, birth date and
        undisclosed addresses stand in it in clear; that is logged as a revelation (`legalObligation`).
        """
        return await export.export(customer_id, data)
