"""Resource: cases."""

from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, PathParameter

from backend.cases.applications.schemas import CasePut, CaseView
from backend.cases.applications.service import CaseService
from backend.kit.operation import get, put
from backend.kit.work import Work


def provide_cases(work: NamedDependency[Work]) -> CaseService:
    """Dependency `cases`."""
    return CaseService(work)


class CaseController(Controller):
    """Cases of other applications."""

    path = "/cases"
    tags = ["cases"]
    dependencies = {"cases": Provide(provide_cases, sync_to_thread=False)}

    @put("/by-external-id/{external_id:str}")
    async def register_case(
        self,
        external_id: Annotated[str, PathParameter(max_length=100, description="The application's own number.")],
        data: JSONBody[CasePut],
        cases: NamedDependency[CaseService],
    ) -> CaseView:
        """Report a case or its new status; repeat freely, an older report never overwrites a newer one."""
        return await cases.put(external_id, data)

    @get("/{case_id:uuid}", problems=[404])
    async def get_case(self, case_id: FromPath[UUID], cases: NamedDependency[CaseService]) -> CaseView:
        """One case."""
        return await cases.get(case_id)
