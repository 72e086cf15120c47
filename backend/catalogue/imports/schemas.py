"""JSON shapes of imports, and of the city's own fields as seed data."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from backend.catalogue.products.schemas import (
    FaqInput,
    FlowCode,
    FormQuestionInput,
    GuidingQuestion,
    HelpSheetInput,
    Template,
)
from backend.kit.schema import Input, Page, View

ImportMode = Literal["full", "resumed", "notModified"]
"""Every page was read, or what was added since the last time, or nothing was added."""


class RefusalView(View):
    """A page or snapshot that was left out, and why; a notice was read all the same."""

    id: str
    reason: str
    kind: Literal["page", "snapshot", "notice"] = "snapshot"


class ImportReport(View):
    """What one import did; the counts of snapshots add up, and `withdrawn` also counts products that disappeared.

    Attributes:
        source_id: the source that was synchronised; absent for an import by hand.
        held_back: products that disappeared, but too many at once to believe it without confirmation.
        refusals: at most 500 of the refused, and notices.
        error: why nothing, or not everything, was imported or withdrawn.
    """

    id: UUID
    source: str
    source_id: UUID | None = None
    mode: ImportMode = "full"
    started_at: datetime
    finished_at: datetime
    pages: int
    requests: int = 0
    bytes: int = 0
    created: int
    changed: int
    unchanged: int
    withdrawn: int
    held_back: int = 0
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
    contact_form_questions: list[FormQuestionInput] = []
    flow: FlowCode | None = None
