"""Effects that did not come about: shown to a person, who can have them tried again."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET

from backend.kit.db import rows_to
from backend.kit.outbox import dead_letters, replay
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import not_found
from backend.kit.schema import given
from backend.kit.work import Work
from backend.notifications.schemas import DeadLetterPage, DeadLetterView

_SCOPE = "deadLetters"


Seen = Callable[[Work, Collection[UUID]], Awaitable[set[UUID]]]
"""Which of these messages are about nothing that is shielded from the person."""


class DeadLetterService:
    """The dead rows of the outbox.

    Args:
        work: the unit of work.
        seen: asks the module that owns messages what may be known of them.
    """

    def __init__(self, work: Work, seen: Seen) -> None:
        self._work = work
        self._seen = seen

    async def page(self, page: PageRequest) -> DeadLetterPage:
        """Dead letters, newest first."""
        before: tuple[datetime, UUID] | None = None
        if page.cursor:
            dead_at, dead_id = decode_cursor(page.cursor, (datetime, UUID), scope=_SCOPE)
            before = (dead_at, dead_id)
        rows = await dead_letters(self._work.uow, page.limit + 1, before)
        read = rows_to(DeadLetterView, rows[: page.limit])
        views = await self._shielded(read)
        if len(rows) > page.limit:
            last = read[-1]
            return DeadLetterPage(items=views, next=encode_cursor((last.dead_at, last.id), scope=_SCOPE))
        return DeadLetterPage(items=views)

    async def replay(self, dead_letter_id: UUID) -> DeadLetterView:
        """Make it due now, as if it had never been tried; 404 when it is not dead."""
        row = await replay(self._work.uow, dead_letter_id)
        if row is None:
            raise not_found("dead letter")
        self._work.trail.record("deadLetter", [dead_letter_id])
        self._work.outbox.nudge()
        return (await self._shielded([DeadLetterView(**row)]))[0]

    async def _shielded(self, views: Sequence[DeadLetterView]) -> list[DeadLetterView]:
        """Letters about shielded questions: an administrator keeps the system going and sees that they are there."""
        about = {view.id: message for view in views if (message := _message(view)) is not None}
        seen = await self._seen(self._work, about.values()) if about else set()
        hidden = {letter for letter, message in about.items() if message not in seen}
        if "administrator" not in self._work.who.roles:
            return [view for view in views if view.id not in hidden]
        return [msgspec.structs.replace(view, ids=UNSET) if view.id in hidden else view for view in views]


def _message(view: DeadLetterView) -> UUID | None:
    """The message that did not leave, when it is about one."""
    ids = given(view.ids) or {}
    try:
        return UUID(str(ids["message"]))
    except (KeyError, ValueError):
        return None
