"""JSON shapes of broken glass."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from backend.kit.schema import Page, View


class BreakGlassView(View):
    """The glass is broken until then; the same answer whether there is something behind it or not."""

    id: UUID
    until: datetime


class BreakGlassEntry(View):
    """Who broke the glass, why and for what.

    `subjects` are the customers of the file, or the question; none when there is no question with that reference.
    """

    id: UUID
    at: datetime
    until: datetime
    user_id: UUID
    user_name: str
    reason: str
    subject_kind: Literal["customer", "question"]
    subjects: list[UUID]


class BreakGlassPage(Page):
    """Broken glass, newest first."""

    items: list[BreakGlassEntry]


class Notice(View):
    """What an auditor is told; not part of the API."""

    id: UUID
    at: datetime
    username: str
    recipient: str
