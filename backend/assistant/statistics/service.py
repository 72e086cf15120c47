"""Counting steps, and what the counts say."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
import structlog

from backend.assistant.rules import Program, say
from backend.assistant.statistics.rules import Edge, Figures, Step, days_of, figures, titles
from backend.assistant.statistics.schemas import (
    FlowDay,
    FlowFigures,
    FlowOutcomeFigures,
    FlowQuestionFigures,
    FlowStatistics,
    FlowStepFigures,
    FlowTotals,
)
from backend.assistant.versions.service import FlowStore
from backend.contacts.rules import Mode
from backend.kit.clock import BRUSSELS
from backend.kit.db import Database
from backend.kit.problems import invalid_input
from backend.kit.work import Work

log = structlog.get_logger("assistant")

SLOTS = 8
"""Rows over which one count is spread, so that visitors at the same moment do not wait for one another."""
COUNT_SECONDS = 1.0
"""Counting a step of a citizen takes at most this long; the answer waits for it."""
USUAL_DAYS, MOST_DAYS = 30, 732

_COUNT = """
INSERT INTO flow_passage AS p (day, flow, version, mode, from_node, to_kind, to_node, slot, count)
SELECT $1::date, $2::text, $3::int, $4::text, e.source, e.kind, e.target, $8::smallint, e.times
  FROM unnest($5::text[], $6::text[], $7::text[], $9::bigint[]) AS e(source, kind, target, times)
 WHERE {so}
 ORDER BY e.source, e.kind, e.target
ON CONFLICT (day, flow, version, mode, from_node, to_kind, to_node, slot) DO UPDATE SET count = p.count + excluded.count
"""
"""Counts of one statement lock their rows in one order, in one slot: two of them never wait for each other in turn."""
_DURABLY = _COUNT.format(so="true")
_QUICKLY = _COUNT.format(so="set_config('synchronous_commit', 'off', true) IS NOT NULL")
"""Losing the last half second of counts in a crash is nothing, waiting for the disk at every step is."""
_READ = """
SELECT flow, version, mode, {day} AS day, from_node, to_kind, to_node, sum(count)::bigint AS count
  FROM flow_passage
 WHERE day BETWEEN $1 AND $2 AND ($3::text IS NULL OR flow = $3) AND ($4::int IS NULL OR version = $4)
   AND ($5::text IS NULL OR mode = $5)
 GROUP BY flow, version, mode, {day}, from_node, to_kind, to_node
"""
_EDGES = _READ.format(day="NULL::date")
_DAYS = _READ.format(day="day")

Key = tuple[str, int, Mode]
"""Flow, version, mode."""


class FlowsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which figures are asked for; days in Brussels, both included, the last 30 without them."""

    first: date | None = None
    last: date | None = None
    flow: str | None = None
    version: int | None = None
    mode: Mode | None = None


