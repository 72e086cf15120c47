"""Resource: service levels."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.catalogue.products.service import ProductService
from backend.kit.etag import ETAG, tagged
from backend.kit.operation import get, put
from backend.kit.work import Work
from backend.routing.levels.schemas import (
    CityCalendarReplace,
    CityCalendarView,
    ServiceLevelList,
    ServiceLevelReplace,
    ServiceLevelView,
)
from backend.routing.levels.service import LevelService


def provide_levels(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> LevelService:
    """Dependency `levels`."""
    return LevelService(work, ProductService(work, request.app.state.platform.products))


class ServiceLevelController(Controller):
    """Hours and terms per department."""

    path = "/service-levels"
    tags = ["routing"]
    dependencies = {"levels": Provide(provide_levels, sync_to_thread=False)}

    @get()
    async def list_service_levels(self, levels: NamedDependency[LevelService]) -> ServiceLevelList:
        """Departments with their own hours or terms; the others work Monday to Friday, 9-12 and 13-17."""
        return await levels.all()

    @get("/{department_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_service_level(
        self, department_id: FromPath[UUID], levels: NamedDependency[LevelService]
    ) -> Response[ServiceLevelView]:
        """Hours and terms of one department: its own, or the usual ones (version 0)."""
        view = await levels.get(department_id)
        return tagged(view, view.version)

    @put("/{department_id:uuid}", problems=[404, 412, 428], response_headers=[ETAG])
    async def replace_service_level(
        self,
        department_id: FromPath[UUID],
        data: JSONBody[ServiceLevelReplace],
        levels: NamedDependency[LevelService],
        expected: NamedDependency[int],
    ) -> Response[ServiceLevelView]:
        """Give a department its own hours and terms; new questions get their deadline from them."""
        view = await levels.replace(department_id, data, expected)
        return tagged(view, view.version)


class CityCalendarController(Controller):
    """Closing days of the whole city."""

    path = "/cityCalendar"
    tags = ["routing"]
    dependencies = {"levels": Provide(provide_levels, sync_to_thread=False)}

    @get(response_headers=[ETAG])
    async def get_city_calendar(self, levels: NamedDependency[LevelService]) -> Response[CityCalendarView]:
        """The days on which every department is closed, beside the public holidays and its own closing days."""
        view = await levels.calendar()
        return tagged(view, view.version)

    @put(problems=[412, 428], response_headers=[ETAG])
    async def replace_city_calendar(
        self,
        data: JSONBody[CityCalendarReplace],
        levels: NamedDependency[LevelService],
        expected: NamedDependency[int],
    ) -> Response[CityCalendarView]:
        """Give the city other closing days; deadlines of new and forwarded questions keep to them."""
        view = await levels.replace_calendar(data, expected)
        return tagged(view, view.version)
