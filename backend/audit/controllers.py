"""Resource: audit entries."""

from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter

from backend.audit.schemas import AuditEntryPage
from backend.audit.service import AuditService
from backend.kit.operation import get
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_audit(work: NamedDependency[Work]) -> AuditService:
    """Dependency `audit`."""
    return AuditService(work)


class AuditController(Controller):
    """The audit log."""

    path = "/audit/entries"
    tags = ["audit"]
    dependencies = {"audit": Provide(provide_audit, sync_to_thread=False)}

    @get()
    async def list_audit_entries(
        self,
        audit: NamedDependency[AuditService],
        page: NamedDependency[PageRequest],
        subject: FromQuery[UUID | None] = None,
        actor: FromQuery[UUID | None] = None,
        action: Annotated[str | None, QueryParameter(max_length=60, description="Operation id")] = None,
    ) -> AuditEntryPage:
        """Who did or saw what, newest first; filter on subject, actor or action."""
        return await audit.page(page, subject=subject, actor=actor, action=action)
