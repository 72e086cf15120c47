"""Walks over all customers, a few at a time: old keys are written anew, suggestions brought up to date."""

from collections.abc import Callable
from uuid import UUID

from uuid_utils.compat import uuid7

from backend.crm.customers.service import CustomerService
from backend.crm.matching.service import MatchService
from backend.crm.suggestions.errors import run_busy
from backend.crm.suggestions.rules import ENGINE, REWRITE_EVERY, STALLED, WALK, Scope, due_walk
from backend.crm.suggestions.schemas import MatchRunCreate, MatchRunPage, MatchRunView
from backend.crm.suggestions.service.finding import Finder
from backend.crm.suggestions.service.renewing import rewrite
from backend.crm.suggestions.service.statements import (
    LAST_RUN,
    NEXT_LIVE,
    RESTED,
    RUN,
    RUN_LOCKED,
    RUN_START,
    RUN_WALKED,
    RUNNING,
    RUNS,
)
from backend.kit.db import UniqueViolation, rows_to
from backend.kit.outbox import under_way
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import not_found
from backend.kit.work import Work

STEP = 25
"""Customers in one transaction: a fifth of a second, so that nobody waits for its locks."""
RESTAMPED = 500
WOKEN = 50
_START = UUID(int=0)


class RunService:
    """Starts, shows and walks.

    Args:
        work: the unit of work.
        customers: the customers, in the same unit of work.
    """

    def __init__(self, work: Work, customers: CustomerService) -> None:
        self._work = work
        self._customers = customers
        self._matches = MatchService(work)

    async def start(self, data: MatchRunCreate) -> MatchRunView:
        """A new run, brought about by the worker; 409 when one is under way."""
        view = await self.begin(data.scope)
        self._work.outbox.add(WALK, self._work.now, run=view.id)
        return view

    async def begin(self, scope: Scope) -> MatchRunView:
        """A new run that the caller walks; 409 when one is under way."""
        work, run_id = self._work, uuid7()
        try:
            await work.uow.execute(RUN_START, run_id, scope, work.actor, ENGINE, work.now)
        except UniqueViolation:
            raise run_busy() from None
        work.trail.record("matchRun", [run_id])
        return await self.get(run_id)

    async def get(self, run_id: UUID) -> MatchRunView:
        """One run; 404."""
        row = await self._work.uow.fetchrow(RUN, run_id)
        if row is None:
            raise not_found("run")
        return MatchRunView(**row)

    async def running(self) -> MatchRunView | None:
        """The run that is under way."""
        row = await self._work.uow.fetchrow(RUNNING)
        return None if row is None else MatchRunView(**row)

    async def page(self, page: PageRequest) -> MatchRunPage:
        """Runs, the newest first."""
        after = decode_cursor(page.cursor, (UUID,), scope="matchRuns")[0] if page.cursor else None
        rows = await self._work.uow.fetch(RUNS, after, page.limit + 1)
        items = rows_to(MatchRunView, rows[: page.limit])
        if len(rows) > page.limit:
            return MatchRunPage(items=items, next=encode_cursor((items[-1].id,), scope="matchRuns"))
        return MatchRunPage(items=items)

    async def step(self, run_id: UUID, clock: Callable[[], float], *, most: int = STEP) -> bool:
        """Look at the next customers of a run; gives whether there are more.

        Where it is, is committed with what it found: a run that is cut off goes on from there. Two who walk at once
        take turns.

        Args:
            run_id: which run.
            clock: seconds, to count the time it took.
            most: customers at most.
        """
        begun = clock()
        row = await self._work.uow.fetchrow(RUN_LOCKED, run_id)
        if row is None or row["state"] != "running":
            return False
        finder = Finder(self._work, self._customers)
        rewritten = await rewrite(self._work, self._customers, most)
        customers = rewritten
        if row["scope"] == "all":  # first every key, so that nobody is looked for who cannot be found yet
            customers = [] if rewritten else await self._next(row["cursor"] or _START, most)
        if not rewritten and row["cursor"] is None:
            await self._matches.count_names()
        counts = await finder.refresh(customers)
        more = bool(customers or rewritten) or await finder.restamp(RESTAMPED) > 0
        last = customers[-1] if customers else None
        numbers = (len(customers), len(rewritten), counts.created, counts.reopened, counts.closed, clock() - begun)
        await self._work.uow.execute(RUN_WALKED, run_id, last, *numbers, self._work.now, not more)
        return more

    async def _next(self, after: UUID, most: int) -> list[UUID]:
        return [row["id"] for row in await self._work.uow.fetch(NEXT_LIVE, after, most)]

    async def sweep(self) -> int:
        """Start what is due, take up what was left; gives how many things there were.

        A run whose worker was lost goes on; keys of an older version (new weights, a new key) are written anew at once;
        once a week, at night, everybody is looked at. A suggestion whose rest is over comes back.
        """
        rested = [row["first_id"] for row in await self._work.uow.fetch(RESTED, self._work.now, WOKEN)]
        if rested:
            await Finder(self._work, self._customers).refresh(list(dict.fromkeys(rested)))
        return len(rested) + await self._plan()

    async def _plan(self) -> int:
        now = self._work.now
        if (run := await self.running()) is not None:
            stalled = now - run.changed_at > STALLED and not await under_way(self._work.uow, WALK)
            if stalled:
                self._work.outbox.add(WALK, now, run=run.id)
            return int(stalled)
        if due_walk(await self._work.uow.fetchval(LAST_RUN, "all", ENGINE), now):
            await self.start(MatchRunCreate(scope="all"))
            return 1
        last = await self._work.uow.fetchval(LAST_RUN, "outdated", ENGINE)
        if (last is None or now - last > REWRITE_EVERY) and await self._matches.outdated(1):
            await self.start(MatchRunCreate(scope="outdated"))
            return 1
        return 0
