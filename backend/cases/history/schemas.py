"""JSON shapes of a customer's history."""

from datetime import datetime
from uuid import UUID

from backend.cases.applications.schemas import CaseView
from backend.cases.history.rules import EntryKind
from backend.contacts.history.schemas import HistoryContact, HistoryContribution, HistoryMessage, HistoryQuestion
from backend.crm.history.schemas import ChangeEntry, LinkEntry, RepresentationEntry
from backend.kit.schema import Page, View


class HistoryEntryView(View):
    """One thing that happened; the field named as its `kind` says what."""

    id: UUID
    at: datetime
    kind: EntryKind
    contact: HistoryContact | None = None
    question: HistoryQuestion | None = None
    message: HistoryMessage | None = None
    contribution: HistoryContribution | None = None
    case: CaseView | None = None
    change: ChangeEntry | None = None
    representation: RepresentationEntry | None = None
    link: LinkEntry | None = None


class HistoryPage(Page):
    """Entries, newest first."""

    items: list[HistoryEntryView]
