"""Resources: the own cases, and who used the own data."""

from litestar import Controller
from litestar.di import NamedDependency, Provide

from backend.cases.own.schemas import OwnCasePage, OwnConsultationPage
from backend.cases.own.service import OwnFileService
from backend.contacts.own.controllers import Offset
from backend.kit.operation import get
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_own_file(work: NamedDependency[Work]) -> OwnFileService:
    """Dependency `file`."""
    return OwnFileService(work)


class OwnFileController(Controller):
    """The own file."""

    path = "/own"
    tags = ["cases"]
    dependencies = {"file": Provide(provide_own_file, sync_to_thread=False)}

    @get("/cases")
    async def list_own_cases(
        self, file: NamedDependency[OwnFileService], page: NamedDependency[PageRequest]
    ) -> OwnCasePage:
        """The cases of the customer who is logged in, in whatever application of the city; the latest change first."""
        return await file.cases(page)

    @get("/consultations")
    async def list_own_consultations(
        self, file: NamedDependency[OwnFileService], page: NamedDependency[PageRequest], offset: Offset = 0
    ) -> OwnConsultationPage:
        """Which departments used the data of the customer who is logged in: days and purposes, never who did.

        What customers looked up themselves is not in it; a shielded department is there without its name.
        """
        return await file.consultations(page, offset)
