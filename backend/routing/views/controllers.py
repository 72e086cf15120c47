"""Resource: saved views."""

from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import delete, get, patch, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work
from backend.routing.views.schemas import SavedViewCreate, SavedViewPage, SavedViewPatch, SavedViewView
from backend.routing.views.service import SavedViewService


def provide_views(work: NamedDependency[Work]) -> SavedViewService:
    """Dependency `views`."""
    return SavedViewService(work)


class SavedViewController(Controller):
    """Worklists under a name."""

    path = "/savedViews"
    tags = ["routing"]
    dependencies = {"views": Provide(provide_views, sync_to_thread=False)}

    @get()
    async def list_saved_views(
        self, views: NamedDependency[SavedViewService], page: NamedDependency[PageRequest]
    ) -> SavedViewPage:
        """Your own views and those that your departments share, by name."""
        return await views.page(page)

    @post(problems=[409, 422])
    async def create_saved_view(
        self, data: JSONBody[SavedViewCreate], views: NamedDependency[SavedViewService], once: NamedDependency[Once]
    ) -> Response[SavedViewView]:
        """Keep a worklist with its filters and order under a name; team leads share it with their department.

        A view says what to ask `GET /worklists/{worklist}`; whoever uses it sees what that person may see.
        """
        return await once.run(data, lambda: views.create(data))

    @get("/{view_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_saved_view(
        self, view_id: FromPath[UUID], views: NamedDependency[SavedViewService]
    ) -> Response[SavedViewView]:
        """One view."""
        view = await views.get(view_id)
        return tagged(view, view.version)

    @patch("/{view_id:uuid}", response_headers=[ETAG])
    async def change_saved_view(
        self,
        view_id: FromPath[UUID],
        data: JSONBody[SavedViewPatch],
        views: NamedDependency[SavedViewService],
        expected: NamedDependency[int],
    ) -> Response[SavedViewView]:
        """Change a view; one that a department shares is changed by its team leads."""
        view = await views.change(view_id, data, expected)
        return tagged(view, view.version)

    @delete("/{view_id:uuid}", problems=[404, 412, 428])
    async def remove_saved_view(
        self, view_id: FromPath[UUID], views: NamedDependency[SavedViewService], expected: NamedDependency[int]
    ) -> None:
        """Drop a view; one that a department shares is dropped by its team leads."""
        await views.remove(view_id, expected)
