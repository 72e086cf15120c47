"""Resource: the customer file."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from backend.cases.applications.service import CaseService
from backend.cases.file.schemas import CustomerFileView
from backend.cases.file.service import CustomerFileService
from backend.contacts.questions.service import QuestionService
from backend.contacts.registration.service import ContactService
from backend.crm.customers.service import CustomerService
from backend.kit.operation import get
from backend.kit.work import Work


def provide_file(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> CustomerFileService:
    """Dependency `file`."""
    customers = CustomerService(work)
    contacts = ContactService(work, request.app.state.platform.placer(work), customers)
    return CustomerFileService(work, customers, contacts, QuestionService(work, customers), CaseService(work))


class CustomerFileController(Controller):
    """The customer file."""

    path = "/customers/{customer_id:uuid}/file"
    tags = ["cases"]
    dependencies = {"file": Provide(provide_file, sync_to_thread=False)}

    @get(problems=[404], keep_plans=True)
    async def get_customer_file(
        self, customer_id: FromPath[UUID], file: NamedDependency[CustomerFileService]
    ) -> CustomerFileView:
        """Everything about a customer in one call: profile, who acts for whom, contacts, questions, messages, cases.

        Of a customer that was merged: the file it lives on in.
        """
        return await file.get(customer_id)
