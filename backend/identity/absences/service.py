"""Out of office: recorded by oneself or by a team lead, changed, ended."""

from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from backend.identity.absences import errors
from backend.identity.absences.rules import check_days
from backend.identity.absences.schemas import AbsenceCreate, AbsencePage, AbsencePatch, AbsenceView
from backend.identity.rules import INSIDERS, LEAD
from backend.kit.clock import BRUSSELS
from backend.kit.db import Row, rows_to
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import forbidden, not_found, unknown_reference
from backend.kit.schema import changes, given
from backend.kit.work import Work

_SCOPE = "absences"
_SHOWN = """
SELECT a.id, a.user_id, u.name AS user_name, a.first_day, a.last_day, a.replacement_id, r.name AS replacement_name,
       a.ended_at, a.version
  FROM absence a JOIN app_user u ON u.id = a.user_id LEFT JOIN app_user r ON r.id = a.replacement_id
"""
_PAGE = f"""
{_SHOWN}
 WHERE a.ended_at IS NULL AND a.last_day >= $1
   AND (a.user_id = $2
        OR a.user_id IN (SELECT user_id FROM membership WHERE department_id = $3 AND roles && $4::text[]))
   AND ($5::date IS NULL OR (a.first_day, a.id) > ($5, $6::uuid))
 ORDER BY a.first_day, a.id LIMIT $7
"""
_ONE = f"{_SHOWN} WHERE a.id = $1"
_LOCKED = """
SELECT user_id, first_day, last_day, replacement_id, ended_at, version FROM absence WHERE id = $1 FOR UPDATE
"""
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 2400))"
_THERE = "SELECT EXISTS (SELECT FROM app_user WHERE id = $1)"
_LED = "SELECT EXISTS (SELECT FROM membership WHERE user_id = $1 AND department_id = ANY($2::uuid[]))"
_OVERLAPS = """
SELECT EXISTS (SELECT FROM absence WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL
                  AND first_day <= $4 AND last_day >= $3)
"""
_COLLEAGUES = """
SELECT EXISTS (
  SELECT FROM membership mine JOIN membership theirs ON theirs.department_id = mine.department_id
    JOIN app_user u ON u.id = theirs.user_id AND u.active
   WHERE mine.user_id = $1 AND theirs.user_id = $2 AND mine.user_id <> theirs.user_id
     AND mine.roles && $3::text[] AND theirs.roles && $3::text[])
"""
_ADD = """
INSERT INTO absence (id, user_id, first_day, last_day, replacement_id, recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_CHANGE = "UPDATE absence SET first_day = $2, last_day = $3, replacement_id = $4, version = version + 1 WHERE id = $1"
_END = "UPDATE absence SET ended_at = $2, version = version + 1 WHERE id = $1"


class AbsenceService:
    """Absences of oneself and of the departments that one leads."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def page(self, department_id: UUID | None, page: PageRequest) -> AbsencePage:
        """Absences that are not over: one's own, or those of everybody in one of one's departments; else 403."""
        who = self._work.who
        if department_id and not self._work.access.insider(department_id):
            raise forbidden("You do not handle questions of that department.")
        after = decode_cursor(page.cursor, (date, UUID), scope=_SCOPE) if page.cursor else (None, None)
        own = None if department_id else who.id
        more = page.limit + 1
        rows = await self._work.uow.fetch(_PAGE, self._today, own, department_id, list(INSIDERS), *after, more)
        items = rows_to(AbsenceView, rows[: page.limit])
        if len(rows) > page.limit:
            last = (items[-1].first_day, items[-1].id)
            return AbsencePage(items=items, next=encode_cursor(last, scope=_SCOPE))
        return AbsencePage(items=items)

    async def create(self, data: AbsenceCreate) -> AbsenceView:
        """A new absence; 400 for days or a replacement that make no sense, 403, 409 when it overlaps another."""
        user, absence = given(data.user_id) or self._work.who.id, uuid7()
        if not await self._work.uow.fetchval(_THERE, user):
            raise unknown_reference("userId", "No such user.")
        await self._require(user)
        await self._check(absence, user, data.first_day, data.last_day, given(data.replacement_id))
        await self._work.uow.execute(
            _ADD,
            absence,
            user,
            data.first_day,
            data.last_day,
            given(data.replacement_id),
            self._work.now,
            self._work.actor,
        )
        return await self._done(absence)

    async def change(self, absence_id: UUID, data: AbsencePatch, expected: int) -> AbsenceView:
        """Other days or another replacement; as `create`, and 404, 412, 409 when it has ended."""
        held = await self._held(absence_id, expected)
        new: dict[str, Any] = {name: held[name] for name in ("first_day", "last_day", "replacement_id")} | changes(data)
        await self._check(absence_id, held["user_id"], **new)
        await self._work.uow.execute(_CHANGE, absence_id, *new.values())
        return await self._done(absence_id)

    async def end(self, absence_id: UUID, expected: int) -> AbsenceView:
        """The person is there again, or will not be away after all; 403, 404, 412, 409 when it has ended."""
        await self._held(absence_id, expected)
        await self._work.uow.execute(_END, absence_id, self._work.now)
        return await self._done(absence_id)

    @property
    def _today(self) -> date:
        return self._work.now.astimezone(BRUSSELS).date()

    async def _held(self, absence_id: UUID, expected: int) -> Row:
        row = await self._work.uow.fetchrow(_LOCKED, absence_id)
        if row is None:
            raise not_found("absence")
        await self._require(row["user_id"])
        check_version(expected, row["version"])
        if row["ended_at"] or row["last_day"] < self._today:
            raise errors.absence_ended()
        return row

    async def _require(self, user_id: UUID) -> None:
        """403 unless it is about oneself, or about a member of a department that one leads."""
        who = self._work.who
        led = [one for one, roles in who.departments.items() if not roles.isdisjoint(LEAD)]
        if user_id != who.id and not await self._work.uow.fetchval(_LED, user_id, led):
            raise forbidden("You do not lead a department of this colleague.", denied=("user", user_id))

    async def _check(
        self, absence_id: UUID, user_id: UUID, first_day: date, last_day: date, replacement_id: UUID | None
    ) -> None:
        check_days(first_day, last_day, self._today)
        uow = self._work.uow
        await uow.fetchval(_ONE_AT_A_TIME, str(user_id))
        if await uow.fetchval(_OVERLAPS, user_id, absence_id, first_day, last_day):
            raise errors.absence_overlaps()
        if replacement_id and not await uow.fetchval(_COLLEAGUES, user_id, replacement_id, list(INSIDERS)):
            raise unknown_reference("replacementId", "Not a colleague who handles questions in the same department.")

    async def _done(self, absence_id: UUID) -> AbsenceView:
        (view,) = rows_to(AbsenceView, await self._work.uow.fetch(_ONE, absence_id))
        self._work.trail.record("user", [view.user_id], fields=["absence"])
        return view
