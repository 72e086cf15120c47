"""Reading lists of open questions: a page costs the same at any depth; what is passed over is decided in an index."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.contacts.lists.rules import BUCKETS, IS_OPEN, ORDERS, WORKLISTS, Bucket, Sort, Worklist, moments
from backend.contacts.lists.schemas import Filters
from backend.contacts.questions.schemas import QuestionPage, QuestionSummary
from backend.contacts.questions.service import SUMMARY
from backend.contacts.rules import PRIORITIES, UNMOVED
from backend.contacts.shielding.service import visible
from backend.kit.db import Row
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.schema import changes
from backend.kit.work import Work

COUNTED = 1_000
"""How far a worklist is counted; beyond that it says that there are more."""

_FILTERS = {
    "kind": "q.kind = {}",
    "channel": "q.channel = {}",
    "product_id": "q.product_id = {}",
    "priority": "q.priority = {}",
    "state": "q.state = {}",
    "assignee_id": "q.assignee_id = {}",
    "created_since": "q.created_at >= {}",
    "created_until": "q.created_at < {}",
}
_ORDERED = f"SELECT {SUMMARY} FROM question q WHERE {{where}} ORDER BY {{order}} LIMIT {{limit}}"
_SORTED = f"""
SELECT q.* FROM (SELECT {SUMMARY} FROM question q WHERE {{where}} OFFSET 0) q ORDER BY {{order}} LIMIT {{limit}}
"""
_ACROSS = """
SELECT q.* FROM unnest({departments}::uuid[]) AS d (id) CROSS JOIN LATERAL ({ordered}) q ORDER BY {order} LIMIT {limit}
"""
_COUNT = "(SELECT count(*) FROM (SELECT FROM question q WHERE {where} LIMIT {limit}) AS found) AS {name}"
_UNMOVED = ", ".join(f"'{verb}'" for verb in sorted(UNMOVED))
_TALLY = f"""
WITH counted AS (
    SELECT q.department_id, d.sensitive OR q.confidentiality = 'sensitive' AS shielded, min(q.created_at) AS oldest,
           max(q.moved_at) AS moved, min(q.moved_at) FILTER (WHERE q.escalation > 0) AS reminded_since, {{counts}}
      FROM question q JOIN department d ON d.id = q.department_id WHERE {IS_OPEN} GROUP BY 1, 2),
acted AS (
    SELECT m.department_id, max(e.at) AS at FROM membership m CROSS JOIN LATERAL (
        SELECT e.at FROM question_event e WHERE e.actor_id = m.user_id AND e.type NOT IN ({_UNMOVED})
         ORDER BY e.at DESC LIMIT 1) e GROUP BY 1),
every AS (
    SELECT id AS department_id, sensitive AS shielded FROM department UNION SELECT department_id, shielded FROM counted)
SELECT every.department_id, every.shielded, a.at AS acted, c.oldest, c.moved, c.reminded_since, {{names}}
  FROM every LEFT JOIN counted c ON (c.department_id, c.shielded) = (every.department_id, every.shielded)
  LEFT JOIN acted a ON a.department_id = every.department_id
"""


class DepartmentTally(msgspec.Struct, frozen=True, kw_only=True):
    """The open questions of a department at one moment; `shielded`: those that exist for its insiders only.

    Attributes:
        oldest: when the oldest one was asked.
        moved: when one of them moved last.
        reminded_since: since when the one waits of which the reminder passed and that did not move for longest.
        acted: when one of the department's people did anything with any question.
    """

    department_id: UUID
    shielded: bool
    counts: dict[Bucket, int]
    oldest: datetime | None = None
    moved: datetime | None = None
    reminded_since: datetime | None = None
    acted: datetime | None = None


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Of whom: one person's, or those of these departments."""

    person: UUID | None = None
    departments: Sequence[UUID] = ()


