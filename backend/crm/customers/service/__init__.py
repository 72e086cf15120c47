"""What can be done with customers."""

from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.crm.customers.schemas import (
    CustomerCreate,
    CustomerHitPage,
    CustomerPatch,
    CustomerQuery,
    CustomerView,
    Recipient,
    RevealedView,
    RevealRequest,
)
from backend.crm.customers.service import facts
from backend.crm.customers.service.facts import Origin
from backend.crm.customers.service.profile import Fact, Facts, IdentifierFact, Profile
from backend.crm.customers.service.search import search
from backend.crm.customers.service.statements import CHANGE, HELD, READ, READ_LOCKED, RECIPIENT, REGISTER
from backend.crm.customers.service.views import clear_ssin, customer_hit, customer_view, revealed_view
from backend.crm.errors import customer_exists, customer_merged, identifier_differs
from backend.crm.rules import OURS, SEVERAL, Source
from backend.kit.clock import BRUSSELS
from backend.kit.db import UniqueViolation, encode_json
from backend.kit.etag import check_version
from backend.kit.paging import PageRequest
from backend.kit.problems import invalid_input, not_found
from backend.kit.schema import changes, given
from backend.kit.work import Work

SHOWN = ("displayName", "names", "identifiers", "addresses", "contactPoints")
"""Personal data in a view, for the audit log."""
HIT = ("displayName", "identifiers", "address", "contactPoints")
"""Personal data in a list of hits."""

_PROFILE = msgspec.json.Decoder(Profile)


