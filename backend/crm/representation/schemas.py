"""JSON shapes of representations."""

from datetime import date, datetime
from uuid import UUID

from msgspec import UNSET, UnsetType

from backend.crm.representation.rules import Direction, Role
from backend.crm.rules import ContactPointType, Kind, Source, Status
from backend.kit.schema import Input, Page, Reason, View


class RepresentationCreate(Input):
    """The other side and the role: `representedId` when this customer acts for it, `representativeId` the other way."""

    represented_id: UUID | UnsetType = UNSET
    representative_id: UUID | UnsetType = UNSET
    role: Role
    note: Reason | UnsetType = UNSET
    valid_from: date | UnsetType = UNSET
    valid_to: date | UnsetType = UNSET


class RepresentationEnd(Input):
    """Why it ends."""

    reason: Reason


class PartyName(View):
    """A customer by name; of one that was merged, the file it lives on in."""

    id: UUID
    kind: Kind
    display_name: str


class PartyContactPoint(View):
    """How to reach the other side."""

    type: ContactPointType
    value: str
    preferred: bool = False


class PartyView(PartyName):
    """The other side of a representation; no identifiers, no birth date, no address."""

    status: Status
    contact_points: list[PartyContactPoint] = []


class RepresentationView(View):
    """Who acts for whom: `represents` = this customer acts for `other`; `active` = one may act on it today."""

    id: UUID
    direction: Direction
    role: Role
    other: PartyView
    active: bool
    note: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    source: Source
    recorded_at: datetime
    ended_at: datetime | None = None
    end_reason: str | None = None


class RepresentationPage(Page):
    """Representations, the latest recorded first."""

    items: list[RepresentationView]
