"""Reading and replacing service levels and the calendar of the city."""

from datetime import date
from uuid import UUID

import msgspec

from backend.catalogue.products.service import ProductService
from backend.contacts.rules import Kind, started
from backend.identity.service import DepartmentService, UserService
from backend.kit.db import Row, UnitOfWork, encode_json
from backend.kit.etag import check_version
from backend.kit.problems import ProblemError, invalid_input, unknown_reference
from backend.kit.schema import given
from backend.kit.work import Work
from backend.routing.levels.schemas import (
    CityCalendarReplace,
    CityCalendarView,
    EscalationChoice,
    ServiceLevelList,
    ServiceLevelReplace,
    ServiceLevelView,
)
from backend.routing.rules import USUAL, Chain, Level, TermRule, agreed, level

TOPIC = "routing"

_COLUMNS = (
    "department_id, weekly, closed, country_holidays, working_days, terms, waiting_stops, escalation, head_id, version"
)
_ALL = f"SELECT {_COLUMNS} FROM service_level ORDER BY department_id"
_ONE = f"SELECT {_COLUMNS} FROM service_level WHERE department_id = $1 FOR UPDATE"
_REPLACE = """
INSERT INTO service_level (department_id, weekly, closed, country_holidays, working_days, terms, waiting_stops,
                           escalation, head_id)
VALUES ($1, $2::jsonb, $3::jsonb, $4, $5::jsonb, $6::jsonb, $7, $8::jsonb, $9)
ON CONFLICT (department_id) DO UPDATE SET weekly = excluded.weekly, closed = excluded.closed,
    country_holidays = excluded.country_holidays, working_days = excluded.working_days, terms = excluded.terms,
    waiting_stops = excluded.waiting_stops, escalation = excluded.escalation, head_id = excluded.head_id,
    version = service_level.version + 1
"""
_CALENDAR = "SELECT closed, version FROM city_calendar"
_REPLACE_CALENDAR = """
INSERT INTO city_calendar (id, closed) VALUES (1, $1::jsonb)
ON CONFLICT (id) DO UPDATE SET closed = excluded.closed, version = city_calendar.version + 1
"""


async def read_levels(uow: UnitOfWork) -> dict[UUID, Level]:
    """The levels of every department that has its own."""
    return {view.department_id: _level(view) for view in map(_view, await uow.fetch(_ALL))}


async def read_heads(uow: UnitOfWork) -> dict[UUID, UUID]:
    """Department -> its head, as far as one is named."""
    return {row["department_id"]: row["head_id"] for row in await uow.fetch(_ALL) if row["head_id"]}


async def read_closing_days(uow: UnitOfWork) -> frozenset[date]:
    """Days on which the whole city is closed."""
    return frozenset(one.day for one in _calendar(await uow.fetchrow(_CALENDAR)).closed)


class LevelService:
    """Hours and terms per department.

    Args:
        work: the unit of work.
        products: the catalogue, for terms of a product.
    """

    def __init__(self, work: Work, products: ProductService) -> None:
        self._work = work
        self._products = products

    async def all(self) -> ServiceLevelList:
        """Every department that does not use the usual hours."""
        return ServiceLevelList(items=[_view(row) for row in await self._work.uow.fetch(_ALL)])

    async def get(self, department_id: UUID) -> ServiceLevelView:
        """One department, its own level or the usual one; 404 for an unknown department."""
        await DepartmentService(self._work).get(department_id)
        row = await self._work.uow.fetchrow(_ONE, department_id)
        return _view(row) if row else _usual(department_id)

    async def replace(self, department_id: UUID, data: ServiceLevelReplace, expected: int) -> ServiceLevelView:
        """Give a department its own hours and terms; 400 for hours out of order or who is not there, 404, 412."""
        held = await self.get(department_id)
        check_version(expected, held.version)
        await self._check_known(data)
        view = ServiceLevelView(
            department_id=department_id,
            version=held.version + 1,
            weekly=data.weekly,
            closed=data.closed,
            country_holidays=data.country_holidays,
            working_days=data.working_days,
            terms=data.terms,
            waiting_stops=data.waiting_stops,
            escalation=data.escalation,
            head_id=given(data.head_id),
        )
        self._check_opens(view)
        await self._work.uow.execute(
            _REPLACE,
            department_id,
            encode_json(data.weekly),
            encode_json(data.closed),
            data.country_holidays,
            encode_json(data.working_days),
            encode_json(data.terms),
            data.waiting_stops,
            encode_json(data.escalation),
            given(data.head_id),
        )
        self._work.trail.record("department", [department_id], fields=["serviceLevel"])
        await self._work.feed.announce(self._work.uow, TOPIC)
        return view

    async def calendar(self) -> CityCalendarView:
        """The closing days of the city."""
        return _calendar(await self._work.uow.fetchrow(f"{_CALENDAR} FOR UPDATE"))

    async def replace_calendar(self, data: CityCalendarReplace, expected: int) -> CityCalendarView:
        """Other closing days; what was agreed on with a customer before stays agreed on. 412."""
        held = await self.calendar()
        check_version(expected, held.version)
        await self._work.uow.execute(_REPLACE_CALENDAR, encode_json(data.closed))
        self._work.trail.record("cityCalendar", [None], fields=["closed"])
        await self._work.feed.announce(self._work.uow, TOPIC)
        return CityCalendarView(closed=data.closed, version=held.version + 1)

    async def _check_known(self, data: ServiceLevelReplace) -> None:
        if head := given(data.head_id):
            try:
                await UserService(self._work).get(head)
            except ProblemError as error:
                raise unknown_reference("headId", "No such user.") from error
        if products := [found for one in data.terms if (found := given(one.product_id))]:
            await self._products.responsible(products)

    def _check_opens(self, view: ServiceLevelView) -> None:
        """400 for a department that never opens: its questions would have no deadline."""
        try:
            found = _level(view)
            kinds: list[Kind] = list(found.working_days)
            for kind in kinds:
                term = agreed(found, frozenset(), kind, "phone", None, first=True)
                started(term, self._work.now)
        except ValueError as error:
            raise invalid_input(str(error), name="weekly") from error


def _view(row: Row) -> ServiceLevelView:
    return msgspec.convert(
        {
            "departmentId": row["department_id"],
            "version": row["version"],
            "weekly": row["weekly"],
            "closed": row["closed"],
            "countryHolidays": row["country_holidays"],
            "workingDays": row["working_days"],
            "terms": row["terms"],
            "waitingStops": row["waiting_stops"],
            "escalation": row["escalation"],
            "headId": row["head_id"],
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
        waiting_stops=USUAL.waiting_stops,
        escalation=EscalationChoice(),
    )


def _level(view: ServiceLevelView) -> Level:
    return level(
        [list(day) for day in view.weekly],
        view.closed,
        country_holidays=view.country_holidays,
        working_days=view.working_days,
        terms=[
            TermRule(
                kind=given(one.kind),
                channel=given(one.channel),
                product_id=given(one.product_id),
                working_days=one.working_days,
                waiting_stops=given(one.waiting_stops),
            )
            for one in view.terms
        ],
        waiting_stops=view.waiting_stops,
        chain=Chain(**msgspec.structs.asdict(view.escalation)),
    )


def _calendar(row: Row | None) -> CityCalendarView:
    if row is None:
        return CityCalendarView(closed=[], version=0)
    return msgspec.convert({"closed": row["closed"], "version": row["version"]}, CityCalendarView)
