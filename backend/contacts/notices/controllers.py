"""Resource: notices to me."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from backend.contacts.notices.schemas import NoticePage, NoticeView
from backend.contacts.notices.service import NoticeService
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_notices(work: NamedDependency[Work]) -> NoticeService:
    """Dependency `notices`."""
    return NoticeService(work)


class NoticeController(Controller):
    """What I was told."""

    path = "/me/notices"
    tags = ["contacts"]
    dependencies = {"notices": Provide(provide_notices, sync_to_thread=False)}

    @get()
    async def list_notices(
        self, notices: NamedDependency[NoticeService], page: NamedDependency[PageRequest]
    ) -> NoticePage:
        """Why questions need you: what you did not read yet first, the newest first."""
        return await notices.page(page)

    @post("/{notice_id:uuid}/read", problems=[404], status_code=200)
    async def read_notice(self, notice_id: FromPath[UUID], notices: NamedDependency[NoticeService]) -> NoticeView:
        """You have read it; a second time changes nothing."""
        return await notices.read(notice_id)
