"""Reading and replacing service levels."""

from uuid import UUID

import msgspec

from backend.identity.service import DepartmentService
from backend.kit.db import Row, UnitOfWork, encode_json
from backend.kit.etag import check_version
from backend.kit.problems import invalid_input
from backend.kit.work import Work
from backend.routing.levels.schemas import ServiceLevelList, ServiceLevelReplace, ServiceLevelView
from backend.routing.rules import USUAL, Level, deadline, level

TOPIC = "routing"

_COLUMNS = "department_id, weekly, closed, country_holidays, working_days, version"
_ALL = f"SELECT {_COLUMNS} FROM service_level ORDER BY department_id"
_ONE = f"SELECT {_COLUMNS} FROM service_level WHERE department_id = $1 FOR UPDATE"
_REPLACE = """
INSERT INTO service_level (department_id, weekly, closed, country_holidays, working_days)
VALUES ($1, $2::jsonb, $3::jsonb, $4, $5::jsonb)
ON CONFLICT (department_id) DO UPDATE SET weekly = excluded.weekly, closed = excluded.closed,
    country_holidays = excluded.country_holidays, working_days = excluded.working_days,
    version = service_level.version + 1
"""


async def read_levels(uow: UnitOfWork) -> dict[UUID, Level]:
    """The levels of every department that has its own."""
    return {view.department_id: _level(view) for view in map(_view, await uow.fetch(_ALL))}


class LevelService:
    """Hours and terms per department."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def all(self) -> ServiceLevelList:
        """Every department that does not use the usual hours."""
        return ServiceLevelList(items=[_view(row) for row in await self._work.uow.fetch(_ALL)])

    async def get(self, department_id: UUID) -> ServiceLevelView:
        """One department, its own level or the usual one; 404 for an unknown department."""
        await DepartmentService(self._work).get(department_id)
        row = await self._work.uow.fetchrow(_ONE, department_id)
        return _view(row) if row else _usual(department_id)

    async def replace(self, department_id: UUID, data: ServiceLevelReplace, expected: int) -> ServiceLevelView:
        """Give a department its own hours and terms; 400 for hours out of order, 404, 412."""
        held = await self.get(department_id)
        check_version(expected, held.version)
        view = ServiceLevelView(
            department_id=department_id,
            version=held.version + 1,
            weekly=data.weekly,
            closed=data.closed,
            country_holidays=data.country_holidays,
            working_days=data.working_days,
        )
        try:
            found = _level(view)
            for (
                kind
            ) in found.working_days:  # a department that never opens would leave its questions without a deadline
                deadline(kind, "phone", self._work.now, found)
        except ValueError as error:
            raise invalid_input(str(error), name="weekly") from error
        await self._work.uow.execute(
            _REPLACE,
            department_id,
            encode_json(data.weekly),
            encode_json(data.closed),
            data.country_holidays,
            encode_json(data.working_days),
        )
        self._work.trail.record("department", [department_id], fields=["serviceLevel"])
        await self._work.feed.announce(self._work.uow, TOPIC)
        return view


def _view(row: Row) -> ServiceLevelView:
    return msgspec.convert(
        {
            "departmentId": row["department_id"],
            "version": row["version"],
            "weekly": row["weekly"],
            "closed": row["closed"],
            "countryHolidays": row["country_holidays"],
            "workingDays": row["working_days"],
        },
        ServiceLevelView,
    )


def _usual(department_id: UUID) -> ServiceLevelView:
    return ServiceLevelView(
        department_id=department_id,
        version=0,
        weekly=[list(day) for day in USUAL.hours.weekly],
        country_holidays=USUAL.hours.country_holidays,
        working_days=USUAL.working_days,
    )


def _level(view: ServiceLevelView) -> Level:
    return level(
        [list(day) for day in view.weekly],
        view.closed,
        country_holidays=view.country_holidays,
        working_days=view.working_days,
    )
