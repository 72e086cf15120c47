"""Resource: contacts."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.contacts.registration.schemas import ContactCreate, ContactView
from backend.contacts.registration.service import ContactService
from backend.crm.customers.service import CustomerService
from backend.kit.idempotency import Once
from backend.kit.operation import get, post
from backend.kit.work import Work


def provide_contacts(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> ContactService:
    """Dependency `contacts`."""
    platform = request.app.state.platform
    return ContactService(work, platform.placer(work), CustomerService(work), platform.guide(work))


class ContactController(Controller):
    """Contacts."""

    path = "/contacts"
    tags = ["contacts"]
    dependencies = {"contacts": Provide(provide_contacts, sync_to_thread=False)}

    @post(problems=[404, 409, 422])
    async def register_contact(
        self,
        data: JSONBody[ContactCreate],
        contacts: NamedDependency[ContactService],
        once: NamedDependency[Once],
    ) -> Response[ContactView]:
        """Register a contact: a new or known customer, questions answered at once or routed, follow-ups, mails.

        Everything is stored in one transaction before the answer, or nothing is. Repeat the call with the same
        Idempotency-Key when no answer came: it happens once.
        """
        return await once.run(data, lambda: contacts.register(data))

    @get("/{contact_id:uuid}", problems=[404])
    async def get_contact(self, contact_id: FromPath[UUID], contacts: NamedDependency[ContactService]) -> ContactView:
        """One contact and the questions it was about."""
        return await contacts.get(contact_id)
