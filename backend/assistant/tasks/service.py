"""Raises what has to be done about flows, tells who owns them, and closes what is done."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.assistant.tasks.rules import MAIL, Cause, Looked, TaskKind, causes
from backend.assistant.tasks.schemas import FlowTaskPage, FlowTaskView
from backend.assistant.versions.service import counting, person
from backend.catalogue.products.service import referenced
from backend.kit.clock import BRUSSELS
from backend.kit.db import Row, UnitOfWork
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import conflict, not_found
from backend.kit.work import Work

_SCOPE = "flowTasks"
_SHOWN = """
SELECT t.id, f.slug AS flow, t.version_id, v.number, t.kind, t.product_ref, f.owner_department_id AS department_id,
       t.raised_at, t.done_at, t.done_by, u.name AS done_by_name, t.note, t.gone_at, t.version
  FROM flow_task t JOIN flow f ON f.id = t.flow_id JOIN flow_version v ON v.id = t.version_id
  LEFT JOIN app_user u ON u.id = t.done_by
"""
_PAGE = f"""
{_SHOWN}
 WHERE ($1::text IS NULL OR f.slug = $1)
   AND ($2::boolean IS NULL OR (t.done_at IS NOT NULL) > $2 OR (t.done_at IS NOT NULL) = $2 AND t.id < $3::uuid)
 ORDER BY t.done_at IS NOT NULL, t.id DESC LIMIT $4
