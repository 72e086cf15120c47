"""Resource: absences."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.identity.absences.schemas import AbsenceCreate, AbsencePage, AbsencePatch, AbsenceView
from backend.identity.absences.service import AbsenceService
from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import get, patch, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_absences(work: NamedDependency[Work]) -> AbsenceService:
    """Dependency `absences`."""
    return AbsenceService(work)


class AbsenceController(Controller):
    """Out of office."""

    path = "/absences"
    tags = ["identity"]
    dependencies = {"absences": Provide(provide_absences, sync_to_thread=False)}

    @get()
    async def list_absences(
        self,
        absences: NamedDependency[AbsenceService],
        page: NamedDependency[PageRequest],
        department: Annotated[
            UUID | None, QueryParameter(description="Of everybody who handles questions there, not only your own")
        ] = None,
    ) -> AbsencePage:
        """Absences that are not over, by their first day: yours, or those of one of your departments."""
        return await absences.page(department, page)

    @post(problems=[409, 422])
    async def create_absence(
        self,
        data: JSONBody[AbsenceCreate],
        absences: NamedDependency[AbsenceService],
        once: NamedDependency[Once],
    ) -> Response[AbsenceView]:
        """Say that you are not there, or a colleague whom you lead; questions go to the replacement.

        409 `absenceOverlaps` when there is an absence on some of these days already.
        """
        return await once.run(data, lambda: absences.create(data))

    @patch("/{absence_id:uuid}", response_headers=[ETAG])
    async def change_absence(
        self,
        absence_id: FromPath[UUID],
        data: JSONBody[AbsencePatch],
        absences: NamedDependency[AbsenceService],
        expected: NamedDependency[int],
    ) -> Response[AbsenceView]:
        """Other days, or another replacement; fields left out stay."""
        view = await absences.change(absence_id, data, expected)
        return tagged(view, view.version)

    @post("/{absence_id:uuid}/end", problems=[404, 409, 412, 428], status_code=200, response_headers=[ETAG])
    async def end_absence(
        self,
        absence_id: FromPath[UUID],
        absences: NamedDependency[AbsenceService],
        expected: NamedDependency[int],
    ) -> Response[AbsenceView]:
        """Back at work, or not away after all; what went to the replacement stays there. 409 when it has ended."""
        view = await absences.end(absence_id, expected)
        return tagged(view, view.version)
