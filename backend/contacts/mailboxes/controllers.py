"""Resource: mailboxes."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.contacts.mailboxes.schemas import MailboxCreate, MailboxPage, MailboxPatch, MailboxView
from backend.contacts.mailboxes.service import MailboxService
from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import get, patch, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_mailboxes(work: NamedDependency[Work], request: Request[Any, Any, Any]) -> MailboxService:
    """Dependency `mailboxes`."""
    return MailboxService(work, plain=request.app.state.platform.settings.inside)


class MailboxController(Controller):
    """Group mailboxes whose mail becomes questions."""

    path = "/mailboxes"
    tags = ["contacts"]
    dependencies = {"mailboxes": Provide(provide_mailboxes, sync_to_thread=False)}

    @get()
    async def list_mailboxes(
        self, mailboxes: NamedDependency[MailboxService], page: NamedDependency[PageRequest]
    ) -> MailboxPage:
        """Mailboxes by address, with how fetching their mail goes."""
        return await mailboxes.page(page)

    @get("/{mailbox_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_mailbox(
        self, mailbox_id: FromPath[UUID], mailboxes: NamedDependency[MailboxService]
    ) -> Response[MailboxView]:
        """One mailbox."""
        view = await mailboxes.get(mailbox_id)
        return tagged(view, view.version)

    @post(problems=[409, 422])
    async def create_mailbox(
        self, data: JSONBody[MailboxCreate], mailboxes: NamedDependency[MailboxService], once: NamedDependency[Once]
    ) -> Response[MailboxView]:
        """Add a mailbox; from the first fetch on, mail that nobody has read yet and all later mail comes in."""
        return await once.run(data, lambda: mailboxes.create(data))

    @patch("/{mailbox_id:uuid}", response_headers=[ETAG])
    async def change_mailbox(
        self,
        mailbox_id: FromPath[UUID],
        data: JSONBody[MailboxPatch],
        mailboxes: NamedDependency[MailboxService],
        expected: NamedDependency[int],
    ) -> Response[MailboxView]:
        """Change a mailbox; fields left out stay. One that is not active takes no mail: the sending server keeps it."""
        view = await mailboxes.change(mailbox_id, data, expected)
        return tagged(view, view.version)
