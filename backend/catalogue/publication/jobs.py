"""Keeping our stream up to date: the handler of outbox topic `catalogue.publish`, and the sweep behind it."""

from collections.abc import Callable

from backend.catalogue.publication.service import PublicationService
from backend.catalogue.rules.publication import Stream
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Effect
from backend.kit.work import Work


class Publisher:
    """Outbox handler; the effect says no more than that there may be something, so doubled ones are harmless.

    Args:
        work: makes the unit of work of a job.
        stream: where our stream is.
    """

    def __init__(self, work: Callable[[UnitOfWork, Effect], Work], stream: Stream) -> None:
        self._work = work
        self._stream = stream

    async def __call__(self, uow: UnitOfWork, effect: Effect) -> None:
        """Append what changed."""
        await PublicationService(self._work(uow, effect), self._stream).publish()
