"""Synchronising a source: the handler of outbox topic `catalogue.synchronise`, also used by the command line.

Three steps: look up what to do (a short transaction), read the stream (minutes perhaps, without any transaction), store
what was read (one transaction). A lock keeps two processes from reading the same stream at once; should it be lost, the
number of runs shows at the end that somebody else was first, and this reading is thrown away.
"""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog

from backend.catalogue.imports.schemas import ImportReport
from backend.catalogue.imports.service import CatalogueImporter, Progress, Reading, read_catalogue
from backend.catalogue.sources.rules import FAILING, LONGEST_ERROR, SourceState, pause, wants_full
from backend.catalogue.sources.service import SourceService, holder_of
from backend.kit.crypto import DecryptionFailed
from backend.kit.db import Database, UnitOfWork, encode_json
from backend.kit.ldes import Limits
from backend.kit.locks import exclusive
from backend.kit.outbox import DeadLetter, Effect, Handler, SlowHandler, TryAgain
from backend.kit.work import Work

log = structlog.get_logger("catalogue")

_PLAN = "SELECT id, name, url, api_key, every_minutes, active, failures, state FROM catalogue_source WHERE id = $1"
_SAVE = "UPDATE catalogue_source SET failures = $2, next_run_at = $3, state = $4::jsonb WHERE id = $1"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: a source as it was when the run began."""

    id: UUID
    name: str
    url: str
    every_minutes: int
    failures: int
    state: SourceState
    api_key: str | None = None
    unusable: str | None = None


class Synchroniser:
    """Synchronises sources.

    Args:
        database: where sources and the catalogue are.
        work: makes a unit of work from a transaction and the id of what asked for it.
        private: whether http and addresses inside the network are allowed.
        limits: others than the usual ones.
    """

    def __init__(
        self,
        database: Database,
        work: Callable[[UnitOfWork, str], Work],
        *,
        private: bool,
        limits: Limits | None = None,
    ) -> None:
        self._database = database
        self._work = work
        self._private = private
        self._limits = limits

    @property
    def handler(self) -> SlowHandler:
        """For the outbox."""
        return SlowHandler(self._prepare)

    async def run(
        self, source_id: UUID, *, full: bool = False, allow: bool = False, progress: Progress | None = None
    ) -> ImportReport | None:
        """Synchronise one source here and now.

        Args:
            source_id: which source.
            full: read everything, also what was seen before.
            allow: withdraw what disappeared, however much it is.
            progress: told while storing.

        Returns:
            The report; None when the source was changed meanwhile.

        Raises:
            TryAgain: somebody else is synchronising it.
            DeadLetter: there is no such source.
        """
        async with self._alone(source_id):
            plan, reading = await self._read(source_id, full=full or allow)
            async with self._database.transaction() as uow:
                return await self._store(self._work(uow, str(source_id)), plan, reading, allow=allow, progress=progress)

    async def _prepare(self, effect: Effect) -> Handler:
        source_id, full, allow = UUID(effect.ids["source"]), bool(effect.ids["full"]), bool(effect.ids["allow"])
        async with self._alone(source_id):
            plan, reading = await self._read(source_id, full=full or allow)

        async def finish(uow: UnitOfWork, effect: Effect) -> None:
            work = self._work(uow, str(effect.id))
            await self._store(work, plan, reading, allow=allow)
            # the source that is next need not wait for a sweep
            await SourceService(work, private=self._private).plan_due(ending=1)

        return finish

    @asynccontextmanager
    async def _alone(self, source_id: UUID) -> AsyncIterator[None]:
        async with exclusive(self._database, f"catalogueSource {source_id}") as held:
            if not held:
                raise TryAgain("this source is being synchronised")
            yield

    async def _read(self, source_id: UUID, *, full: bool) -> tuple[Plan, Reading]:
        async with self._database.begin() as uow:
            work = self._work(uow, str(source_id))
            plan, now = await _plan(work, source_id), work.now
        bookmark = None if full or wants_full(plan.state, now) else plan.state.bookmark
        if plan.unusable:
            return plan, Reading(catalogue=_catalogue(plan), started_at=now, error=plan.unusable)
        return plan, await read_catalogue(
            plan.url,
            name=plan.state.catalogue,
            api_key=plan.api_key,
            bookmark=bookmark,
            limits=self._limits,
            private=self._private,
        )

    async def _store(
        self, work: Work, plan: Plan, reading: Reading, *, allow: bool, progress: Progress | None = None
    ) -> ImportReport | None:
        row = await work.uow.fetchrow(f"{_PLAN} FOR UPDATE", plan.id)
        if row is None or row["url"] != plan.url or msgspec.convert(row["state"], SourceState).runs != plan.state.runs:
            log.info("catalogue_source_changed_meanwhile", source=plan.name)
            return None
        if reading.error is None and (holder := await holder_of(work, reading.catalogue, plan.id)):
            reading = msgspec.structs.replace(reading, error=f"source {holder} brings catalogue {reading.catalogue}")
        importer = CatalogueImporter(work)
        report = await importer.store(reading, allow_withdrawals=allow, source_id=plan.id, progress=progress)
        await self._save(work, plan, reading if importer.stored else None, report, reading.retry_after)
        return report

    async def _save(
        self, work: Work, plan: Plan, stored: Reading | None, report: ImportReport, retry_after: float | None
    ) -> None:
        """Where the next run goes on, and when it comes."""
        state = plan.state
        failures = 0 if stored else plan.failures + 1
        news: dict[str, object] = {
            "runs": state.runs + 1,
            "run_at": report.finished_at,
            "import_id": report.id,
            "error": report.error[:LONGEST_ERROR] if report.error else None,
        }
        if stored:
            news |= {"catalogue": stored.catalogue, "bookmark": stored.bookmark}
            if stored.mode == "full" and stored.complete:
                news |= {"full_at": report.finished_at, "held_back": report.held_back}
            elif state.held_back and not report.error:
                news["error"] = state.error  # still waits for confirmation
        every = timedelta(minutes=plan.every_minutes)
        wait = pause(every, failures, retry_after, random.random())  # noqa: S311 jitter, not a secret
        after = encode_json(msgspec.structs.replace(state, **news))
        await work.uow.execute(_SAVE, plan.id, failures, work.now + wait, after)
        if report.error:
            tell = log.error if failures >= FAILING else log.warning
            tell("catalogue_source_failed", source=plan.name, failures=failures, error=report.error[:LONGEST_ERROR])


async def _plan(work: Work, source_id: UUID) -> Plan:
    row = await work.uow.fetchrow(_PLAN, source_id)
    if row is None:
        raise DeadLetter("there is no such source")
    api_key, unusable = None, None
    if row["api_key"] is not None:
        try:
            api_key = work.keys.decrypt(row["api_key"], table="catalogue_source", column="api_key", row=source_id)
        except DecryptionFailed:
            unusable = "the api key cannot be read any more: enter it again"
    return Plan(
        id=source_id,
        name=row["name"],
        url=row["url"],
        every_minutes=row["every_minutes"],
        failures=row["failures"],
        state=msgspec.convert(row["state"], SourceState),
        api_key=api_key,
        unusable=unusable,
    )


def _catalogue(plan: Plan) -> str:
    return plan.state.catalogue or plan.url.partition("?")[0]
