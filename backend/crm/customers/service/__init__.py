"""What can be done with customers."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.crm.customers.schemas import (
    CustomerCreate,
    CustomerHit,
    CustomerPatch,
    CustomerView,
    Recipient,
    RevealedView,
    RevealRequest,
)
from backend.crm.customers.service import facts
from backend.crm.customers.service.changing import changed, set_aside
from backend.crm.customers.service.facts import Origin
from backend.crm.customers.service.members import members
from backend.crm.customers.service.profile import Fact, Facts, Profile
from backend.crm.customers.service.residences import Residence, residences
from backend.crm.customers.service.statements import (
    ALONE,
    CHANGE,
    FILE,
    LIVE,
    MEMBERS,
    PROFILE,
    READ,
    READ_ITSELF,
    READ_MANY,
    RECIPIENT,
    REGISTER,
)
from backend.crm.customers.service.subject import subject_of
from backend.crm.customers.service.uniqueness import check_older_keys
from backend.crm.customers.service.views import clear_ssin, customer_hit, customer_view, revealed_view, shown_value
from backend.crm.customers.service.winners import best_name, winning
from backend.crm.errors import customer_exists, customer_merged
from backend.crm.matching.service import MatchService
from backend.crm.rules import IdentifierType, Source
from backend.crm.suggestions.rules import COMPARED, SUGGEST
from backend.kit.db import UniqueViolation, encode_json
from backend.kit.etag import check_version
from backend.kit.problems import invalid_input, not_found
from backend.kit.schema import changes, given
from backend.kit.work import Work

__all__ = [
    "MEMBERS",
    "PROFILE",
    "CustomerFile",
    "CustomerService",
    "Fact",
    "Facts",
    "Profile",
    "Residence",
    "best_name",
    "members",
    "read_profile",
    "residences",
    "shown_value",
    "winning",
]

SHOWN = ("displayName", "names", "identifiers", "addresses", "contactPoints")
"""Personal data in a view, for the audit log."""

read_profile = msgspec.json.Decoder(Profile).decode
"""From the JSON of the statement `PROFILE` to what is stored of a customer."""


class CustomerFile(msgspec.Struct, frozen=True, kw_only=True):
    """The customers that people have linked into one.

    Attributes:
        id: the live one: whose profile is shown and changed.
        members: all of them, the live one first; contacts, questions and facts stay with the one they were made on.
    """

    id: UUID
    members: list[UUID]

    @classmethod
    def of(cls, customer: CustomerView) -> "CustomerFile":
        """The file that this is the profile of."""
        return cls(id=customer.id, members=[customer.id, *customer.merged])


class CustomerService:
    """Customers: register, read, change, find, reveal.

    Args:
        work: the unit of work and its surroundings.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._matching = MatchService(work)

    async def register(self, data: CustomerCreate, *, source: Source = "agent", place: str = "") -> UUID:
        """Store a new customer with everything given, in one statement; gives its id.

        Args:
            data: as typed.
            source: who says so.
            place: stands before the name of a field in a fault, when `data` is a part of a body (`customer.`).

        Raises:
            ProblemError: 400 with the place of the fault; 409 `customerExists` when an identifier is in use.
        """
        return (await self._register(data, source, place)).id

    async def create(self, data: CustomerCreate) -> CustomerView:
        """Store a new customer and show it; 400, 409 as `register`."""
        return customer_view(await self._register(data, "agent", ""), self._work.keys)

    async def get(self, customer_id: UUID) -> CustomerView:
        """One customer; of one that was merged the live one. 404."""
        profile = await self._read(customer_id)
        self._work.trail.record("customer", profile.members, fields=SHOWN)
        return customer_view(profile, self._work.keys)

    async def file(self, customer_id: UUID) -> CustomerFile:
        """Which customers are one file with this one, the live one first; 404. No look: no audit entry."""
        row = await self._work.uow.fetchrow(FILE, customer_id)
        if row is None:
            raise not_found("customer")
        return CustomerFile(id=row["id"], members=row["members"])

    async def live(self, customer_id: UUID) -> UUID | None:
        """The live customer that this id leads to; None when there is none. No look: no audit entry."""
        found: UUID | None = await self._work.uow.fetchval(LIVE, customer_id)
        return found

    async def alone(self, customer_id: UUID) -> Profile:
        """What is stored of this very customer, changed by nobody else until this transaction ends; 404.

        A merged one says so, where other reading follows it to the file that it lives on in. No look: no audit entry.
        """
        await self._work.uow.execute(ALONE, customer_id)
        return await self._read(customer_id, READ_ITSELF)

    async def profiles(self, customer_ids: Sequence[UUID]) -> dict[UUID, Profile]:
        """What is stored of live customers, by id, nothing masked; to work with, not to show: no audit entry."""
        rows = await self._work.uow.fetch(READ_MANY, customer_ids)
        return {row["id"]: read_profile(row["profile"]) for row in rows}

    async def reindex(self, profile: Profile, *, gone: UUID | None = None) -> None:
        """Make a live customer found by what its file now says; `gone` is the one that is part of it from now on."""
        if gone is not None:
            await self._matching.remove(gone)
        await self._matching.write(profile.id, subject_of(profile, self._work.keys))
        self._work.outbox.add(SUGGEST, self._work.now, customer=profile.id)

    def view(self, profile: Profile) -> CustomerView:
        """A stored profile as people see it."""
        return customer_view(profile, self._work.keys)

    def hit(self, profile: Profile, today: date) -> CustomerHit:
        """A stored profile as a line of a list."""
        return customer_hit(profile, self._work.keys, today)

    def numbers(self, profile: Profile) -> dict[IdentifierType, set[str]]:
        """The official numbers of a stored profile, in clear, by type; to compare, never to show."""
        found: dict[IdentifierType, set[str]] = {}
        for fact in profile.identifiers:
            found.setdefault(fact.type, set()).add(fact.number or clear_ssin(fact, self._work.keys))
        return found

    async def recipient(self, customer_id: UUID) -> Recipient | None:
        """How to write to a customer; None when there is none. Without e-mail address when none is known or deceased.

        Not a look by a person, so no audit entry: for jobs that send messages.
        """
        row = await self._work.uow.fetchrow(RECIPIENT, customer_id)
        return Recipient(**dict(row)) if row else None

    async def change(self, customer_id: UUID, data: CustomerPatch, expected: int) -> CustomerView:
        """Change a customer; what is replaced is ended and kept. 400, 404, 409, 412.

        Facts of registers stay: what the desk says stands beside them.
        """
        profile = await self.alone(customer_id)
        if profile.survivor_id is not None:
            raise customer_merged()
        check_version(expected, profile.version)
        if data.status == "merged":
            raise invalid_input("Profiles are merged by a decision of their own.", name="status")
        origin = Origin(source="agent", at=self._work.now)
        added, ended = changed(profile, data, self._work.keys, origin)
        kept = [name for name in profile.names if name not in ended]
        born = facts.birth(profile.kind, given(data.birth_date), customer_id, self._work.keys, origin)
        await self._write(
            CHANGE,
            customer_id,
            added,
            given(data.status) or profile.status,
            facts.display_name([*kept, *added.names]),
            given(data.language) or profile.language,
            given(data.preferred_channel) or profile.preferred_channel,
            born.sealed,
            born.lookup,
            [fact.id for fact in ended if profile.own(fact)],
            self._work.now,
            encode_json(set_aside(profile, data, ended)),
            not isinstance(data.birth_date, msgspec.UnsetType),
        )
        names = {field.name: field.encode_name for field in msgspec.structs.fields(CustomerPatch)}
        self._work.trail.record("customer", [customer_id], fields=[names[name] for name in changes(data)])
        after = await self._read(customer_id)
        if COMPARED & changes(data).keys():
            await self.reindex(after)
        return customer_view(after, self._work.keys)

    async def reveal(self, customer_id: UUID, data: RevealRequest) -> RevealedView:
        """Shielded fields in clear; who, which and why go into the audit log. 404."""
        profile = await self._read(customer_id)
        self._work.trail.record(
            "customer", profile.members, action="revealCustomer", fields=sorted(set(data.fields)), purpose=data.purpose
        )
        return revealed_view(profile, tuple(data.fields), self._work.keys)

    async def _register(self, data: CustomerCreate, source: Source, place: str) -> Profile:
        origin = Origin(source=source, at=self._work.now, place=place)
        keys, row = self._work.keys, uuid7()
        names = facts.name_facts(data.kind, given(data.names), given(data.organisation_name), origin)
        born = facts.birth(data.kind, given(data.birth_date), row, keys, origin)
        profile = Profile(
            id=row,
            kind=data.kind,
            display_name=facts.display_name(names),
            language=data.language,
            preferred_channel=data.preferred_channel,
            status="active",
            source=source,
            birth_date=born.sealed,
            created_at=origin.at,
            updated_at=origin.at,
            version=1,
            identifiers=facts.identifier_facts(data.kind, data.identifiers, keys, origin),
            names=names,
            addresses=facts.address_facts(data.addresses, origin),
            contact_points=facts.contact_point_facts(data.contact_points, origin),
        )
        await self._write(
            REGISTER,
            row,
            profile,
            profile.kind,
            profile.display_name,
            profile.language,
            profile.preferred_channel,
            born.sealed,
            born.lookup,
            source,
            origin.at,
        )
        self._matching.write_new(row, subject_of(profile, keys))
        self._work.outbox.add(SUGGEST, origin.at, customer=row)
        self._work.trail.record("customer", [row], fields=SHOWN)
        return profile

    async def _write(self, sql: str, customer_id: UUID, added: Facts, *columns: object) -> None:
        """Run a statement that adds facts; 409 when one of the identifiers is in use."""
        lists = (added.identifiers, added.names, added.addresses, added.contact_points)
        await check_older_keys(self._work, added.identifiers)
        try:
            await self._work.uow.execute(sql, customer_id, *(encode_json(rows) for rows in lists), *columns)
        except UniqueViolation as error:
            if error.constraint_name == "ux_customer_identifier_lookup":
                raise customer_exists() from None
            raise

    async def _read(self, customer_id: UUID, sql: str = READ) -> Profile:
        found = await self._work.uow.fetchval(sql, customer_id)
        if found is None:
            raise not_found("customer")
        return read_profile(found)