"""
_ONE = f"{_SHOWN} WHERE t.id = $1"
_LOCK = "SELECT version, done_at FROM flow_task WHERE id = $1 FOR UPDATE"
_FINISH = "UPDATE flow_task SET done_at = $2, done_by = $3, note = $4, version = version + 1 WHERE id = $1"
_STANDING = "SELECT id, flow_id, kind, product_ref FROM flow_task WHERE gone_at IS NULL"
_RAISE = """
INSERT INTO flow_task (id, flow_id, version_id, kind, product_ref, raised_at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (flow_id, kind, product_ref) WHERE gone_at IS NULL DO NOTHING RETURNING id
"""
_GONE = """
UPDATE flow_task SET gone_at = $2, done_at = coalesce(done_at, $2), version = version + 1 WHERE id = ANY($1::uuid[])
"""
_ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(hashtextextended('flow_task', 3501))"
# Of the owner's department; where nobody edits there, all who edit; else who administers.
_OWNERS = """
WITH held AS (
    SELECT u.id, m.department_id = $1 AS own, m.roles FROM app_user u JOIN membership m ON m.user_id = u.id
     WHERE u.active AND u.email IS NOT NULL AND u.kind = 'person'
    UNION ALL
    SELECT u.id, false, u.roles FROM app_user u WHERE u.active AND u.email IS NOT NULL AND u.kind = 'person'),
ranked AS (
    SELECT id, CASE WHEN 'productEditor' = ANY(roles) AND own THEN 1 WHEN 'productEditor' = ANY(roles) THEN 2
                    WHEN 'administrator' = ANY(roles) THEN 3 END AS rank FROM held)
SELECT DISTINCT id FROM ranked WHERE rank = (SELECT min(rank) FROM ranked) ORDER BY id
"""
_DUE = """
SELECT t.id, t.kind, t.product_ref, t.raised_at, f.slug, v.document -> 'title' AS title,
       least(v.review_by, v.valid_until) AS review_by, u.email AS recipient
  FROM flow_task t JOIN flow f ON f.id = t.flow_id JOIN flow_version v ON v.id = t.version_id
  JOIN app_user u ON u.id = $2 AND u.active AND u.email IS NOT NULL
 WHERE t.id = $1 AND t.done_at IS NULL FOR UPDATE OF t
"""
_MAILED = "UPDATE flow_task SET mailed_at = coalesce(mailed_at, $2) WHERE id = $1"


class TaskService:
    """What has to be done about flows.

    Args:
        work: the unit of work.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    async def page(self, page: PageRequest, flow: str | None = None) -> FlowTaskPage:
        """Tasks, what is open first, the newest first."""
        scope = f"{_SCOPE} {flow}"
        after = decode_cursor(page.cursor, (bool, UUID), scope=scope) if page.cursor else (None, None)
        rows = await self._work.uow.fetch(_PAGE, flow, *after, page.limit + 1)
        items = [_view(row) for row in rows[: page.limit]]
        if len(rows) > page.limit:
            last = (items[-1].done_at is not None, items[-1].id)
            return FlowTaskPage(items=items, next=encode_cursor(last, scope=scope))
        return FlowTaskPage(items=items)

    async def finish(self, task_id: UUID, note: str | None, expected: int) -> FlowTaskView:
        """It is done, or needs no doing; the same cause raises no second task. 404, 409 `taskDone`, 412."""
        work = self._work
        row = await work.uow.fetchrow(_LOCK, task_id)
        if row is None:
            raise not_found("task")
        check_version(expected, row["version"])
        if row["done_at"]:
            raise conflict("taskDone", "This task is done already.")
        await work.uow.execute(_FINISH, task_id, work.now, work.actor, note)
        work.trail.record("flowTask", [task_id], fields=["doneAt"])
        return await self._one(task_id)

    async def sweep(self) -> int:
        """Look at the version of every flow that counts: raise what has to be done, close what is gone.

        Returns:
            How many were raised or closed.
        """
        work = self._work
        if not await work.uow.fetchval(_ONE_AT_A_TIME):
            return 0
        day = work.now.astimezone(BRUSSELS).date()
        rows = await counting(work.uow, day)
        known = await referenced(work.uow, {ref for row in rows for ref in row["products"]})
        products = {ref: product.published for ref, product in known.items()}
        published = frozenset(row["slug"] for row in rows)
        wanted: dict[tuple[UUID, TaskKind, str], UUID] = {}
        last = _last_days(rows)
        for row in rows:
            for kind, about in causes(_looked(row, last.get(row["flow_id"])), day, products, published):
                wanted.setdefault((row["flow_id"], kind, about), row["id"])
        standing = {
            (row["flow_id"], row["kind"], row["product_ref"]): row["id"] for row in await work.uow.fetch(_STANDING)
        }
        gone = [task for cause, task in standing.items() if cause not in wanted]
        await self._close(gone)
        fresh = [(cause, version) for cause, version in wanted.items() if cause not in standing]
        for (flow_id, kind, about), version_id in fresh:
            await self._raise(flow_id, version_id, (kind, about))
        return len(gone) + len(fresh)

    async def _close(self, gone: list[UUID]) -> None:
        if gone:
            await self._work.uow.execute(_GONE, gone, self._work.now)
            self._work.trail.record("flowTask", gone, fields=["goneAt"])

    async def _raise(self, flow_id: UUID, version_id: UUID, cause: Cause) -> None:
        work = self._work
        task_id = await work.uow.fetchval(_RAISE, uuid7(), flow_id, version_id, *cause, work.now)
        if task_id is None:
            return
        owner = await work.uow.fetchval("SELECT owner_department_id FROM flow WHERE id = $1", flow_id)
        for row in await work.uow.fetch(_OWNERS, owner):
            work.outbox.add(MAIL, work.now, task=task_id, user=row["id"])
        work.trail.record("flowTask", [task_id], fields=["raisedAt"])

    async def _one(self, task_id: UUID) -> FlowTaskView:
        row = await self._work.uow.fetchrow(_ONE, task_id)
        if row is None:
            raise not_found("task")
        return _view(row)


class DueTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task to mail."""

    id: UUID
    kind: TaskKind
    product_ref: str
    raised_at: datetime
    slug: str
    title: str | dict[str, str]
    review_by: date | None
    recipient: str

    @property
    def of_product(self) -> bool:
        """Whether it is about a product of the catalogue."""
        return self.kind in {"productWithdrawn", "productUnknown"}


async def due(uow: UnitOfWork, task_id: UUID, user_id: UUID) -> DueTask | None:
    """A task to mail to somebody; None when it is done, or the person is not there any more."""
    row = await uow.fetchrow(_DUE, task_id, user_id)
    return DueTask(**{name: row[name] for name in DueTask.__struct_fields__}) if row else None


async def mailed(uow: UnitOfWork, task_id: UUID, at: datetime) -> None:
    """The mail server took it."""
    await uow.execute(_MAILED, task_id, at)


def _last_days(rows: Sequence[Row]) -> dict[UUID, date]:
    """The day after which nothing of a flow counts any more, by id of the flow; those that go on are left out."""
    ends: dict[UUID, list[date | None]] = {}
    for row in rows:
        ends.setdefault(row["flow_id"], []).append(row["valid_until"])
    return {flow: max(filter(None, days)) for flow, days in ends.items() if all(days)}


def _looked(row: Row, last: date | None) -> Looked:
    """A flow that ends is to be looked at before, like one whose review is due."""
    days = [day for day in (row["review_by"], last) if day]
    return Looked(
        slug=row["slug"],
        products=_texts(row["products"]),
        flows=_texts(row["flows"]),
        review_by=min(days, default=None),
    )


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _view(row: Row) -> FlowTaskView:
    return FlowTaskView(
        id=row["id"],
        flow=row["flow"],
        version_id=row["version_id"],
        number=row["number"],
        kind=row["kind"],
        about=row["product_ref"] or None,
        department_id=row["department_id"],
        raised_at=row["raised_at"],
        done_at=row["done_at"],
        done_by=person(row["done_by"], row["done_by_name"]),
        note=row["note"],
        gone_at=row["gone_at"],
        version=row["version"],
    )
