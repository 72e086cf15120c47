"""JSON shape of what narrows a list."""

from uuid import UUID

from msgspec import UNSET, UnsetType

from backend.contacts.lists.rules import OpenState
from backend.contacts.rules import Channel, Kind, Priority
from backend.kit.schema import Input, Moment


class Filters(Input):
    """Only questions that fit all that is given."""

    kind: Kind | UnsetType = UNSET
    channel: Channel | UnsetType = UNSET
    product_id: UUID | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    state: OpenState | UnsetType = UNSET
    assignee_id: UUID | UnsetType = UNSET
    created_since: Moment | UnsetType = UNSET
    created_until: Moment | UnsetType = UNSET
