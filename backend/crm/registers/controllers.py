"""Resource: look-ups of a customer in the authentic registers."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.crm.customers.schemas import CustomerView
from backend.crm.registers.schemas import AcceptInput, EnrichmentPage, EnrichmentRequest, EnrichmentView
from backend.crm.registers.service import EnrichmentService, LookUps
from backend.kit.access import operation_of
from backend.kit.etag import ETAG, tagged
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.schema import given
from backend.kit.work import Work


def provide_enrichments(work: NamedDependency[Work]) -> EnrichmentService:
    """Dependency `enrichments`."""
    return EnrichmentService(work)


def provide_look_ups(request: Request[Any, Any, Any]) -> LookUps:
    """Dependency `look_ups`: without `work`, so that no connection waits for a register."""
    platform = request.app.state.platform
    operation, trace = operation_of(request.route_handler), request.scope["state"]["trace"]
    return LookUps(lambda: platform.unit(request.user, operation, trace), platform.registers)


class EnrichmentController(Controller):
    """What the national, the enterprise and the associations register say about a customer."""

    path = "/customers/{customer_id:uuid}/enrichment"
    tags = ["crm"]
    dependencies = {
        "enrichments": Provide(provide_enrichments, sync_to_thread=False),
        "look_ups": Provide(provide_look_ups, sync_to_thread=False),
    }

    @post(status_code=200, problems=[404, 409, 502])
    async def enrich_customer(
        self, customer_id: FromPath[UUID], data: JSONBody[EnrichmentRequest], look_ups: NamedDependency[LookUps]
    ) -> EnrichmentView:
        """Look a customer up in the register that knows it, for a stated purpose; gives the differences.

        Nothing is changed in the profile; the look-up is logged, here and by the register. 404 `registerUnknown` when
        the register does not know the number, 409 `noIdentifier` and `registerNotConfigured`, 502 when the register
        refuses or its answer cannot be read, 503 `registerAway` with `Retry-After`.
        """
        return await look_ups.enrich(customer_id, data.purpose, given(data.register))

    @get(problems=[404])
    async def list_enrichments(
        self,
        customer_id: FromPath[UUID],
        enrichments: NamedDependency[EnrichmentService],
        page: NamedDependency[PageRequest],
    ) -> EnrichmentPage:
        """Look-ups of a customer, the latest first, with what is still to be decided."""
        return await enrichments.page(customer_id, page)

    @post(
        "/{lookup_id:uuid}/accept",
        status_code=200,
        problems=[404, 409, 412, 428],
        response_headers=[ETAG],
    )
    async def accept_enrichment(
        self,
        customer_id: FromPath[UUID],
        lookup_id: FromPath[UUID],
        data: JSONBody[AcceptInput],
        enrichments: NamedDependency[EnrichmentService],
        expected: NamedDependency[int],
    ) -> Response[CustomerView]:
        """Take over differences, with the register as their source; the others are rejected. Gives the profile.

        `If-Match` is that of the customer. What others said stays beside what the register says.
        """
        view = await enrichments.accept(customer_id, lookup_id, data.differences, expected)
        return tagged(view, view.version)