class CustomerService:
    """Customers: register, read, change, find, reveal.

    Args:
        work: the unit of work and its surroundings.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

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
        """One customer; 404."""
        profile = await self._read(customer_id)
        self._work.trail.record("customer", [customer_id], fields=SHOWN)
        return customer_view(profile, self._work.keys)

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
        profile = await self._read(customer_id, READ_LOCKED)
        check_version(expected, profile.version)
        if profile.status == "merged":
            raise customer_merged()
        if data.status == "merged":
            raise invalid_input("Profiles are merged by a decision of their own.", name="status")
        origin = Origin(source="agent", at=self._work.now)
        added, ended = self._changes(profile, data, origin)
        kept = [name for name in profile.names if name.id not in ended]
        sealed = profile.birth_date
        if not isinstance(data.birth_date, msgspec.UnsetType):
            sealed = facts.sealed_birth_date(profile.kind, data.birth_date, customer_id, self._work.keys, origin)
        await self._write(
            CHANGE,
            customer_id,
            added,
            given(data.status) or profile.status,
            facts.display_name([*kept, *added.names]),
            given(data.language) or profile.language,
            given(data.preferred_channel) or profile.preferred_channel,
            sealed,
            list(ended),
            self._work.now,
        )
        names = {field.name: field.encode_name for field in msgspec.structs.fields(CustomerPatch)}
        self._work.trail.record("customer", [customer_id], fields=[names[name] for name in changes(data)])
        return customer_view(await self._read(customer_id), self._work.keys)

    async def query(self, query: CustomerQuery, page: PageRequest) -> CustomerHitPage:
        """Customers found by one key; every hit on the page is an entry in the audit log. 400."""
        wanted = search(query, page, self._work.keys)
        rows = await self._work.uow.fetch(wanted.sql, *wanted.args)
        shown = rows[: page.limit]
        today = self._work.now.astimezone(BRUSSELS).date()
        hits = [customer_hit(_PROFILE.decode(row["profile"]), self._work.keys, today) for row in shown]
        self._work.trail.record("customer", [hit.id for hit in hits] or [None], fields=HIT)
        if len(rows) > page.limit:
            return CustomerHitPage(items=hits, next=wanted.next(shown[-1]))
        return CustomerHitPage(items=hits)

    async def reveal(self, customer_id: UUID, data: RevealRequest) -> RevealedView:
        """Shielded fields in clear; who, which and why go into the audit log. 404."""
        profile = await self._read(customer_id)
        self._work.trail.record(
            "customer", [customer_id], action="revealCustomer", fields=sorted(set(data.fields)), purpose=data.purpose
        )
        return revealed_view(profile, tuple(data.fields), self._work.keys)

    async def _register(self, data: CustomerCreate, source: Source, place: str) -> Profile:
        origin = Origin(source=source, at=self._work.now, place=place)
        keys, row = self._work.keys, uuid7()
        names = facts.name_facts(data.kind, given(data.names), given(data.organisation_name), origin)
        profile = Profile(
            id=row,
            kind=data.kind,
            display_name=facts.display_name(names),
            language=data.language,
            preferred_channel=data.preferred_channel,
            status="active",
            source=source,
            birth_date=facts.sealed_birth_date(data.kind, given(data.birth_date), row, keys, origin),
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
            profile.birth_date,
            source,
            origin.at,
        )
        self._work.trail.record("customer", [row], fields=SHOWN)
        return profile

    def _changes(self, profile: Profile, data: CustomerPatch, origin: Origin) -> tuple[Facts, set[UUID]]:
        """What a patch adds, and the ids of the facts it ends."""
        ended: list[Fact] = []
        names, addresses, points = [], [], []
        if not isinstance(data.names, msgspec.UnsetType) or not isinstance(data.organisation_name, msgspec.UnsetType):
            names = facts.name_facts(profile.kind, given(data.names), given(data.organisation_name), origin)
            ended += profile.names
        if not isinstance(data.addresses, msgspec.UnsetType):
            addresses = facts.address_facts(data.addresses, origin)
            ended += profile.addresses
        if not isinstance(data.contact_points, msgspec.UnsetType):
            points = facts.contact_point_facts(data.contact_points, origin, profile.contact_points)
            ended += profile.contact_points
        numbers = self._new_identifiers(profile, data, origin)
        added = Facts(identifiers=numbers, names=names, addresses=addresses, contact_points=points)
        return added, {fact.id for fact in ended if fact.source in OURS}

    def _new_identifiers(self, profile: Profile, data: CustomerPatch, origin: Origin) -> list[IdentifierFact]:
        """The identifiers the customer does not have yet; 409 for another one of a type held once."""
        keys = self._work.keys
        held = [(one.type, one.number or clear_ssin(one, keys)) for one in profile.identifiers]
        new = []
        for fact in facts.identifier_facts(profile.kind, given(data.identifiers) or (), keys, origin):
            if (fact.type, fact.number or clear_ssin(fact, keys)) in held:
                continue
            if fact.type not in SEVERAL and any(kind == fact.type for kind, _ in held):
                raise identifier_differs()
            new.append(fact)
        return new

    async def _write(self, sql: str, customer_id: UUID, added: Facts, *columns: object) -> None:
        """Run a statement that adds facts; 409 when one of the identifiers is in use."""
        lists = (added.identifiers, added.names, added.addresses, added.contact_points)
        await self._check_older_keys(added)
        try:
            await self._work.uow.execute(sql, customer_id, *(encode_json(rows) for rows in lists), *columns)
        except UniqueViolation as error:
            if error.constraint_name == "ux_customer_identifier_lookup":
                raise customer_exists() from None
            raise

    async def _check_older_keys(self, added: Facts) -> None:
        """409 for a number stored under an older key, while keys are being replaced: the unique index cannot see it."""
        keys = self._work.keys
        if len(keys.versions) == 1:
            return
        for fact in added.identifiers:
            if fact.type == "ssin":
                lookups = keys.lookups(clear_ssin(fact, keys), purpose="ssin")
                if await self._work.uow.fetchval(HELD, fact.type, lookups):
                    raise customer_exists()

    async def _read(self, customer_id: UUID, sql: str = READ) -> Profile:
        found = await self._work.uow.fetchval(sql, customer_id)
        if found is None:
            raise not_found("customer")
        return _PROFILE.decode(found)
