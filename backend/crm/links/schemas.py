"""JSON shapes of merges."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.crm.customers.schemas import CustomerView
from backend.crm.links.rules import Outcome, Why
from backend.crm.rules import Source
from backend.kit.schema import Input, Page, Reason, View

Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class MergeWith(Input):
    """The customer that would go into the file of the one in the address."""

    merged_id: UUID


class MergeCreate(MergeWith):
    """Who goes into the file of the customer in the address, as seen in the preview: its versions prove that."""

    survivor_version: Version
    merged_version: Version
    reason: Reason | UnsetType = UNSET


class MergeUndo(Input):
    """Why the two are not one after all."""

    reason: Reason


class MergeChoice(View):
    """One thing that is known, and what becomes of it in the common file.

    `outcome`: `first` comes first, `beside` is kept beside it, `double` is said by both and shown once.
    """

    field: str
    value: str
    customer_id: UUID
    outcome: Outcome
    why: Why
    text: str
    source: Source | None = None


class MergePreview(View):
    """The common file as it would be, and which facts come first and why; nothing is stored."""

    survivor: CustomerView
    merged: CustomerView
    result: CustomerView
    choices: list[MergeChoice]


class MergeView(View):
    """A merge: who, when, why, and whether it was taken back."""

    id: UUID
    survivor_id: UUID
    merged_id: UUID
    merged_at: datetime
    merged_by: UUID | None = None
    reason: str | None = None
    undone_at: datetime | None = None
    undone_by: UUID | None = None
    undo_reason: str | None = None


class MergeResult(View):
    """A merge and the file that came of it."""

    merge: MergeView
    customer: CustomerView


class MergeUndone(View):
    """A merge that was taken back, and both files as they are again."""

    merge: MergeView
    survivor: CustomerView
    restored: CustomerView


class MergePage(Page):
    """Merges of a file, newest first, those that were taken back too."""

    items: list[MergeView]
