"""JSON shapes of customers."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.crm.finding.rules import FoundBy
from backend.crm.rules import (
    Channel,
    ContactPointType,
    IdentifierType,
    Kind,
    Language,
    NameType,
    RevealField,
    RevealPurpose,
    Source,
    Status,
)
from backend.kit.schema import Input, ShortText, View

Number = Annotated[str, Meta(min_length=1, max_length=40, examples=["0442.528.054"])]
Ssin = Annotated[str, Meta(min_length=1, max_length=40, examples=["85.07.30-033.28"])]
Phone = Annotated[str, Meta(min_length=1, max_length=40, examples=["0470 12 34 56"])]
Mail = Annotated[str, Meta(min_length=3, max_length=254, examples=["an.peeters@voorbeeld.be"])]
House = Annotated[str, Meta(min_length=1, max_length=20, examples=["12A"])]
Postcode = Annotated[str, Meta(min_length=1, max_length=20, examples=["9080"])]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", max_length=2, examples=["BE"])]


class NamesInput(Input):
    """Names of a person: a given or a family name at least; under which name they are known besides."""

    given: ShortText | UnsetType = UNSET
    family: ShortText | UnsetType = UNSET
    alias: ShortText | UnsetType = UNSET


class IdentifierInput(Input):
    """An official number, as typed; the check digits are validated."""

    type: IdentifierType
    value: Number


class AddressInput(Input):
    """An address; an undisclosed one is shown to nobody unless revealed, and found by no search."""

    street: ShortText
    postcode: Postcode
    municipality: ShortText
    number: House | UnsetType = UNSET
    box: House | UnsetType = UNSET
    country: Country = "BE"
    register_id: ShortText | UnsetType = UNSET
    valid_from: date | UnsetType = UNSET
    valid_to: date | UnsetType = UNSET
    undisclosed: bool = False


class ContactPointInput(Input):
    """An e-mail address or phone number, as typed."""

    type: ContactPointType
    value: Annotated[str, Meta(min_length=1, max_length=254, examples=["0470 12 34 56"])]
    preferred: bool = False


class CustomerCreate(Input):
    """A new customer: a person with `names`, or an organisation with `organisationName`."""

    kind: Kind
    names: NamesInput | UnsetType = UNSET
    organisation_name: ShortText | UnsetType = UNSET
    language: Language = "nl"
    preferred_channel: Channel = "none"
    birth_date: date | UnsetType = UNSET
    identifiers: Annotated[tuple[IdentifierInput, ...], Meta(max_length=10)] = ()
    addresses: Annotated[tuple[AddressInput, ...], Meta(max_length=10)] = ()
    contact_points: Annotated[tuple[ContactPointInput, ...], Meta(max_length=20)] = ()


class CustomerPatch(Input):
    """What to change; fields left out stay.

    Names, addresses and contact points replace those that a desk or the customer gave before; identifiers are added.
    """

    language: Language | UnsetType = UNSET
    preferred_channel: Channel | UnsetType = UNSET
    status: Annotated[Status, Meta(description="`merged` is not set by hand.")] | UnsetType = UNSET
    names: NamesInput | UnsetType = UNSET
    organisation_name: ShortText | UnsetType = UNSET
    birth_date: date | UnsetType | None = UNSET
    identifiers: Annotated[tuple[IdentifierInput, ...], Meta(max_length=10)] | UnsetType = UNSET
    addresses: Annotated[tuple[AddressInput, ...], Meta(max_length=10)] | UnsetType = UNSET
    contact_points: Annotated[tuple[ContactPointInput, ...], Meta(max_length=20)] | UnsetType = UNSET


class RevealRequest(Input):
    """Which shielded fields to show, and why."""

    fields: Annotated[list[RevealField], Meta(min_length=1, max_length=3)]
    purpose: RevealPurpose


class FactView(View):
    """Who said so and when; `mergedFrom` is the customer it was told of when that one was merged into this file."""

    source: Source
    recorded_at: datetime
    merged_from: UUID | None = None


class IdentifierView(FactView):
    """An official number; a national number is masked."""

    type: IdentifierType
    value: str
    masked: bool = False


class NameView(FactView):
    """A name, whole in `text`."""

    type: NameType
    text: str
    given: str | None = None
    family: str | None = None


class AddressView(FactView):
    """An address; of an undisclosed one only that it exists."""

    street: str | None = None
    number: str | None = None
    box: str | None = None
    postcode: str | None = None
    municipality: str | None = None
    country: str | None = None
    register_id: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    undisclosed: bool = False


class ContactPointView(FactView):
    """An e-mail address or phone number; its id changes when the contact points of the profile are saved anew."""

    id: UUID
    type: ContactPointType
    value: str
    typed: str
    preferred: bool = False
    verified_at: datetime | None = None
    verified_how: str | None = None


class CustomerView(View):
    """A customer's profile, the most trusted source first; what is shielded is masked or left out.

    A list that is absent is not this person's to see; an empty one says that nothing is known.

    `merged` are the customers that people linked into this one: their ids lead here.
    """

    id: UUID
    kind: Kind
    display_name: str
    language: Language
    preferred_channel: Channel | UnsetType = UNSET
    status: Status
    names: list[NameView] | UnsetType = UNSET
    identifiers: list[IdentifierView] | UnsetType = UNSET
    addresses: list[AddressView] | UnsetType = UNSET
    contact_points: list[ContactPointView] | UnsetType = UNSET
    created_at: datetime
    updated_at: datetime
    version: int
    birth_date_known: bool | UnsetType = UNSET
    merged: list[UUID] = []


class HitIdentifier(View):
    """An official number in a list; a national number is masked."""

    type: IdentifierType
    value: str


class HitContactPoint(View):
    """An e-mail address or phone number in a list."""

    type: ContactPointType
    value: str


class CustomerHit(View):
    """A customer in a list: enough to see whether it is the right one; `foundBy`: what a search found it by."""

    id: UUID
    kind: Kind
    display_name: str
    status: Status
    identifiers: list[HitIdentifier] | UnsetType = UNSET
    contact_points: list[HitContactPoint] | UnsetType = UNSET
    address: str | UnsetType = UNSET
    found_by: FoundBy | None = None


class RevealedView(View):
    """Shielded fields in clear; what is not known is left out."""

    ssin: str | None = None
    birth_date: date | None = None
    addresses: tuple[AddressView, ...] = ()


class Recipient(View):
    """Whom a message goes to; not part of the API."""

    id: UUID
    name: str
    kind: Kind
    language: Language
    preferred_channel: Channel
    email: str | None = None
    phone: str | None = None
