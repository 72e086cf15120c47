"""JSON shapes of the own profile."""

from uuid import UUID

from backend.crm.customers.schemas import AddressView, ContactPointView, HitIdentifier, NameView
from backend.crm.rules import Channel, Kind, Language
from backend.kit.schema import View


class OwnProfileView(View):
    """The profile of the customer who is logged in, the most trusted source first; a national number is masked."""

    id: UUID
    kind: Kind
    display_name: str
    language: Language
    preferred_channel: Channel
    names: list[NameView]
    identifiers: list[HitIdentifier]
    addresses: list[AddressView]
    contact_points: list[ContactPointView]
