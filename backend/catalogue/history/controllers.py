"""Resource: the history of a product."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from backend.catalogue.history.schemas import ProductChangePage
from backend.catalogue.history.service import HistoryService
from backend.kit.operation import get
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_history(work: NamedDependency[Work]) -> HistoryService:
    """Dependency `history`."""
    return HistoryService(work)


class HistoryController(Controller):
    """Changes of products."""

    path = "/products"
    tags = ["catalogue"]
    dependencies = {"history": Provide(provide_history, sync_to_thread=False)}

    @get("/{product_id:uuid}/changes", problems=[404])
    async def list_product_changes(
        self,
        product_id: FromPath[UUID],
        history: NamedDependency[HistoryService],
        page: NamedDependency[PageRequest],
    ) -> ProductChangePage:
        """What happened to a product, newest first: by whom, why, which fields, from what to what.

        Changes by editors hold whole texts; those by a synchronisation only the beginning of long ones.
        """
        return await history.page(product_id, page)
