"""Resource: dead letters."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work
from backend.notifications.schemas import DeadLetterPage, DeadLetterView
from backend.notifications.service import DeadLetterService


def provide_dead_letters(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> DeadLetterService:
    """Dependency `dead_letters`."""
    return DeadLetterService(work, request.app.state.platform.messages_seen)


class DeadLetterController(Controller):
    """What did not leave."""

    path = "/dead-letters"
    tags = ["notifications"]
    dependencies = {"dead_letters": Provide(provide_dead_letters, sync_to_thread=False)}

    @get()
    async def list_dead_letters(
        self, dead_letters: NamedDependency[DeadLetterService], page: NamedDependency[PageRequest]
    ) -> DeadLetterPage:
        """Effects that did not come about after the last try, newest first."""
        return await dead_letters.page(page)

    @post("/{dead_letter_id:uuid}/replay", problems=[404], status_code=200)
    async def replay_dead_letter(
        self, dead_letter_id: FromPath[UUID], dead_letters: NamedDependency[DeadLetterService]
    ) -> DeadLetterView:
        """Try again from the start; 404 when it is not dead (any more)."""
        return await dead_letters.replay(dead_letter_id)
