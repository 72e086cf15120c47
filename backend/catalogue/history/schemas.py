"""JSON shapes of the history of a product."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta

from backend.kit.schema import Page, View

ChangeKind = Literal["city", "import", "revert"]
"""By an editor; by a synchronisation; by an editor who brought back how it was."""


class ChangeActor(View):
    """Who made a change."""

    id: UUID
    name: str


class FieldChange(View):
    """A field that changed.

    Attributes:
        field: its name in the API.
        before: absent when it was empty; a long text of an import is cut off and ends in `…`.
        after: likewise, absent when it became empty.
    """

    field: Annotated[str, Meta(examples=["firstLineInformation"])]
    before: Any = None
    after: Any = None


class ProductChangeView(View, kw_only=True):
    """A change of a product.

    Attributes:
        version: of the product since this change.
        actor: absent for what the platform itself did.
    """

    version: int
    kind: ChangeKind
    at: datetime
    actor: ChangeActor | None = None
    reason: str | None = None
    fields: list[FieldChange]


class ProductChangePage(Page):
    """Changes, newest first."""

    items: list[ProductChangeView]
