"""Resource: sources of the catalogue."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.catalogue.sources.schemas import (
    CatalogueSourceCreate,
    CatalogueSourcePage,
    CatalogueSourcePatch,
    CatalogueSourceView,
    SynchronisationView,
    SynchroniseInput,
)
from backend.catalogue.sources.service import SourceService
from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import get, patch, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work

ACCEPTED = 202


def provide_sources(work: NamedDependency[Work], request: Request[Any, Any, Any]) -> SourceService:
    """Dependency `sources`."""
    return SourceService(work, private=request.app.state.platform.settings.inside)


class CatalogueSourceController(Controller):
    """Streams of snapshots that the catalogue follows."""

    path = "/catalogue/sources"
    tags = ["catalogue"]
    dependencies = {"sources": Provide(provide_sources, sync_to_thread=False)}

    @get()
    async def list_catalogue_sources(
        self, sources: NamedDependency[SourceService], page: NamedDependency[PageRequest]
    ) -> CatalogueSourcePage:
        """Sources by name, with how they are doing."""
        return await sources.page(page)

    @get("/{source_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_catalogue_source(
        self, source_id: FromPath[UUID], sources: NamedDependency[SourceService]
    ) -> Response[CatalogueSourceView]:
        """One source."""
        view = await sources.get(source_id)
        return tagged(view, view.version)

    @post(problems=[409, 422])
    async def create_catalogue_source(
        self,
        data: JSONBody[CatalogueSourceCreate],
        sources: NamedDependency[SourceService],
        once: NamedDependency[Once],
    ) -> Response[CatalogueSourceView]:
        """Add a source; the worker synchronises it within a minute, or when it is its turn, and then on its schedule.

        Four sources are synchronised at a time; the one that waited longest is next, as soon as one of them is done.
        """
        return await once.run(data, lambda: sources.create(data))

    @patch("/{source_id:uuid}", response_headers=[ETAG])
    async def change_catalogue_source(
        self,
        source_id: FromPath[UUID],
        data: JSONBody[CatalogueSourcePatch],
        sources: NamedDependency[SourceService],
        expected: NamedDependency[int],
    ) -> Response[CatalogueSourceView]:
        """Change a source; fields left out stay."""
        view = await sources.change(source_id, data, expected)
        return tagged(view, view.version)

    @post("/{source_id:uuid}/synchronise", status_code=ACCEPTED, problems=[404, 409, 422])
    async def synchronise_catalogue_source(
        self,
        source_id: FromPath[UUID],
        data: JSONBody[SynchroniseInput],
        sources: NamedDependency[SourceService],
        once: NamedDependency[Once],
    ) -> Response[SynchronisationView]:
        """Have a source synchronised now, by the worker; the report appears among the imports."""
        return await once.run((source_id, data), lambda: sources.ask(source_id, data), status=ACCEPTED)
