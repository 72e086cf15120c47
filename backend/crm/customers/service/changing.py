"""What a change adds to a file, what it ends, and what of other members it sets aside."""

from collections.abc import Sequence

from msgspec import UnsetType

from backend.crm.customers.schemas import CustomerPatch
from backend.crm.customers.service import facts
from backend.crm.customers.service.facts import Origin
from backend.crm.customers.service.profile import Fact, Facts, IdentifierFact, Profile
from backend.crm.customers.service.views import clear_ssin
from backend.crm.errors import identifier_differs
from backend.crm.rules import OURS, SEVERAL
from backend.kit.crypto import KeyRing
from backend.kit.schema import changes, given


def changed(profile: Profile, data: CustomerPatch, keys: KeyRing, origin: Origin) -> tuple[Facts, list[Fact]]:
    """What a patch adds, and the facts that no longer hold; 400, 409."""
    ended: list[Fact] = []
    names, addresses, points = [], [], []
    if not isinstance(data.names, UnsetType) or not isinstance(data.organisation_name, UnsetType):
        names = facts.name_facts(profile.kind, given(data.names), given(data.organisation_name), origin)
        ended += profile.names
    if not isinstance(data.addresses, UnsetType):
        addresses = facts.address_facts(data.addresses, origin)
        ended += profile.addresses
    if not isinstance(data.contact_points, UnsetType):
        points = facts.contact_point_facts(data.contact_points, origin, profile.contact_points)
        ended += profile.contact_points
    numbers = _new_identifiers(profile, data, keys, origin)
    added = Facts(identifiers=numbers, names=names, addresses=addresses, contact_points=points)
    return added, [fact for fact in ended if fact.source in OURS]


def _new_identifiers(profile: Profile, data: CustomerPatch, keys: KeyRing, origin: Origin) -> list[IdentifierFact]:
    """The identifiers the customer does not have yet; 409 for another one of a type held once."""
    held = [(one.type, one.number or clear_ssin(one, keys)) for one in profile.identifiers]
    new = []
    for fact in facts.identifier_facts(profile.kind, given(data.identifiers) or (), keys, origin):
        if (fact.type, fact.number or clear_ssin(fact, keys)) in held:
            continue
        if fact.type not in SEVERAL and any(kind == fact.type for kind, _ in held):
            raise identifier_differs()
        new.append(fact)
    return new


def set_aside(profile: Profile, data: CustomerPatch, ended: Sequence[Fact]) -> list[dict[str, str]]:
    """What other members of the file said and this change no longer holds for true."""
    aside = [{"fact_id": str(fact.id), "field": "fact"} for fact in ended if not profile.own(fact)]
    sent = changes(data)
    for name, field in (("birth_date", "birthDate"), ("status", "status")):
        if name in sent:
            aside += [{"fact_id": str(other.id), "field": field} for other in profile.others]
    return aside