class _Values(dict[str, str]):
    """The parameters of a statement, numbered as they are first used; moments are known by name."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self._now = now
        self.args: list[object] = []

    def __missing__(self, name: str) -> str:
        self[name] = self.bind(moments(self._now)[name])
        return self[name]

    def bind(self, value: object) -> str:
        """The place of one more value."""
        self.args.append(value)
        return f"${len(self.args)}"


class QuestionLists:
    """Lists of open questions, as far as the person sees them."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def page(
        self,
        scope: Scope,
        condition: str,
        sort: Sort,
        page: PageRequest,
        *,
        name: str,
        filters: Filters | None = None,
        in_order: bool = True,
    ) -> QuestionPage:
        """One page, recorded.

        Args:
            scope: of whom.
            condition: of `WORKLISTS` or `BUCKETS`.
            sort: the order.
            page: limit and cursor.
            name: of the list; a cursor is good for the list and order that it came from.
            filters: what narrows it further.
            in_order: there is an index in this order; otherwise the list is read as a whole.
        """
        columns, types = ORDERS[sort]
        cursor_scope = f"{name}:{sort}"
        values = _Values(self._work.now)
        where = [_whose(scope, values), condition.format_map(values), *_narrowing(filters, values)]
        if page.cursor:
            after = decode_cursor(page.cursor, types, scope=cursor_scope)
            place = ", ".join(f"q.{column}" for column in columns)
            where.append(f"({place}) > ({', '.join(map(values.bind, after))})")
        sql = _statement(scope, values, where, columns, page.limit + 1, in_order=in_order)
        rows = await self._work.uow.fetch(sql, *values.args)
        shown = rows[: page.limit]
        seen = [row for row in shown if visible(self._work, row)]
        self._work.trail.record("question", [row["id"] for row in seen], fields=["subject"])
        items = [QuestionSummary(**{**row, "priority": PRIORITIES[row["priority"]]}) for row in seen]
        if len(rows) > page.limit:
            last = tuple(shown[-1][column] for column in columns)
            return QuestionPage(items=items, next=encode_cursor(last, scope=cursor_scope))
        return QuestionPage(items=items)

    async def first(self, scope: Scope, condition: str, sort: Sort, most: int) -> list[UUID]:
        """The ids of the first questions of a list; what is done with them is for the caller to record."""
        values = _Values(self._work.now)
        where = [_whose(scope, values), condition.format_map(values)]
        rows = await self._work.uow.fetch(_statement(scope, values, where, ORDERS[sort][0], most), *values.args)
        return [row["id"] for row in rows if visible(self._work, row)]

    async def counts(self, person: UUID, department: UUID | None) -> dict[Worklist, int]:
        """How many are on each worklist, one more than `COUNTED` at most; in one statement.

        Args:
            person: whose own.
            department: of the other worklists; without one only the person's own is counted.
        """
        values = _Values(self._work.now)
        found: list[str] = []
        for name, condition in WORKLISTS.items():
            scope = Scope(person=person) if name == "mine" else Scope(departments=[department] if department else [])
            if scope.person or scope.departments:
                where = [_whose(scope, values), condition.format_map(values)]
                found.append(_COUNT.format(where=" AND ".join(where), limit=COUNTED + 1, name=f'"{name}"'))
        row = await self._work.uow.fetchrow(f"SELECT {', '.join(found)}", *values.args)
        return dict(row) if row else {}

    async def tally(self) -> list[DepartmentTally]:
        """All that is open, counted by one scan: for who sees everything, and never while somebody waits for it."""
        values = _Values(self._work.now)
        counts = ", ".join(
            f'count(*) FILTER (WHERE {condition.format_map(values)}) AS "{name}"' for name, condition in BUCKETS.items()
        )
        names = ", ".join(f'coalesce(c."{name}", 0) AS "{name}"' for name in BUCKETS)
        rows = await self._work.uow.fetch(_TALLY.format(counts=counts, names=names), *values.args)
        return [_tally(row) for row in rows]


def _tally(row: Row) -> DepartmentTally:
    fields = {name: value for name, value in row.items() if name not in BUCKETS}
    return DepartmentTally(counts={name: row[name] for name in BUCKETS}, **fields)


def _whose(scope: Scope, values: _Values) -> str:
    if scope.person:
        return f"q.assignee_id = {values.bind(scope.person)}"
    if len(scope.departments) == 1:
        return f"q.department_id = {values.bind(scope.departments[0])}"
    return "q.department_id = d.id"


def _narrowing(filters: Filters | None, values: _Values) -> list[str]:
    given: dict[str, Any] = changes(filters) if filters else {}
    if "priority" in given:
        given["priority"] = PRIORITIES.index(given["priority"])
    return [_FILTERS[name].format(values.bind(value)) for name, value in given.items()]


def _statement(
    scope: Scope, values: _Values, where: list[str], columns: tuple[str, ...], limit: int, *, in_order: bool = True
) -> str:
    """One department is read in the order of its index; of many the first ones of each are read, and merged."""
    order = ", ".join(f"q.{column}" for column in columns)
    shape = _ORDERED if in_order else _SORTED
    narrow = shape.format(where=" AND ".join(where), order=order, limit=limit)
    if scope.person or len(scope.departments) == 1:
        return narrow
    departments = values.bind(list(scope.departments))
    return _ACROSS.format(departments=departments, ordered=narrow, order=order, limit=limit)
