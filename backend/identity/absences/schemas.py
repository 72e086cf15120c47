"""JSON shapes of absences."""

from datetime import date, datetime
from uuid import UUID

from msgspec import UNSET, UnsetType

from backend.kit.schema import Input, Page, View


class AbsenceCreate(Input):
    """Whole days, both included; `userId` when a team lead records it for a colleague."""

    user_id: UUID | UnsetType = UNSET
    first_day: date
    last_day: date
    replacement_id: UUID | UnsetType = UNSET


class AbsencePatch(Input):
    """What to change; fields left out stay."""

    first_day: date | UnsetType = UNSET
    last_day: date | UnsetType = UNSET
    replacement_id: UUID | None | UnsetType = UNSET


class AbsenceView(View):
    """Who is not there, and who stands in; without a replacement the questions go back to the department."""

    id: UUID
    user_id: UUID
    user_name: str
    first_day: date
    last_day: date
    replacement_id: UUID | None = None
    replacement_name: str | None = None
    ended_at: datetime | None = None
    version: int


class AbsencePage(Page):
    """Absences that are not over, by their first day."""

    items: list[AbsenceView]
