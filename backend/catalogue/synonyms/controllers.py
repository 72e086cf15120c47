"""Resource: groups of synonyms."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.catalogue.rules.synonyms import Origin
from backend.catalogue.synonyms.schemas import (
    ORIGIN,
    SynonymGroupCreate,
    SynonymGroupPage,
    SynonymGroupPatch,
    SynonymGroupView,
    SynonymPreview,
    SynonymPreviewView,
)
from backend.catalogue.synonyms.service import PreviewService, SynonymService
from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import delete, get, patch, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_synonyms(work: NamedDependency[Work]) -> SynonymService:
    """Dependency `synonyms`."""
    return SynonymService(work)


def provide_previews(work: NamedDependency[Work], request: Request[Any, Any, Any]) -> PreviewService:
    """Dependency `previews`."""
    platform = request.app.state.platform
    return PreviewService(work, platform.products, platform.previews)


class SynonymController(Controller):
    """Words and phrases that mean the same to who searches."""

    path = "/catalogue/synonyms"
    tags = ["catalogue"]
    dependencies = {
        "synonyms": Provide(provide_synonyms, sync_to_thread=False),
        "previews": Provide(provide_previews, sync_to_thread=False),
    }

    @get()
    async def list_synonym_groups(
        self,
        synonyms: NamedDependency[SynonymService],
        page: NamedDependency[PageRequest],
        q: Annotated[
            str, QueryParameter(max_length=100, description="Part of a phrase; case and accents make no difference.")
        ] = "",
        origin: Annotated[Origin | Literal["all"], QueryParameter(description=ORIGIN)] = "all",
    ) -> SynonymGroupPage:
        """Groups of synonyms by their first phrase.

        The list is that of the release with the city's decisions over it; removed groups are in it, so that they can
        be restored.
        """
        return await synonyms.page(page, phrase=q, origin=None if origin == "all" else origin)

    @post(problems=[409, 422])
    async def create_synonym_group(
        self,
        data: JSONBody[SynonymGroupCreate],
        synonyms: NamedDependency[SynonymService],
        once: NamedDependency[Once],
    ) -> Response[SynonymGroupView]:
        """Add a group of the city; searches use it within two seconds.

        Every fault is told at once, with its place. A group that lies within another one is refused (409).
        """
        return await once.run(data, lambda: synonyms.create(data))

    @get("/{group_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_synonym_group(
        self, group_id: FromPath[UUID], synonyms: NamedDependency[SynonymService]
    ) -> Response[SynonymGroupView]:
        """One group of synonyms, also a removed one."""
        view = await synonyms.get(group_id)
        return tagged(view, view.version)

    @patch("/{group_id:uuid}", response_headers=[ETAG])
    async def change_synonym_group(
        self,
        group_id: FromPath[UUID],
        data: JSONBody[SynonymGroupPatch],
        synonyms: NamedDependency[SynonymService],
        expected: NamedDependency[int],
    ) -> Response[SynonymGroupView]:
        """Change a group, or bring it back; searches use it within two seconds.

        A shipped group becomes the city's text of it, which newer releases leave alone; `restored: true` goes back to
        the shipped phrases and follows the releases again.
        """
        view = await synonyms.change(group_id, data, expected)
        return tagged(view, view.version)

    @delete(
        "/{group_id:uuid}",
        problems=[404, 412, 428],
        status_code=200,
        response_headers=[ETAG],
        responses={204: ResponseSpec(None, description="It is gone")},
    )
    async def remove_synonym_group(
        self, group_id: FromPath[UUID], synonyms: NamedDependency[SynonymService], expected: NamedDependency[int]
    ) -> Response[SynonymGroupView]:
        """Take a group out of use; searches know within two seconds.

        A shipped group is marked as removed (200) and can be restored; a group of the city is gone (204).
        """
        view = await synonyms.remove(group_id, expected)
        return tagged(view, view.version) if view else Response(None, status_code=204)  # type: ignore[arg-type]  # no body

    @post("/preview", status_code=200, problems=[409])
    async def preview_synonym_group(
        self, data: JSONBody[SynonymPreview], previews: NamedDependency[PreviewService]
    ) -> SynonymPreviewView:
        """Which queries would change; saves nothing.

        Compares the queries you give, the phrases of the group before and after, and what people searched most lately.
        A change that could not be saved is refused in the same way. One at a time per process: 503 when busy.
        """
        return await previews.preview(data)
