"""Counting for the monitor: the handler of outbox topic `routing.countOpen`, and the sweep behind it."""

from collections.abc import Callable

from backend.kit.db import UnitOfWork
from backend.kit.outbox import Effect
from backend.kit.work import Work
from backend.routing.monitor.service import MonitorService


class Counter:
    """Outbox handler; doubled effects are harmless, as nobody counts twice in ten seconds.

    Args:
        work: makes the unit of work of a job.
    """

    def __init__(self, work: Callable[[UnitOfWork, Effect], Work]) -> None:
        self._work = work

    async def __call__(self, uow: UnitOfWork, effect: Effect) -> None:
        """Count."""
        await MonitorService(self._work(uow, effect)).count()
