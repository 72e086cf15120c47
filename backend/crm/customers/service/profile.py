"""A customer's profile as it is stored: rows to write, rows as read; nothing masked, nothing decrypted."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.crm.rules import (
    SEVERITY,
    Channel,
    ContactPointType,
    IdentifierType,
    Kind,
    Language,
    NameType,
    Source,
    Status,
    best_first,
)


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What every fact has; field name = column name. `customer_id` is the member of the file that it was told of."""

    id: UUID
    customer_id: UUID | None = None
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
    parts: tuple[str, ...] = ()


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


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Another customer in the same file, with what it says of itself; `set_aside`: which of that no longer counts."""

    id: UUID
    status: Status
    language: Language
    preferred_channel: Channel
    source: Source
    birth_date: bytes | None = None
    set_aside: list[str] = []


class Profile(Facts, frozen=True, kw_only=True):
    """A customer and the facts that hold now, those of the other members of its file too; `birth_date` is encrypted."""

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
    survivor_id: UUID | None = None
    others: list[Member] = []

    @property
    def members(self) -> list[UUID]:
        """Every customer in the file, this one first."""
        return [self.id, *(other.id for other in self.others)]

    @property
    def standing(self) -> Status:
        """The strictest status in the file: who is deceased stays so when two files become one."""
        told = [other.status for other in self.others if "status" not in other.set_aside]
        return max((self.status, *told), key=SEVERITY.index)

    @property
    def born(self) -> tuple[UUID, bytes] | None:
        """Whose sealed birth date holds, and that date: this customer's own, else that of the most trusted member."""
        if self.birth_date is not None:
            return self.id, self.birth_date
        for other in best_first(self.others):
            if other.birth_date is not None and "birthDate" not in other.set_aside:
                return other.id, other.birth_date
        return None

    def own(self, fact: Fact) -> bool:
        """Whether the fact was told of this very customer, not of another member of its file."""
        return fact.customer_id in {None, self.id}
