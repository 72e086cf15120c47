"""Telling colleagues, and what each of them was told."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.contacts.notices.rules import AGAIN, KEEP, KEEP_READ, NoticeKind
from backend.contacts.notices.schemas import NoticePage, NoticeView
from backend.contacts.shielding.service import visible
from backend.identity.rules import INSIDERS
from backend.identity.staff.service import StaffService
from backend.kit.clock import BRUSSELS
from backend.kit.db import Row, UnitOfWork
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import not_found
from backend.kit.reach import EVERYTHING
from backend.kit.work import Work

MAIL = "contacts.mailNotice"
"""Outbox topic; ids: `notice`."""

_SCOPE = "notices"
_SEES = """EXISTS (
 SELECT FROM membership m JOIN department d ON d.id = m.department_id AND d.active
  WHERE m.user_id = u.id AND m.roles && $2::text[]
    AND (q.confidentiality = 'normal' OR m.department_id = q.department_id
         OR {kind} IN ('contributionAsked', 'contributionDue', 'contributionDropped') AND EXISTS (
            SELECT FROM contribution c WHERE c.question_id = q.id AND c.department_id = m.department_id)))"""
"""Whether user `u` may know of question `q`: what is sensitive is for who handles it in its department.

Whoever is asked for a part knows of that part, and is told so; the question stays out of the list of notices.
"""

_WHO_SEES = f"""
SELECT u.id FROM app_user u JOIN question q ON q.id = $1 WHERE u.id = ANY($3::uuid[]) AND u.active
   AND {_SEES.format(kind="$4::text")}
"""
_ADD = f"""
INSERT INTO notice (id, user_id, question_id, kind, at, day)
SELECT n.id, n.user_id, $3, $4, $5, $6 FROM unnest($1::uuid[], $2::uuid[]) AS n(id, user_id)
    ON CONFLICT (user_id, question_id, kind, day) WHERE kind IN {AGAIN} DO NOTHING RETURNING id
"""
_SHOWN = """
SELECT n.id, n.kind, n.at, n.read_at, n.question_id, q.reference, q.subject, q.state, q.deadline,
       q.department_id, q.assignee_id, q.customer_id, q.confidentiality
  FROM notice n JOIN question q ON q.id = n.question_id WHERE n.user_id = $1
"""
_PAGE = f"""
{_SHOWN}
   AND ($2::boolean IS NULL OR (n.read_at IS NOT NULL) > $2 OR (n.read_at IS NOT NULL) = $2 AND n.id < $3::uuid)
 ORDER BY n.read_at IS NOT NULL, n.id DESC LIMIT $4
"""
_ONE = f"{_SHOWN} AND n.id = $2"
_READ = "UPDATE notice SET read_at = $2 WHERE id = $1 AND read_at IS NULL"
_DUE = f"""
SELECT n.id, n.kind, n.at, n.question_id, q.reference, u.email AS recipient
  FROM notice n JOIN question q ON q.id = n.question_id JOIN app_user u ON u.id = n.user_id
 WHERE n.id = $1 AND n.mailed_at IS NULL AND n.read_at IS NULL AND u.active AND u.email IS NOT NULL
   AND {_SEES.format(kind="n.kind")}
   FOR UPDATE OF n
"""
_MAILED = "UPDATE notice SET mailed_at = $2 WHERE id = $1"
_FORGET = "DELETE FROM notice WHERE at < now() - $1::interval OR read_at < now() - $2::interval"


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that must be mailed."""

    id: UUID
    kind: NoticeKind
    at: datetime
    question_id: UUID
    reference: str
    recipient: str


class NoticeService:
    """Notices of colleagues."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._staff = StaffService(work)

    async def tell(
        self, user_ids: Collection[UUID], question_id: UUID, kind: NoticeKind, *, mail: bool = True
    ) -> frozenset[UUID]:
        """Tell colleagues about a question: in their list, and by mail unless that is left out.

        Whoever is absent is told by way of the replacement. Nobody is told who may not know of the question, or who
        does this now; nor twice on a day that nothing happened yet.

        Returns:
            Who is told, or was today.
        """
        work, wanted = self._work, set(user_ids)
        if not wanted:
            return frozenset()
        today = work.now.astimezone(BRUSSELS).date()
        standing = await self._staff.standing_in(wanted, today)
        async with work.uow.reaching(EVERYTHING):  # of those who are told, not of who tells
            everybody = [*wanted, *standing.values()]
            rows = await work.uow.fetch(_WHO_SEES, question_id, list(INSIDERS), everybody, kind)
            sees = {row["id"] for row in rows}
            instead = {one: other for one, other in standing.items() if other in sees}
            told = {instead.get(one, one) for one in wanted} & sees - {work.actor}
            rows = await work.uow.fetch(_ADD, [uuid7() for _ in told], sorted(told), question_id, kind, work.now, today)
        work.touch("notices", told)
        for row in rows if mail else ():
            work.outbox.add(MAIL, work.now, notice=row["id"])
        return frozenset(told)

    async def may_know(self, user_ids: Collection[UUID], question_id: UUID) -> frozenset[UUID]:
        """Which of these people handle questions, and may know of this one."""
        async with self._work.uow.reaching(EVERYTHING):
            rows = await self._work.uow.fetch(_WHO_SEES, question_id, list(INSIDERS), list(user_ids), "mentioned")
        return frozenset(row["id"] for row in rows)

    async def page(self, page: PageRequest) -> NoticePage:
        """What the person was told, unread first; the look itself is logged."""
        after = decode_cursor(page.cursor, (bool, UUID), scope=_SCOPE) if page.cursor else (None, None)
        rows = await self._work.uow.fetch(_PAGE, self._work.who.id, *after, page.limit + 1)
        shown = rows[: page.limit]
        items = self._views(shown)
        if len(rows) > page.limit:
            last = (shown[-1]["read_at"] is not None, shown[-1]["id"])
            return NoticePage(items=items, next=encode_cursor(last, scope=_SCOPE))
        return NoticePage(items=items)

    async def read(self, notice_id: UUID) -> NoticeView:
        """The person has read it; 404 for a notice of somebody else, or about a question that is not shown."""
        await self._work.uow.execute(_READ, notice_id, self._work.now)
        found = self._views(await self._work.uow.fetch(_ONE, self._work.who.id, notice_id))
        if not found:
            raise not_found("notice")
        return found[0]

    def _views(self, rows: Collection[Row]) -> list[NoticeView]:
        seen = [row for row in rows if visible(self._work, {**row, "id": row["question_id"]})]
        self._work.trail.record("question", [row["question_id"] for row in seen], fields=["reference", "subject"])
        names = NoticeView.__struct_fields__
        return [NoticeView(**{name: row[name] for name in names}) for row in seen]


async def due(uow: UnitOfWork, notice_id: UUID) -> Due | None:
    """A notice to mail; None when it was mailed or read, or when the person has nothing to do with it any more."""
    row = await uow.fetchrow(_DUE, notice_id, list(INSIDERS))
    return Due(**row) if row else None


async def mailed(uow: UnitOfWork, notice_id: UUID, at: datetime) -> None:
    """The mail server took it."""
    await uow.execute(_MAILED, notice_id, at)


async def forget_old(uow: UnitOfWork) -> int:
    """Drop what was read long ago, or is a year old; gives how many."""
    tag = await uow.execute(_FORGET, KEEP, KEEP_READ)
    return int(tag.split()[-1])
