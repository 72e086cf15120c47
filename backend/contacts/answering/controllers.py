"""Resource: questions (an answer before it leaves)."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.contacts.answering.schemas import AnswerPreview, AnswerPreviewView
from backend.contacts.answering.service import PreviewService
from backend.crm.customers.service import CustomerService
from backend.kit.operation import post
from backend.kit.work import Work


def provide_previews(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> PreviewService:
    """Dependency `previews`."""
    return PreviewService(work, request.app.state.platform.letters(work), CustomerService(work))


class AnswerPreviewController(Controller):
    """A look at the mail before it leaves."""

    path = "/questions/{question_id:uuid}/answer/preview"
    tags = ["contacts"]
    dependencies = {"previews": Provide(provide_previews, sync_to_thread=False)}

    @post(problems=[404], status_code=200)
    async def preview_answer(
        self, question_id: FromPath[UUID], data: JSONBody[AnswerPreview], previews: NamedDependency[PreviewService]
    ) -> AnswerPreviewView:
        """Show the mail of an answer exactly as it would leave, and what to think of first; nothing is kept."""
        return await previews.preview(question_id, data)