class PassageCounter:
    """Counts what citizens do, apart from what they are answered: a step is taken whether or not it is counted.

    Args:
        database: where counts are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, program: Program, mode: Mode, day: date, edges: Sequence[Edge]) -> None:
        """Count these steps, or log that it could not be done."""
        if not edges:
            return
        values = _counting(program, mode, day, edges)
        try:
            async with asyncio.timeout(COUNT_SECONDS), self._database.transaction() as uow:
                await uow.execute(_QUICKLY, *values)
        except Exception as error:  # noqa: BLE001 whatever it is, who takes a flow is not to be refused for it
            log.warning("passages_not_counted", flow=program.flow.flow, fault=type(error).__name__)


class StatisticsService:
    """Counts within a unit of work, and reads counts.

    Args:
        work: the unit of work.
        flows: published versions, for the titles.
    """

    def __init__(self, work: Work, flows: FlowStore) -> None:
        self._work = work
        self._flows = flows

    async def count(self, program: Program, mode: Mode, day: date, edges: Sequence[Edge]) -> None:
        """Count these steps when the unit of work commits; what cannot be counted is logged and holds up nothing."""
        if not edges:
            return
        values = _counting(program, mode, day, edges)
        uow = self._work.uow
        await uow.execute("SAVEPOINT passages")
        try:
            await uow.execute(_DURABLY, *values)
        except Exception as error:  # noqa: BLE001 a registration is not lost for a count
            await uow.execute("ROLLBACK TO SAVEPOINT passages")
            log.warning("passages_not_counted", flow=program.flow.flow, fault=type(error).__name__)

    async def read(self, asked: FlowsAsked) -> FlowStatistics:
        """Figures per flow, version and mode; 400 for a period that is none."""
        last = asked.last or self._work.now.astimezone(BRUSSELS).date()
        first = asked.first or last - min(timedelta(days=USUAL_DAYS - 1), last - date.min)
        if not timedelta() <= last - first < timedelta(days=MOST_DAYS):
            raise invalid_input(f"From and to are in order, at most {MOST_DAYS} days.", where="query", name="from")
        given = (first, last, asked.flow, asked.version, asked.mode)
        whole, daily = dict[Key, list[Step]](), dict[Key, list[tuple[date, Step]]]()
        for row in await self._work.uow.fetch(_EDGES, *given):
            whole.setdefault((row["flow"], row["version"], row["mode"]), []).append(_step(row))
        for row in await self._work.uow.fetch(_DAYS, *given):
            daily.setdefault((row["flow"], row["version"], row["mode"]), []).append((row["day"], _step(row)))
        items = [await self._flow(key, steps, daily[key]) for key, steps in sorted(whole.items())]
        totals = FlowTotals(
            started=sum(one.started for one in items),
            finished=sum(one.finished for one in items),
            handed_over=sum(one.handed_over for one in items),
            stopped=sum(one.stopped for one in items),
        )
        return FlowStatistics(first=first, last=last, totals=totals, items=items)

    async def _flow(self, key: Key, steps: list[Step], daily: list[tuple[date, Step]]) -> FlowFigures:
        flow, version, mode = key
        served = await self._flows.version(flow, version)
        program = served.program if served else None
        found, called = figures(steps, program), titles(program)
        return FlowFigures(
            flow=flow,
            version=version,
            mode=mode,
            title=say(program.flow.title, "nl") if program else None,
            started=found.started,
            finished=found.finished,
            handed_over=found.handed_over,
            stopped=found.stopped,
            outcomes=[FlowOutcomeFigures(id=one, title=called.get(one), times=n) for one, n in found.outcomes.items()],
            questions=[
                FlowQuestionFigures(
                    **msgspec.structs.asdict(one), title=called.get(one.id), dropped_off=one.dropped_off
                )
                for one in found.questions
            ],
            steps=_steps(daily),
            days=[_day(day, figures(taken, program)) for day, taken in days_of(daily).items()],
        )


def _steps(daily: list[tuple[date, Step]]) -> list[FlowStepFigures]:
    """Every step that was taken, from the start on, and on which days."""
    found: dict[Edge, dict[str, int]] = {}
    for day, step in sorted(daily, key=lambda one: one[0]):
        found.setdefault(step.edge, {})[day.isoformat()] = step.count
    return [
        FlowStepFigures(source=edge.source, kind=edge.kind, target=edge.target, times=sum(days.values()), days=days)
        for edge, days in sorted(found.items())
    ]


def _day(day: date, found: Figures) -> FlowDay:
    return FlowDay(
        day=day,
        started=found.started,
        finished=found.finished,
        handed_over=found.handed_over,
        stopped=found.stopped,
    )


def _step(row: dict[str, str | int]) -> Step:
    edge = Edge(row["from_node"], row["to_kind"], row["to_node"])  # type: ignore[arg-type] # as the table checks
    return Step(edge=edge, count=int(row["count"]))


def _counting(program: Program, mode: Mode, day: date, edges: Sequence[Edge]) -> tuple[object, ...]:
    """The values of `_COUNT`; a step that is taken twice is one row."""
    times = Counter(edges)
    return (
        day,
        program.flow.flow,
        program.flow.version,
        mode,
        [one.source for one in times],
        [one.kind for one in times],
        [one.target for one in times],
        random.randrange(SLOTS),  # noqa: S311 which row is counted in is no secret
        list(times.values()),
    )
