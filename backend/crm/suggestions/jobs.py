"""What the worker does: look for suggestions about one customer, and walk over all of them, gently."""

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

import structlog

from backend.crm.customers.service import CustomerService
from backend.crm.suggestions.rules import SHARE, WALK
from backend.crm.suggestions.service import Finder, RunService
from backend.kit.db import Database, UnitOfWork
from backend.kit.outbox import Effect, Handler, SlowHandler
from backend.kit.reach import EVERYTHING
from backend.kit.work import Work

TURN_SECONDS = 20.0
"""How long one row of the outbox walks; then the next one goes on, so that stopping a worker is soon done."""

log = structlog.get_logger("matching")


class Suggester:
    """Handler of topic `crm.suggest`: what comes of a registration or a change; doing it twice does no harm."""

    def __init__(self, work: Callable[[UnitOfWork, Effect], Work]) -> None:
        self._work = work

    async def __call__(self, uow: UnitOfWork, effect: Effect) -> None:
        """Bring the suggestions about a customer up to date."""
        work = self._work(uow, effect)
        await Finder(work, CustomerService(work)).refresh([UUID(effect.ids["customer"])])


class Walker:
    """Walks over the customers, for the worker (topic `crm.matchRun`) and the command line.

    Args:
        database: where they are.
        work: makes a unit of work from a transaction and the id of what asked for it.
        clock: seconds.
        share: seconds of rest per second of work.
    """

    def __init__(
        self,
        database: Database,
        work: Callable[[UnitOfWork, str], Work],
        *,
        clock: Callable[[], float] = time.monotonic,
        share: float = SHARE,
    ) -> None:
        self._database = database
        self._work = work
        self._clock = clock
        self._share = share

    @property
    def handler(self) -> SlowHandler:
        """For the outbox."""
        return SlowHandler(self._prepare)

    async def walk(self, run_id: UUID, seconds: float | None = None) -> bool:
        """Walk for so long, or to the end; gives whether there is more to do.

        Each step is a transaction of its own; whoever is stopped in the middle of one loses that one only.
        """
        begun = self._clock()
        more = True
        while more and (seconds is None or self._clock() - begun < seconds):
            started = self._clock()
            async with self._database.transaction(EVERYTHING) as uow:
                work = self._work(uow, str(run_id))
                more = await RunService(work, CustomerService(work)).step(run_id, self._clock)
            if more and self._share:
                await asyncio.sleep((self._clock() - started) * self._share)
        return more

    async def _prepare(self, effect: Effect) -> Handler:
        run_id = UUID(effect.ids["run"])
        more = await self.walk(run_id, TURN_SECONDS)

        async def go_on(uow: UnitOfWork, effect: Effect) -> None:
            work = self._work(uow, str(effect.id))
            if more:
                work.outbox.add(WALK, work.now, run=run_id)
            else:
                log.info("match_run_done", run=str(run_id))

        return go_on
