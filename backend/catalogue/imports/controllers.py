"""Resource: reports of imports."""

from litestar import Controller
from litestar.di import NamedDependency, Provide

from backend.catalogue.imports.schemas import ImportPage
from backend.catalogue.imports.service import ImportService
from backend.kit.operation import get
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_imports(work: NamedDependency[Work]) -> ImportService:
    """Dependency `imports`."""
    return ImportService(work)


class CatalogueImportController(Controller):
    """What imports did."""

    path = "/catalogue/imports"
    tags = ["catalogue"]
    dependencies = {"imports": Provide(provide_imports, sync_to_thread=False)}

    @get()
    async def list_catalogue_imports(
        self, imports: NamedDependency[ImportService], page: NamedDependency[PageRequest]
    ) -> ImportPage:
        """Reports of imports, newest first: what was created, changed, withdrawn, and refused with the reason."""
        return await imports.page(page)
