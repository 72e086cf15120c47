"""JSON shapes of contacts in progress."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType

from backend.kit.schema import Input, Page, ShortText, View


class ContactDraftReplace(Input):
    """A contact as far as it is typed: `content` is the screen's own, at most 200 000 bytes of JSON."""

    title: ShortText | UnsetType = UNSET
    content: dict[str, Any]


class ContactDraftSummary(View):
    """A contact in progress, without what is in it."""

    id: UUID
    title: str | UnsetType = UNSET
    version: int
    created_at: datetime
    changed_at: datetime


class ContactDraftView(ContactDraftSummary):
    """A contact in progress."""

    content: dict[str, Any]


class ContactDraftPage(Page):
    """Contacts in progress, the one changed last first."""

    items: list[ContactDraftSummary]
