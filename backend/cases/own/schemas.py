"""JSON shapes of the own cases and of consultations."""

from datetime import date, datetime
from uuid import UUID

from backend.cases.applications.schemas import Phase
from backend.kit.schema import Page, View


class OwnCase(View):
    """A case of another application of the city, as that last told us."""

    id: UUID
    name: str
    phase: Phase
    status: str
    action_needed: bool
    link: str | None = None
    product_id: UUID | None = None
    changed_at: datetime


class OwnCasePage(Page):
    """Own cases, the latest change first."""

    items: list[OwnCase]


class OwnConsultation(View):
    """That a department used the data on a day, and why in plain Dutch; never who did.

    A shielded department is called a service of the city.
    """

    day: date
    purpose: str
    department: str


class OwnConsultationPage(Page):
    """Who used the own data, the latest day first; `total` over all pages."""

    items: list[OwnConsultation]
    total: int
