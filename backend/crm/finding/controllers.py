"""Resource: customers (finding them)."""

from typing import Any

import msgspec
from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from backend.crm.customers.service import CustomerService
from backend.crm.finding.schemas import CustomerHitPage, CustomerQuery
from backend.crm.finding.service import FindingService
from backend.kit.operation import post
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_finding(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> FindingService:
    """Dependency `finding`."""
    return FindingService(work, CustomerService(work), request.app.state.platform.asker(work))


class FindingController(Controller):
    """Finding customers."""

    path = "/customers"
    tags = ["crm"]
    dependencies = {"finding": Provide(provide_finding, sync_to_thread=False)}

    @post("/query", status_code=200, keep_plans=True)
    async def query_customers(
        self,
        work: NamedDependency[Work],
        data: JSONBody[CustomerQuery],
        finding: NamedDependency[FindingService],
        page: NamedDependency[PageRequest],
    ) -> CustomerHitPage:
        """Find customers by what somebody typed into one box, or by exactly one named key; every hit shown is logged.

        The surest hits come first: an official number, phone, e-mail, reference or address; then names that begin so;
        then names with a word that begins so; then names like it (typing errors, Flemish spelling, short names).
        """
        found = await finding.query(data, page)
        items = await work.access.project_all("customerHit", found.items, [hit.id for hit in found.items])
        return msgspec.structs.replace(found, items=items)
