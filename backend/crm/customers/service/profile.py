"""A customer's profile as it is stored: rows to write, rows as read; nothing masked, nothing decrypted."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.crm.rules import Channel, ContactPointType, IdentifierType, Kind, Language, NameType, Source, Status


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What every fact has; field name = column name."""

    id: UUID
    source: Source
    recorded_at: datetime


class IdentifierFact(Fact, frozen=True, kw_only=True):
    """An official number; `value` is encrypted (national number), `number` is not (all others)."""

    type: IdentifierType
    value: bytes | None = None
    number: str | None = None
    lookup: bytes = b""


class NameFact(Fact, frozen=True, kw_only=True):
    """A name of a person in two parts, any other name in `label`."""

    type: NameType
    given: str | None = None
    family: str | None = None
    label: str | None = None
    folded: str = ""
    folded_given: str | None = None


class AddressFact(Fact, frozen=True, kw_only=True):
    """An address."""

    street: str
    postcode: str
    municipality: str
    country: str
    number: str | None = None
    box: str | None = None
    register_id: str | None = None
    folded_number: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    undisclosed: bool = False


class ContactPointFact(Fact, frozen=True, kw_only=True):
    """An e-mail address or phone number."""

    type: ContactPointType
    value: str
    typed: str
    preferred: bool = False
    verified_at: datetime | None = None
    verified_how: str | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about one customer."""

    identifiers: list[IdentifierFact] = []
    names: list[NameFact] = []
    addresses: list[AddressFact] = []
    contact_points: list[ContactPointFact] = []


class Profile(Facts, frozen=True, kw_only=True):
    """A customer and the facts that hold now; `birth_date` is encrypted."""

    id: UUID
    kind: Kind
    display_name: str
    language: Language
    preferred_channel: Channel
    status: Status
    source: Source
    created_at: datetime
    updated_at: datetime
    version: int
    birth_date: bytes | None = None
