"""JSON shapes of saved views."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.contacts.lists.rules import Sort, Worklist
from backend.contacts.lists.schemas import Filters
from backend.kit.schema import Input, Page, View

Name = Annotated[str, Meta(min_length=1, max_length=100, examples=["Mijn dringende klachten"])]


class SavedViewCreate(Input):
    """A view of your own, or, from a team lead, one that a department shares (`departmentId`)."""

    name: Name
    worklist: Worklist
    filters: Filters = Filters()
    sort: Sort | UnsetType = UNSET
    department_id: UUID | UnsetType = UNSET


class SavedViewPatch(Input):
    """What to change of a view; fields left out stay, `sort: null` is the usual order."""

    name: Name | UnsetType = UNSET
    worklist: Worklist | UnsetType = UNSET
    filters: Filters | UnsetType = UNSET
    sort: Sort | None | UnsetType = UNSET


class SavedViewView(View):
    """A worklist with filters and order under a name; without `departmentId` it is your own."""

    id: UUID
    name: str
    worklist: Worklist
    filters: Filters
    sort: Sort | None = None
    department_id: UUID | None = None
    version: int


class SavedViewPage(Page):
    """Saved views."""

    items: list[SavedViewView]
