"""Telling colleagues of a reminder; the handler of outbox topic `contacts.tellReminder`."""

from collections.abc import Callable
from uuid import UUID

from backend.contacts.reminders.service import tell
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Effect
from backend.kit.work import Work


class ReminderTeller:
    """Outbox handler; whoever has the question when it runs is told, once a day.

    Args:
        work: makes the unit of work of a job.
    """

    def __init__(self, work: Callable[[UnitOfWork, Effect], Work]) -> None:
        self._work = work

    async def __call__(self, uow: UnitOfWork, effect: Effect) -> None:
        """Tell; nothing when the question has been answered meanwhile."""
        await tell(self._work(uow, effect), UUID(effect.ids["question"]))
