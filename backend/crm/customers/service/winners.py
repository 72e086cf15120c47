"""Which facts of a file count first when they say different things, each thing said once."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from msgspec.structs import replace

from backend.crm.customers.service.facts import display_name
from backend.crm.customers.service.profile import AddressFact, ContactPointFact, Fact, Facts, NameFact, Profile
from backend.crm.rules import PRECEDENCE, name_key

F = TypeVar("F", bound=Fact)


def winning(profile: Profile) -> Facts:
    """The facts of the file, the one that counts first in front, each said once.

    First the source (a register, the desk, the customer, an import), then the live customer before those merged into
    it, then what was told first. An address that anybody declared undisclosed is undisclosed, whoever else told it; an
    e-mail address or number that was verified anywhere in the file is verified.
    """
    return Facts(
        identifiers=_ordered(profile.identifiers, profile),
        names=_distinct(_ordered(profile.names, profile), _same_name),
        addresses=_addresses(_ordered(profile.addresses, profile)),
        contact_points=_contact_points(_ordered(profile.contact_points, profile)),
    )


def best_name(profile: Profile) -> str:
    """The name a file goes by: the first one that is no alias."""
    return display_name(winning(profile).names)


def _ordered(facts: list[F], profile: Profile) -> list[F]:
    if len(facts) == 1:  # most lists
        return facts
    return sorted(facts, key=lambda fact: (PRECEDENCE[fact.source], not profile.own(fact)))


def _distinct(facts: list[F], key: Callable[[F], Hashable]) -> list[F]:
    if len(facts) == 1:
        return facts
    found: dict[Hashable, F] = {}
    for fact in facts:
        found.setdefault(key(fact), fact)
    return list(found.values())


def _same_name(fact: NameFact) -> Hashable:
    return fact.type, fact.label or "", fact.given or "", fact.family or ""


def same_door(fact: AddressFact) -> Hashable:
    """What makes two addresses the same place when one may not be told: the street may be spelled in another way."""
    return name_key(fact.number), fact.postcode, fact.country


def same_address(fact: AddressFact) -> Hashable:
    """What makes two addresses one: `Kerkstraat 12 A` = `kerkstraat 12a`."""
    return name_key(fact.street), name_key(fact.number), name_key(fact.box), fact.postcode, fact.country


def _addresses(facts: list[AddressFact]) -> list[AddressFact]:
    if len(facts) == 1:
        return facts
    hidden = {same_door(fact) for fact in facts if fact.undisclosed}
    shown = [replace(fact, undisclosed=True) if same_door(fact) in hidden else fact for fact in facts]
    return _distinct(shown, lambda fact: (same_address(fact), fact.valid_from, fact.valid_to))


def _contact_points(facts: list[ContactPointFact]) -> list[ContactPointFact]:
    verified = {(fact.type, fact.value): fact for fact in reversed(facts) if fact.verified_at}
    preferred: set[str] = set()
    found = []
    for fact in _distinct(facts, lambda one: (one.type, one.value)):
        proof = verified.get((fact.type, fact.value), fact)
        first = fact.preferred and fact.type not in preferred
        preferred |= {fact.type} if fact.preferred else set()
        found.append(replace(fact, preferred=first, verified_at=proof.verified_at, verified_how=proof.verified_how))
    return found
