"""Resource: representations of a customer."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.crm.customers.service import CustomerService
from backend.crm.representation.rules import Direction
from backend.crm.representation.schemas import (
    RepresentationCreate,
    RepresentationEnd,
    RepresentationPage,
    RepresentationView,
)
from backend.crm.representation.service import RepresentationService
from backend.kit.idempotency import Once
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_representations(work: NamedDependency[Work]) -> RepresentationService:
    """Dependency `representations`."""
    return RepresentationService(work, CustomerService(work))


class RepresentationController(Controller):
    """Who acts for whom."""

    path = "/customers/{customer_id:uuid}/representations"
    tags = ["crm"]
    dependencies = {"representations": Provide(provide_representations, sync_to_thread=False)}

    @post(problems=[404, 409, 422])
    async def create_representation(
        self,
        customer_id: FromPath[UUID],
        data: JSONBody[RepresentationCreate],
        representations: NamedDependency[RepresentationService],
        once: NamedDependency[Once],
    ) -> Response[RepresentationView]:
        """Record that this customer acts for another, or another for this one, in a role.

        409 `representationExists` when it is recorded already, under whatever id of a merged customer.
        """
        return await once.run(
            {"customerId": customer_id, "asked": data}, lambda: representations.create(customer_id, data)
        )

    @get(problems=[404])
    async def list_representations(
        self,
        customer_id: FromPath[UUID],
        representations: NamedDependency[RepresentationService],
        page: NamedDependency[PageRequest],
        direction: Annotated[
            Direction | None, QueryParameter(description="Only whom it acts for, or only who acts for it")
        ] = None,
        ended: Annotated[bool, QueryParameter(description="Also those that have ended")] = False,
    ) -> RepresentationPage:
        """Whom this customer acts for and who acts for it, the latest recorded first; each name shown is logged."""
        return await representations.page(customer_id, page, direction=direction, ended=ended)

    @post("/{representation_id:uuid}/end", problems=[404, 409], status_code=200)
    async def end_representation(
        self,
        customer_id: FromPath[UUID],
        representation_id: FromPath[UUID],
        data: JSONBody[RepresentationEnd],
        representations: NamedDependency[RepresentationService],
    ) -> RepresentationView:
        """End it, from either side, with the reason; it stays in the history. 409 when it has ended already."""
        return await representations.end(customer_id, representation_id, data.reason)
