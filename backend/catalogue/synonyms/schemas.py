"""JSON shapes of synonyms."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.catalogue.rules.effects import Effect
from backend.catalogue.rules.synonyms import FEWEST, LONGEST, MOST, SHORTEST, Origin
from backend.kit.schema import Input, Page, View

Phrases = Annotated[
    list[Annotated[str, Meta(max_length=500)]],
    Meta(
        max_length=100,
        description=(
            f"{FEWEST} to {MOST} phrases of {SHORTEST} to {LONGEST} characters that mean the same to who searches. "
            "Kept in lower case; case, accents, plurals and words such as 'de' make no difference."
        ),
        examples=[["huisvuil", "restafval", "vuilnis", "sac poubelle"]],
    ),
]
"""Wider than what is allowed, so that the answer can name everything that is wrong with it at once."""
Note = Annotated[str, Meta(min_length=1, max_length=500, examples=["Zo noemen ze het in de Seefhoek"])]
Query = Annotated[str, Meta(min_length=1, max_length=200, examples=["waar kan ik mijn vuilnis zetten"])]
ORIGIN = (
    "shipped: as it came with the platform; changed: shipped, with other phrases of the city; city: the city's own; "
    "removed: shipped, taken out by the city."
)


class SynonymGroupCreate(Input):
    """A new group of the city."""

    phrases: Phrases
    note: Note | UnsetType = UNSET


class SynonymGroupPatch(Input):
    """What to change; fields left out stay. New phrases for a removed group bring it back."""

    phrases: Phrases | UnsetType = UNSET
    note: Note | UnsetType | None = UNSET
    restored: Annotated[bool, Meta(description="true: back to the shipped phrases; not together with phrases.")] = False


class SynonymPreview(Input):
    """A change to try: a new group (phrases), or another text or end of an existing one (id)."""

    id: Annotated[UUID, Meta(description="The group that changes; without it the group is a new one.")] | UnsetType = (
        UNSET
    )
    phrases: Phrases | UnsetType = UNSET
    removed: Annotated[bool, Meta(description="true: as if the group were removed.")] = False
    restored: Annotated[bool, Meta(description="true: as if the group had its shipped phrases again.")] = False
    queries: Annotated[list[Query], Meta(max_length=50, description="Queries to compare besides the usual ones.")] = []


class SynonymGroupView(View):
    """A group of phrases that mean the same.

    Attributes:
        key: name in the shipped list.
        shipped: the phrases of the release, when the city's differ.
        version: 0 = nothing decided by the city.
    """

    id: UUID
    origin: Annotated[Origin, Meta(description=ORIGIN)]
    phrases: tuple[str, ...]
    key: str | None = None
    shipped: tuple[str, ...] = ()
    note: str | None = None
    changed_at: datetime | None = None
    version: int


class SynonymGroupPage(Page):
    """Groups by their first phrase; `total` counts every group that was asked for."""

    items: list[SynonymGroupView]
    total: int


class FoundProduct(View):
    """A product that a query finds."""

    id: UUID
    title: str


class QueryChange(View):
    """A query that finds something else: its first five products before and after."""

    query: str
    before: list[FoundProduct]
    after: list[FoundProduct]


class SynonymWarning(View):
    """Something to think about; it can be saved all the same.

    Attributes:
        code: nothingFound: no product has any of the phrases; veryCommon: more than a fifth of the products has it;
            chain: also in another group; containsGroup: another group lies within this one.
        name: where: `phrases` or `phrases[3]`.
    """

    code: Effect
    name: str
    detail: str


class SynonymPreviewView(View):
    """These queries change; nothing was saved.

    Attributes:
        phrases: as they would be kept; empty when the group goes.
        compared: how many queries were tried: yours, the phrases themselves, what people searched most lately.
        unchanged: how many of those find the same five products in the same order.
    """

    phrases: tuple[str, ...]
    changes: list[QueryChange]
    compared: int
    unchanged: int
    warnings: list[SynonymWarning]
