"""JSON shapes of notices."""

from datetime import datetime
from uuid import UUID

from backend.contacts.notices.rules import NoticeKind
from backend.contacts.rules import State
from backend.kit.schema import Page, View


class NoticeView(View):
    """Why a question needs you; `readAt` is absent until you read it."""

    id: UUID
    kind: NoticeKind
    at: datetime
    read_at: datetime | None = None
    question_id: UUID
    reference: str
    subject: str
    state: State
    deadline: datetime


class NoticePage(Page):
    """Notices: first what was not read, then what was, the newest first."""

    items: list[NoticeView]
