"""Resource: service levels."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.kit.operation import get, put
from backend.kit.work import Work
from backend.routing.levels.schemas import ServiceLevelList, ServiceLevelReplace, ServiceLevelView
from backend.routing.levels.service import LevelService


def provide_levels(work: NamedDependency[Work]) -> LevelService:
    """Dependency `levels`."""
    return LevelService(work)


class ServiceLevelController(Controller):
    """Hours and terms per department."""

    path = "/service-levels"
    tags = ["routing"]
    dependencies = {"levels": Provide(provide_levels, sync_to_thread=False)}

    @get()
    async def list_service_levels(self, levels: NamedDependency[LevelService]) -> ServiceLevelList:
        """Departments with their own hours or terms; the others work Monday to Friday, 9-12 and 13-17."""
        return await levels.all()

    @put("/{department_id:uuid}")
    async def replace_service_level(
        self,
        department_id: FromPath[UUID],
        data: JSONBody[ServiceLevelReplace],
        levels: NamedDependency[LevelService],
    ) -> ServiceLevelView:
        """Give a department its own hours and terms; new questions get their deadline from them."""
        return await levels.replace(department_id, data)
