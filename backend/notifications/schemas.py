"""JSON shapes of dead letters."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType

from backend.kit.schema import Page, View


class DeadLetterView(View):
    """An effect that did not come about after the last try; ids only, never personal data.

    `deadAt` is absent once it has been replayed; `reason` is that of the last try. `ids` are absent when they would
    tell of a sensitive question of others.
    """

    id: UUID
    topic: str
    ids: dict[str, str | int] | UnsetType = UNSET
    attempts: int
    created_at: datetime
    reason: str | None = None
    dead_at: datetime | None = None


class DeadLetterPage(Page):
    """Dead letters, newest first."""

    items: list[DeadLetterView]
