"""Resource: mails that came in."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.contacts.attachments.rules import disposition
from backend.contacts.inbound.rules import Sign, reader
from backend.contacts.inbound.schemas import (
    InboundMailDetail,
    InboundMailDismissal,
    InboundMailPage,
    InboundMailRelease,
    InboundMailView,
    MailState,
)
from backend.contacts.inbound.service import InboundService
from backend.kit.idempotency import Once
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work

SAFE = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}
"""Whatever a browser makes of a mail all the same, it runs nothing and loads nothing."""


def provide_inbound(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> InboundService:
    """Dependency `inbound`."""
    platform = request.app.state.platform
    settings = platform.settings
    return InboundService(work, platform.placer(work), reader(settings.mail_from, settings.spam_headers))


class InboundMailController(Controller):
    """Mail that came in: what became of it, and what waits in quarantine."""

    path = "/inboundMails"
    tags = ["contacts"]
    dependencies = {"inbound": Provide(provide_inbound, sync_to_thread=False)}

    @get()
    async def list_inbound_mails(
        self,
        inbound: NamedDependency[InboundService],
        page: NamedDependency[PageRequest],
        in_state: Annotated[
            MailState | None, QueryParameter(name="state", description="Only mails in this state")
        ] = None,
        mark: Annotated[Sign | None, QueryParameter(description="Only mails with this mark")] = None,
        mailbox: Annotated[UUID | None, QueryParameter(description="Only mails of this mailbox")] = None,
    ) -> InboundMailPage:
        """Mails that came in, the newest first: those in quarantine, those that a filter calls spam."""
        return await inbound.page(page, state=in_state, mark=mark, mailbox_id=mailbox)

    @get("/{mail_id:uuid}", problems=[404])
    async def get_inbound_mail(
        self, mail_id: FromPath[UUID], inbound: NamedDependency[InboundService]
    ) -> InboundMailDetail:
        """One mail, with what can be read of it as long as it is no question; the look is logged."""
        return await inbound.get(mail_id)

    @get("/{mail_id:uuid}/content", problems=[404, 409], media_type="application/octet-stream")
    async def download_inbound_mail(
        self, mail_id: FromPath[UUID], inbound: NamedDependency[InboundService]
    ) -> Response[bytes]:
        """A mail just as it came, to be saved, as long as it is no question; every download is logged."""
        content = await inbound.raw(mail_id)
        headers = {**SAFE, "Content-Disposition": disposition(f"{mail_id}.eml")}
        return Response(content, media_type="application/octet-stream", headers=headers)

    @post("/{mail_id:uuid}/retry", status_code=200, problems=[404, 409])
    async def retry_inbound_mail(
        self, mail_id: FromPath[UUID], inbound: NamedDependency[InboundService]
    ) -> InboundMailView:
        """Have a mail in quarantine read once more."""
        return await inbound.retry(mail_id)

    @post("/{mail_id:uuid}/release", problems=[404, 409, 422])
    async def release_inbound_mail(
        self,
        mail_id: FromPath[UUID],
        data: JSONBody[InboundMailRelease],
        inbound: NamedDependency[InboundService],
        once: NamedDependency[Once],
    ) -> Response[InboundMailView]:
        """Make a question of a mail in quarantine by hand, or more about a question; nothing is sent to its sender."""
        return await once.run((mail_id, data), lambda: inbound.release(mail_id, data))

    @post("/{mail_id:uuid}/dismiss", status_code=200, problems=[404, 409])
    async def dismiss_inbound_mail(
        self,
        mail_id: FromPath[UUID],
        data: JSONBody[InboundMailDismissal],
        inbound: NamedDependency[InboundService],
    ) -> InboundMailView:
        """Put a mail in quarantine aside, with the reason; it stays, among those that are `ignored`."""
        return await inbound.dismiss(mail_id, data)
