"""The monitor: reads what was counted last, and has it counted again when that is old; nobody waits for counting."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from backend.contacts.lists.rules import BUCKETS, Bucket, bucket_sort
from backend.contacts.lists.service import DepartmentTally, QuestionLists, Scope
from backend.contacts.questions.schemas import QuestionPage
from backend.contacts.reminders.schemas import ReminderView
from backend.contacts.reminders.service import ReminderService
from backend.contacts.rules import Placer
from backend.kit.db import encode_json
from backend.kit.outbox import awaiting
from backend.kit.paging import PageRequest
from backend.kit.problems import invalid_input
from backend.kit.reach import EVERYTHING
from backend.kit.schema import given
from backend.kit.work import Work
from backend.routing.monitor.rules import FRESH, STALE, is_silent
from backend.routing.monitor.schemas import DepartmentMonitor, MonitorCounts, MonitorView, ReminderCreate
from backend.routing.rules import USUAL

COUNT = "routing.countOpen"
"""Outbox topic; no ids."""

MOST = 500
"""Questions reminded of at once."""

_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('routing.countOpen', 7421006))"
_AS_OF = "SELECT min(as_of) FROM open_tally"
_FORGET = "DELETE FROM open_tally"
_KEEP = """
INSERT INTO open_tally (department_id, shielded, as_of, content)
SELECT department_id, shielded, $4, content
  FROM unnest($1::uuid[], $2::boolean[], $3::jsonb[]) AS tally (department_id, shielded, content)
"""
_READ = "SELECT as_of, content FROM open_tally"
_SHOWN = "SELECT id FROM department WHERE (NOT sensitive OR id = ANY($1::uuid[])) AND id = coalesce($2, id) ORDER BY id"
_FIELDS = msgspec.structs.fields(MonitorCounts)


class MonitorService:
    """All open questions of the city, as far as the person may know of them."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lists = QuestionLists(work)

    async def view(self) -> MonitorView:
        """The numbers as they were counted last."""
        work = self._work
        rows = await work.uow.fetch(_READ)
        if not rows:  # nobody ever counted
            async with work.uow.reaching(EVERYTHING):
                await self.count()
            rows = await work.uow.fetch(_READ)
        as_of = min((row["as_of"] for row in rows), default=work.now)
        if work.now - as_of > STALE and not await awaiting(work.uow, COUNT):
            work.outbox.add(COUNT, work.now)
        work.trail.record("monitor")
        tallies = [msgspec.convert(row["content"], DepartmentTally) for row in rows]
        departments = [self._department(one) for one in _merged(tallies) if one.counts["open"]]
        departments.sort(key=lambda one: (-one.counts.overdue, -one.counts.open, one.department_id))
        return MonitorView(as_of=as_of, counts=_sum(tallies), departments=departments)

    async def count(self) -> bool:
        """Count all that is open, unless somebody did so just now or is doing it; gives whether it was counted."""
        work = self._work
        if not await work.uow.fetchval(_ALONE):
            return False
        as_of = await work.uow.fetchval(_AS_OF)
        if as_of is not None and work.now - as_of < FRESH:
            return False
        found = await self._lists.tally()
        await work.uow.execute(_FORGET)
        await work.uow.execute(
            _KEEP,
            [one.department_id for one in found],
            [one.shielded for one in found],
            [encode_json(one) for one in found],
            work.now,
        )
        return True

    async def questions(self, bucket: Bucket, department_id: UUID | None, page: PageRequest) -> QuestionPage:
        """The questions behind a number, the worst ones first, as they are at this moment."""
        scope = Scope(departments=await self._departments(department_id))
        return await self._lists.page(scope, BUCKETS[bucket], bucket_sort(bucket), page, name=f"monitor:{bucket}")

    async def remind(self, data: ReminderCreate, placer: Placer) -> ReminderView:
        """Remind of questions; 400 unless either ids or a bucket are given."""
        ids: Sequence[UUID] | None = given(data.question_ids)
        bucket: Bucket | None = given(data.bucket)
        if (ids is None) == (bucket is None):
            raise invalid_input("Give questionIds or bucket.", name="questionIds")
        if ids is None and bucket is not None:
            scope = Scope(departments=await self._departments(given(data.department_id)))
            ids = await self._lists.first(scope, BUCKETS[bucket], bucket_sort(bucket), MOST)
        return await ReminderService(self._work, placer).remind(ids or (), given(data.note))

    async def _departments(self, department_id: UUID | None) -> list[UUID]:
        """The departments that count for this person; of the one that is named, or of all."""
        own = list(filter(self._work.access.insider, self._work.who.departments))
        return [row["id"] for row in await self._work.uow.fetch(_SHOWN, own, department_id)]

    def _department(self, tally: DepartmentTally) -> DepartmentMonitor:
        return DepartmentMonitor(
            department_id=tally.department_id,
            counts=_counts(tally.counts),
            silent=is_silent(tally.reminded_since, tally.acted, self._work.now, USUAL.hours),
            oldest_at=tally.oldest,
            moved_at=tally.moved,
            acted_at=tally.acted,
        )


def _merged(tallies: Iterable[DepartmentTally]) -> list[DepartmentTally]:
    """One tally per department: what is shielded together with what is not."""
    found: dict[UUID, DepartmentTally] = {}
    for one in tallies:
        other = found.get(one.department_id)
        found[one.department_id] = one if other is None else _together(one, other)
    return list(found.values())


def _together(one: DepartmentTally, other: DepartmentTally) -> DepartmentTally:
    oldest = filter(None, (one.oldest, other.oldest))
    since = filter(None, (one.reminded_since, other.reminded_since))
    return msgspec.structs.replace(
        one,
        counts={name: one.counts[name] + other.counts[name] for name in BUCKETS},
        oldest=min(oldest, default=None),
        moved=max(filter(None, (one.moved, other.moved)), default=None),
        reminded_since=min(since, default=None),
    )


def _sum(tallies: Iterable[DepartmentTally]) -> MonitorCounts:
    counts = dict.fromkeys(BUCKETS, 0)
    for one in tallies:
        for name in BUCKETS:
            counts[name] += one.counts[name]
    return _counts(counts)


def _counts(counts: dict[Bucket, int]) -> MonitorCounts:
    return MonitorCounts(**{field.name: counts[field.encode_name] for field in _FIELDS})  # type: ignore[index]  # same names
