"""JSON shapes of the audit log."""

from datetime import datetime
from uuid import UUID

from backend.kit.schema import Page, View


class AuditEntryView(View):
    """One action or one look; names of fields, never values."""

    id: UUID
    at: datetime
    actor: UUID | None = None
    roles: list[str]
    department: UUID | None = None
    client: str | None = None
    action: str
    purpose: str
    subject_kind: str | None = None
    subject: UUID | None = None
    fields: list[str] = []
    outcome: str
    trace: str


class Consultation(View):
    """That personal data were used: when, how, why and by which department; never by whom."""

    at: datetime
    action: str
    purpose: str
    department: UUID | None = None


class AuditEntryPage(Page):
    """Entries, newest first."""

    items: list[AuditEntryView]
