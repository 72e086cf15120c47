"""Resource: the search for products."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from backend.catalogue.search.schemas import ProductHitPage
from backend.catalogue.search.service import SearchService
from backend.kit.operation import get
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_search(work: NamedDependency[Work], request: Request[Any, Any, Any]) -> SearchService:
    """Dependency `search`."""
    platform = request.app.state.platform
    return SearchService(work, platform.products, platform.engines)


class SearchController(Controller):
    """Products of the catalogue, found."""

    path = "/products"
    tags = ["catalogue"]
    dependencies = {"search": Provide(provide_search, sync_to_thread=False)}

    @get()
    async def search_products(
        self,
        *,
        search: NamedDependency[SearchService],
        page: NamedDependency[PageRequest],
        q: Annotated[
            str,
            QueryParameter(max_length=500, description="What somebody typed; nothing gives all products by title."),
        ] = "",
        theme: Annotated[str | None, QueryParameter(max_length=60, description="Code, such as burgerOverheid")] = None,
        audience: Annotated[str | None, QueryParameter(max_length=60, description="Code, such as burger")] = None,
        kind: Annotated[
            str | None, QueryParameter(name="type", max_length=60, description="Code, such as toelating")
        ] = None,
        department: Annotated[UUID | None, QueryParameter(description="Responsible department; for staff")] = None,
    ) -> ProductHitPage:
        """Find products as people ask for them: typing errors, compounds, synonyms and half words are understood."""
        wanted = {
            "theme": theme,
            "audience": audience,
            "type": kind,
            "department_id": str(department) if department else None,
        }
        filters = {facet: code for facet, code in wanted.items() if code is not None}
        return await search.search(q, limit=page.limit, filters=filters, cursor=page.cursor)
