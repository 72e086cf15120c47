"""Effects that did not come about: shown to a person, who can have them tried again."""

from datetime import datetime
from uuid import UUID

from backend.kit.db import rows_to
from backend.kit.outbox import dead_letters, replay
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import not_found
from backend.kit.work import Work
from backend.notifications.schemas import DeadLetterPage, DeadLetterView

_SCOPE = "deadLetters"


class DeadLetterService:
    """The dead rows of the outbox."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def page(self, page: PageRequest) -> DeadLetterPage:
        """Dead letters, newest first."""
        before: tuple[datetime, UUID] | None = None
        if page.cursor:
            dead_at, dead_id = decode_cursor(page.cursor, (datetime, UUID), scope=_SCOPE)
            before = (dead_at, dead_id)
        rows = await dead_letters(self._work.uow, page.limit + 1, before)
        views = rows_to(DeadLetterView, rows[: page.limit])
        if len(rows) > page.limit:
            last = views[-1]
            return DeadLetterPage(items=views, next=encode_cursor((last.dead_at, last.id), scope=_SCOPE))
        return DeadLetterPage(items=views)

    async def replay(self, dead_letter_id: UUID) -> DeadLetterView:
        """Make it due now, as if it had never been tried; 404 when it is not dead."""
        row = await replay(self._work.uow, dead_letter_id)
        if row is None:
            raise not_found("dead letter")
        self._work.trail.record("deadLetter", [dead_letter_id])
        self._work.outbox.nudge()
        return DeadLetterView(**row)
