"""JSON shapes of imports, and of the city's own fields as seed data."""

from datetime import datetime
from uuid import UUID

from backend.catalogue.products.schemas import FaqInput, FlowCode, GuidingQuestion, HelpSheetInput, Template
from backend.kit.schema import Input, Page, View


class RefusalView(View):
    """A page or snapshot that was left out, and why."""

    id: str
    reason: str


class ImportReport(View):
    """What one import did; the counts of snapshots add up, and `withdrawn` also counts products that disappeared.

    Attributes:
        refusals: at most 500 of the refused.
        error: why nothing was imported or withdrawn.
    """

    id: UUID
    source: str
    started_at: datetime
    finished_at: datetime
    pages: int
    created: int
    changed: int
    unchanged: int
    withdrawn: int
    refused: int
    refusals: list[RefusalView]
    error: str | None = None


class ImportPage(Page):
    """Reports of imports, newest first."""

    items: list[ImportReport]


class CityEntry(Input):
    """The city's own fields of one product, as seed data have them: department by code."""

    external_id: str
    department: str | None = None
    first_line_information: str | None = None
    faq: list[FaqInput] = []
    help_sheets: list[HelpSheetInput] = []
    transaction_url: Template | None = None
    internal_instructions: str | None = None
    guiding_questions: list[GuidingQuestion] = []
    flow: FlowCode | None = None
