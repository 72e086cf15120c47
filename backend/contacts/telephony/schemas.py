"""JSON shapes of calls that ring."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.crm.customers.schemas import CustomerHit, Phone
from backend.kit.schema import Input, Moment, View

Extension = Annotated[str, Meta(pattern=r"^[0-9*#+]{1,20}$", examples=["4012"])]


class CallRinging(Input):
    """It rings: `extension` or `username` says at whose telephone; without `phone` the caller withholds the number."""

    phone: Phone | UnsetType = UNSET
    extension: Extension | UnsetType = UNSET
    username: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    at: Moment | UnsetType = UNSET


class CallAccepted(View):
    """The call, when a colleague sits at that telephone; otherwise nobody is told."""

    id: UUID | UnsetType = UNSET


class TelephoneTake(Input):
    """Where you sit; without extension: at no telephone."""

    extension: Extension | UnsetType = UNSET


class TelephoneView(View):
    """Where you sit, if anywhere."""

    extension: str | UnsetType = UNSET


class RingingCallView(View):
    """A call that rings, and who it may be: at most three customers with that number."""

    id: UUID
    at: datetime
    phone: str | UnsetType = UNSET
    suggestions: list[CustomerHit] = []


class RingingCalls(View):
    """What rings at yours, the newest first, and at which telephone you sit."""

    extension: str | UnsetType = UNSET
    items: list[RingingCallView]
