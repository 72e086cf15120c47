"""Reading what Mijn Burgerprofiel was told."""

from collections.abc import Collection
from uuid import UUID

from backend.cases.dossiers.schemas import DossierView
from backend.cases.dossiers.service.statements import ABOUT
from backend.kit.db import rows_to
from backend.kit.work import Work


async def dossiers_about(
    work: Work, *, questions: Collection[UUID], cases: Collection[UUID], most: int
) -> list[DossierView]:
    """The dossiers of questions and cases that the caller may show, the newest first."""
    return rows_to(DossierView, await work.uow.fetch(ABOUT, list(questions), list(cases), most))
