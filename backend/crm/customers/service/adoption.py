"""Taking over what a register says: facts with the register as their source, beside what others said."""

from datetime import date
from uuid import UUID

import msgspec

from backend.crm.customers.schemas import AddressInput, ContactPointInput, CustomerView, IdentifierInput, NamesInput
from backend.crm.customers.service import CustomerService, facts
from backend.crm.customers.service.facts import Origin
from backend.crm.customers.service.profile import AddressFact, Fact, Facts, NameFact, Profile
from backend.crm.customers.service.statements import CHANGE
from backend.crm.customers.service.winners import same_door
from backend.crm.errors import customer_merged
from backend.crm.rules import NameType, Source
from backend.kit.crypto import KeyRing
from backend.kit.db import encode_json
from backend.kit.etag import check_version


class Adoption(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken over.

    Attributes:
        source: which register says so.
        fields: names for the audit log.
        names: of a person.
        labels: other names, with their type.
        ends: facts that no longer hold.
    """

    source: Source
    fields: tuple[str, ...]
    names: tuple[NamesInput, ...] = ()
    labels: tuple[tuple[NameType, str], ...] = ()
    addresses: tuple[AddressInput, ...] = ()
    contact_points: tuple[ContactPointInput, ...] = ()
    identifiers: tuple[IdentifierInput, ...] = ()
    birth_date: date | None = None
    deceased: bool = False
    ends: frozenset[UUID] = frozenset()


def adopted(profile: Profile, adoption: Adoption, keys: KeyRing, origin: Origin) -> Facts:
    """The facts that are added.

    Raises:
        ProblemError: 400 for what is not well formed.
    """
    names: list[NameFact] = []
    for one in adoption.names:
        names += facts.name_facts("person", one, None, origin)
    return Facts(
        identifiers=facts.identifier_facts(profile.kind, adoption.identifiers, keys, origin),
        names=names + [facts.labelled(kind, label, "name", origin) for kind, label in adoption.labels],
        addresses=facts.address_facts(adoption.addresses, origin),
        contact_points=facts.contact_point_facts(adoption.contact_points, origin, profile.contact_points),
    )


class Adopter(CustomerService):
    """Customers, with what registers say."""

    async def adopt(self, customer_id: UUID, adoption: Adoption, expected: int) -> CustomerView:
        """Add what a register says to a live customer; 400, 404, 409, 412.

        An address that may not be told stays so: where it stands in the open it ends, or a search would find it.
        """
        profile = await self.alone(customer_id)
        if profile.survivor_id is not None:
            raise customer_merged()
        check_version(expected, profile.version)
        keys, origin = self._work.keys, Origin(source=adoption.source, at=self._work.now)
        added = adopted(profile, adoption, keys, origin)
        ended = _ended(profile, adoption, added)
        born = facts.birth(profile.kind, adoption.birth_date, customer_id, keys, origin)
        kept = [name for name in profile.names if name not in ended]
        await self._write(
            CHANGE,
            customer_id,
            added,
            "deceased" if adoption.deceased else profile.status,
            facts.display_name([*kept, *added.names]),
            profile.language,
            profile.preferred_channel,
            born.sealed,
            born.lookup,
            [fact.id for fact in ended if profile.own(fact)],
            self._work.now,
            encode_json(_set_aside(profile, adoption, ended)),
            adoption.birth_date is not None,
        )
        self._work.trail.record("customer", [customer_id], fields=adoption.fields)
        changed = await self._read(customer_id)
        await self.reindex(changed)
        return self.view(changed)


def _ended(profile: Profile, adoption: Adoption, added: Facts) -> list[Fact]:
    """The facts of the file that no longer hold."""
    hidden = {same_door(one) for one in added.addresses if one.undisclosed}
    held: list[Fact] = [*profile.names, *profile.addresses, *profile.contact_points]
    return [
        fact
        for fact in held
        if fact.id in adoption.ends
        or (isinstance(fact, AddressFact) and not fact.undisclosed and same_door(fact) in hidden)
    ]


def _set_aside(profile: Profile, adoption: Adoption, ended: list[Fact]) -> list[dict[str, str]]:
    """What other members of the file said and no longer counts."""
    aside = [{"fact_id": str(fact.id), "field": "fact"} for fact in ended if not profile.own(fact)]
    if adoption.birth_date is not None:
        aside += [{"fact_id": str(other.id), "field": "birthDate"} for other in profile.others]
    return aside
