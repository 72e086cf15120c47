"""Breaking the glass: written once, never changed; in the audit log, and told to every auditor by mail."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal
from uuid import UUID

from uuid_utils.compat import uuid7

from backend.identity.glass.schemas import BreakGlassEntry, BreakGlassPage, BreakGlassView, Notice
from backend.identity.principals.service import TOPIC
from backend.kit.db import UnitOfWork, rows_to
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.work import Work

Kind = Literal["customer", "question"]
OPEN = timedelta(minutes=60)
NOTICE = "identity.breakGlassNotice"
"""Outbox topic; ids: `glass`, `auditor`."""

_SCOPE = "breakGlass"
_ADD = """
INSERT INTO break_glass (id, user_id, at, until, reason, subject_kind, subjects) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_AUDITORS = """
SELECT id FROM app_user u
 WHERE active AND email IS NOT NULL AND ('auditor' = ANY (roles) OR EXISTS (
   SELECT FROM membership m JOIN department d ON d.id = m.department_id AND d.active
    WHERE m.user_id = u.id AND 'auditor' = ANY (m.roles)))
"""
_PAGE = """
SELECT g.id, g.at, g.until, g.user_id, u.name AS user_name, g.reason, g.subject_kind, g.subjects
  FROM break_glass g JOIN app_user u ON u.id = g.user_id
 WHERE ($1::uuid IS NULL OR g.id < $1) ORDER BY g.id DESC LIMIT $2
"""
_NOTICE = """
SELECT g.id, g.at, who.username, auditor.email AS recipient
  FROM break_glass g JOIN app_user who ON who.id = g.user_id
  JOIN app_user auditor ON auditor.id = $2 AND auditor.active AND auditor.email IS NOT NULL
 WHERE g.id = $1
"""


class GlassService:
    """Broken glass."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def open(self, kind: Kind, subjects: Sequence[UUID], reason: str) -> BreakGlassView:
        """Open these things to the person for an hour, to be read; in every process as soon as it is committed."""
        work, view = self._work, BreakGlassView(id=uuid7(), until=self._work.now + OPEN)
        who = work.who.id
        await work.uow.execute(_ADD, view.id, who, work.now, view.until, reason, kind, list(subjects))
        work.trail.record(kind, subjects or [None], action="breakGlass", purpose="breakGlass")
        for row in await work.uow.fetch(_AUDITORS):
            work.outbox.add(NOTICE, work.now, glass=view.id, auditor=row["id"])
        await work.feed.announce(work.uow, TOPIC)
        return view

    async def page(self, page: PageRequest) -> BreakGlassPage:
        """What was opened, newest first; the look itself is logged."""
        after = decode_cursor(page.cursor, (UUID,), scope=_SCOPE)[0] if page.cursor else None
        rows = await self._work.uow.fetch(_PAGE, after, page.limit + 1)
        self._work.trail.record("audit", purpose="supervision")
        items = rows_to(BreakGlassEntry, rows[: page.limit])
        if len(rows) > page.limit:
            return BreakGlassPage(items=items, next=encode_cursor((items[-1].id,), scope=_SCOPE))
        return BreakGlassPage(items=items)


async def notice(uow: UnitOfWork, glass: UUID, auditor: UUID) -> Notice | None:
    """What this auditor is told; None when that person is no longer there."""
    row = await uow.fetchrow(_NOTICE, glass, auditor)
    return Notice(**row) if row else None
