"""Resource: contacts in progress."""

from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.contacts.drafts.schemas import ContactDraftPage, ContactDraftReplace, ContactDraftView
from backend.contacts.drafts.service import DraftService
from backend.kit.etag import ETAG, tagged
from backend.kit.operation import delete, get, put
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_drafts(work: NamedDependency[Work]) -> DraftService:
    """Dependency `drafts`."""
    return DraftService(work)


class DraftController(Controller):
    """Contacts in progress."""

    path = "/contactDrafts"
    tags = ["contacts"]
    dependencies = {"drafts": Provide(provide_drafts, sync_to_thread=False)}

    @get()
    async def list_contact_drafts(
        self, drafts: NamedDependency[DraftService], page: NamedDependency[PageRequest]
    ) -> ContactDraftPage:
        """Your own contacts in progress, the one changed last first; kept for 30 days after the last change."""
        return await drafts.page(page)

    @get("/{draft_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_contact_draft(
        self, draft_id: FromPath[UUID], drafts: NamedDependency[DraftService]
    ) -> Response[ContactDraftView]:
        """One of your own contacts in progress, with everything typed."""
        view = await drafts.get(draft_id)
        return tagged(view, view.version)

    @put("/{draft_id:uuid}", problems=[404, 409, 412, 428], response_headers=[ETAG])
    async def replace_contact_draft(
        self,
        draft_id: FromPath[UUID],
        data: JSONBody[ContactDraftReplace],
        drafts: NamedDependency[DraftService],
        expected: NamedDependency[int],
    ) -> Response[ContactDraftView]:
        """Keep a contact as far as it is typed; the screen makes the id, and begins with `If-Match: "0"`.

        412 when another screen changed it meanwhile: read it, and let the person choose. 409 `tooManyDrafts` above 50.
        """
        view = await drafts.replace(draft_id, data, expected)
        return tagged(view, view.version)

    @delete("/{draft_id:uuid}", problems=[404, 412, 428])
    async def remove_contact_draft(
        self, draft_id: FromPath[UUID], drafts: NamedDependency[DraftService], expected: NamedDependency[int]
    ) -> None:
        """Drop a contact in progress: it is registered, or nothing came of it."""
        await drafts.remove(draft_id, expected)
