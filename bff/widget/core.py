"""What the widget itself reads of the core; everything else it passes on."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from bff.core.client import Operation
from bff.widget.schemas import OwnProfile, Requester


class Question(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A question that the form of a product asks."""

    key: str
    label: str
    kind: Literal["text", "choice", "date", "number"] = "text"
    options: list[str] = []
    required: bool = False
    help: str = ""


class Product(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What of a product the form needs."""

    id: str
    name: str
    form: Literal["informal", "formal"]
    first_line_information: str | None = None
    transaction_url: str | None = None
    contact_form_questions: list[Question] = []


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A name of a customer."""

    type: str
    text: str
    given: str | None = None
    family: str | None = None


class Address(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An address of a customer."""

    street: str | None = None
    number: str | None = None
    box: str | None = None
    postcode: str | None = None
    municipality: str | None = None


class ContactPoint(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where a customer can be reached."""

    type: str
    value: str


class Profile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is known of who is logged in."""

    kind: Requester
    names: list[Name] = []
    addresses: list[Address] = []
    contact_points: list[ContactPoint] = []


class Known(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is filled in into the link of a product."""

    given_name: str | UnsetType = UNSET
    family_name: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    street: str | UnsetType = UNSET
    house_number: str | UnsetType = UNSET
    box: str | UnsetType = UNSET
    postcode: str | UnsetType = UNSET
    municipality: str | UnsetType = UNSET
    reference: str | UnsetType = UNSET


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Where a transaction is done."""

    url: str


PRODUCT = Operation("getProduct", "GET", "/products/{product_id}", Product)
LINK = Operation("fillTransactionLink", "POST", "/products/{product_id}/transactionLink", Link, Known)
PROFILE = Operation("getOwnProfile", "GET", "/own/profile", Profile)
OWN_PROFILE = Operation("getOwnProfile", "GET", "/own/profile", OwnProfile)
