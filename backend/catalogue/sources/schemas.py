"""JSON shapes of sources."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.catalogue.sources.rules import Condition
from backend.kit.schema import Input, Page, ShortText, View

_URL = r"^https?://[A-Za-z0-9.-]{1,250}(:[0-9]+)?(/[!-\"$-~]*)?$"
Url = Annotated[
    str, Meta(pattern=_URL, max_length=1_000, examples=["https://lpdc.stad.be/doc/instancesnapshot?pageNumber=0"])
]
ApiKey = Annotated[str, Meta(pattern=r"^[!-~]{1,500}$", max_length=500)]
Minutes = Annotated[int, Meta(ge=5, le=10_080, description="From 5 minutes to a week.")]
CatalogueName = Annotated[str, Meta(min_length=1, max_length=500)]


class CatalogueSourceCreate(Input):
    """A new source.

    Attributes:
        url: a page of an LDES of InstantieSnapshots; all others are found from there.
        api_key: sent as `x-api-key`; kept encrypted and never given back.
        catalogue: name of the catalogue whose products it brings; without it what the stream calls itself. Give it to
            take over products that were imported by hand.
    """

    name: ShortText
    url: Url
    api_key: ApiKey | UnsetType = UNSET
    every_minutes: Minutes = 60
    active: bool = True
    catalogue: CatalogueName | UnsetType = UNSET


class CatalogueSourcePatch(Input):
    """What to change of a source; fields left out stay, null takes the key away.

    A key goes with its address: it is forgotten when the source moves to another host and no key comes with it.
    """

    name: ShortText | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    api_key: ApiKey | None | UnsetType = UNSET
    every_minutes: Minutes | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class CatalogueSourceView(View):
    """A source.

    Attributes:
        condition: how it is doing: `new`, `ok`, `incomplete` (something was missing or held back), `retrying`, or
            `failing` (five failures in a row or more: tried less often).
        failures: in a row.
        held_back: products that disappeared from the stream, too many at once to withdraw without confirmation.
        last_error: why the last run did nothing, or not everything.
        last_full_at: when everything was read for the last time.
        last_import_id: the report of the last run.
    """

    id: UUID
    name: str
    url: str
    has_api_key: bool
    every_minutes: int
    active: bool
    catalogue: str | None = None
    condition: Condition
    failures: int
    held_back: int
    next_run_at: datetime
    last_run_at: datetime | None = None
    last_full_at: datetime | None = None
    last_import_id: UUID | None = None
    last_error: str | None = None
    created_at: datetime
    version: int


class CatalogueSourcePage(Page):
    """Sources by name."""

    items: list[CatalogueSourceView]


class SynchroniseInput(Input):
    """How to synchronise.

    Attributes:
        full: read everything again, also what was seen before: only that shows which products disappeared.
        allow_withdrawals: withdraw what disappeared, however much it is; reads everything.
    """

    full: bool = False
    allow_withdrawals: bool = False


class SynchronisationView(View):
    """A run that was asked for; its report appears among the imports, and in the source when it is done."""

    source_id: UUID
    full: bool
    allow_withdrawals: bool
    asked_at: datetime
