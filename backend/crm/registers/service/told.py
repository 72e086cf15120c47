"""What a register tells and what we hold, side by side: the same words, the same normal forms."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec

from backend.crm.customers.schemas import AddressInput, ContactPointInput, IdentifierInput, NamesInput
from backend.crm.customers.service.adoption import Adoption, adopted
from backend.crm.customers.service.facts import Origin
from backend.crm.customers.service.profile import (
    AddressFact,
    ContactPointFact,
    Fact,
    Facts,
    IdentifierFact,
    NameFact,
    Profile,
)
from backend.crm.customers.service.views import clear_birth_date, clear_ssin, shown_value
from backend.crm.customers.service.winners import same_address
from backend.crm.registers.rules import Field, RegisterAddress, RegisterRecord, Said
from backend.crm.rules import HOLDERS, NameType
from backend.kit.crypto import KeyRing
from backend.kit.problems import ProblemError
from backend.kit.text import fold

DECEASED = "overleden"


class Taken(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing as it would be taken over; exactly one field is set, none for what is told only."""

    name: NamesInput | None = None
    label: tuple[NameType, str] | None = None
    address: AddressInput | None = None
    contact_point: ContactPointInput | None = None
    identifier: IdentifierInput | None = None
    birth_date: str | None = None
    deceased: bool = False


def theirs(record: RegisterRecord, profile: Profile, keys: KeyRing, origin: Origin) -> list[tuple[Said, Taken]]:
    """What the register says that can be kept; what is not well formed is left out, as nobody could accept it."""
    found = []
    for taken in _candidates(record, profile):
        adoption = _alone(record, taken)
        try:
            added = adopted(profile, adoption, keys, origin)
        except ProblemError:
            continue
        found += [(said(fact, keys), taken) for fact in _all(added)]
    return found + list(_plain(record))


def ours(profile: Profile, keys: KeyRing) -> list[Said]:
    """What we hold, of the whole file."""
    found = [said(fact, keys) for fact in _all(profile)]
    if profile.born is not None:
        day = clear_birth_date(profile.born, keys).isoformat()
        found.append(Said(field="birthDate", key=day, shown=day, hidden=True))
    if profile.standing == "deceased":
        found.append(Said(field="deceased", key=DECEASED, shown=DECEASED))
    return found


def said(fact: Fact, keys: KeyRing) -> Said:
    """A fact in the words of a comparison."""
    field, kind, key = _key(fact, keys)
    hidden = isinstance(fact, AddressFact) and fact.undisclosed
    shown = shown_value(fact, keys)
    return Said(field=field, kind=kind, key=key, shown=shown, hidden=hidden, id=fact.id, source=fact.source)


def _key(fact: Fact, keys: KeyRing) -> tuple[Field, str, str]:
    if isinstance(fact, NameFact):
        return "name", fact.type, f"{fact.given or ''}|{fact.family or ''}|{fact.label or ''}"
    if isinstance(fact, AddressFact):
        return "address", "", "|".join(map(str, _parts(fact)))
    if isinstance(fact, ContactPointFact):
        return "contactPoint", fact.type, fact.value
    if isinstance(fact, IdentifierFact):
        return "identifier", fact.type, fact.number or clear_ssin(fact, keys)
    raise TypeError(type(fact).__name__)


def _parts(fact: AddressFact) -> tuple[object, ...]:
    found = same_address(fact)
    return found if isinstance(found, tuple) else (found,)


def _all(facts: Facts) -> Iterator[Fact]:
    yield from facts.names
    yield from facts.addresses
    yield from facts.contact_points
    yield from facts.identifiers


def _candidates(record: RegisterRecord, profile: Profile) -> Iterator[Taken]:
    person = profile.kind == "person"
    for name in record.names:
        if name.type == "person" and person:
            yield Taken(name=NamesInput(**_given(given=name.given, family=name.family)))
        elif name.label and (name.type == "alias" or not person):
            yield Taken(label=(name.type, name.label))
    for address in record.addresses:
        yield Taken(address=_address(address))
    points = {(point.type, fold(point.value)): point for point in record.contact_points}
    for point in points.values():
        yield Taken(contact_point=ContactPointInput(type=point.type, value=point.value))
    for number in record.identifiers:
        if profile.kind in HOLDERS[number.type]:
            yield Taken(identifier=IdentifierInput(type=number.type, value=number.value))


def _address(told: RegisterAddress) -> AddressInput:
    return AddressInput(
        street=told.street,
        postcode=told.postcode,
        municipality=told.municipality,
        country=told.country,
        undisclosed=told.undisclosed,
        **_given(number=told.number, box=told.box, register_id=told.register_id, valid_from=told.valid_from),
    )


def _given(**values: object) -> dict[str, Any]:
    """Without what is not told: an input leaves that out."""
    return {name: value for name, value in values.items() if value is not None}


def _plain(record: RegisterRecord) -> Iterator[tuple[Said, Taken]]:
    """What is no fact with a table of its own."""
    if record.birth_date is not None:
        day = record.birth_date.isoformat()
        yield Said(field="birthDate", key=day, shown=day, hidden=True), Taken(birth_date=day)
    if record.deceased:
        shown = f"{DECEASED} op {record.died_on:%d/%m/%Y}" if record.died_on else DECEASED
        yield Said(field="deceased", key=DECEASED, shown=shown), Taken(deceased=True)
    if record.stopped:
        yield Said(field="stopped", key="stopped", shown="stopgezet"), Taken()
    if record.legal_form:
        yield Said(field="legalForm", key=fold(record.legal_form), shown=record.legal_form), Taken()


def _alone(record: RegisterRecord, taken: Taken) -> Adoption:
    return adoption_of(record.source, [taken], frozenset(), ())


def adoption_of(source: str, taken: list[Taken], ends: frozenset[UUID], fields: tuple[str, ...]) -> Adoption:
    """Several things, as they are taken over together."""
    days = [one.birth_date for one in taken if one.birth_date]
    return msgspec.convert(
        {
            "source": source,
            "fields": fields,
            "names": [one.name for one in taken if one.name],
            "labels": [one.label for one in taken if one.label],
            "addresses": [one.address for one in taken if one.address],
            "contact_points": [one.contact_point for one in taken if one.contact_point],
            "identifiers": [one.identifier for one in taken if one.identifier],
            "birth_date": days[-1] if days else None,
            "deceased": any(one.deceased for one in taken),
            "ends": ends,
        },
        Adoption,
    )
