"""Looking up colleagues by department: for notices, escalation and whoever is not there."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from backend.identity.absences.rules import stand_in
from backend.identity.rules import INSIDERS
from backend.kit.work import Work

_MEMBERS = """
SELECT m.user_id FROM membership m JOIN app_user u ON u.id = m.user_id AND u.active
 WHERE m.department_id = $1 AND m.roles && $2::text[] ORDER BY u.username
"""
_LEADS = """
WITH RECURSIVE up AS (
  SELECT id, parent_id, 0 AS steps FROM department WHERE id = $1
  UNION ALL
  SELECT d.id, d.parent_id, up.steps + 1 FROM up JOIN department d ON d.id = up.parent_id WHERE up.steps < 20),
 asked AS (SELECT id, steps FROM up UNION ALL SELECT id, 99 FROM department WHERE kind = 'frontOffice')
SELECT m.user_id, asked.steps FROM asked JOIN department d ON d.id = asked.id AND (d.active OR d.id = $1)
  JOIN membership m ON m.department_id = asked.id AND 'teamLead' = ANY (m.roles)
  JOIN app_user u ON u.id = m.user_id AND u.active ORDER BY asked.steps, u.username
"""
_ABSENT = """
SELECT a.user_id, r.id AS replacement_id
  FROM absence a LEFT JOIN app_user r ON r.id = a.replacement_id AND r.active
 WHERE a.ended_at IS NULL AND a.first_day <= $1 AND a.last_day >= $1
"""


class StaffService:
    """Colleagues, as far as they are active."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def members(self, department_id: UUID) -> list[UUID]:
        """Who handles questions in this department, by username."""
        return [row["user_id"] for row in await self._work.uow.fetch(_MEMBERS, department_id, list(INSIDERS))]

    async def leads(self, department_id: UUID) -> list[UUID]:
        """Its team leads; without any those of the department above it, at last those of the contact centre."""
        rows = await self._work.uow.fetch(_LEADS, department_id)
        return [row["user_id"] for row in rows if row["steps"] == rows[0]["steps"]]

    async def standing_in(
        self, user_ids: Collection[UUID], on: date, *, department_id: UUID | None = None
    ) -> dict[UUID, UUID]:
        """Who is replaced by whom on that day; a replacement who is absent too is followed on.

        Args:
            user_ids: whom it is about.
            on: the day, in the city.
            department_id: only by who handles questions in this department.

        Returns:
            Absent person -> who is there instead; who is present, or replaced by nobody, is not in it.
        """
        absent = await self._absent(on)
        found = {one: other for one in user_ids if one in absent and (other := stand_in(one, absent)) is not None}
        if department_id is None or not found:
            return found
        members = set(await self.members(department_id))
        return {one: other for one, other in found.items() if other in members}

    async def absent(self, user_ids: Collection[UUID], on: date) -> frozenset[UUID]:
        """Who of these people is not there on that day, replaced or not."""
        return frozenset(await self._absent(on)).intersection(user_ids)

    async def _absent(self, on: date) -> dict[UUID, UUID | None]:
        return {row["user_id"]: row["replacement_id"] for row in await self._work.uow.fetch(_ABSENT, on)}
