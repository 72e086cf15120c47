"""From what was typed to facts: checked, in normal form, with search keys, national numbers encrypted."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.crm import rules
from backend.crm.customers.schemas import AddressInput, ContactPointInput, IdentifierInput, NamesInput
from backend.crm.customers.service.profile import AddressFact, ContactPointFact, IdentifierFact, NameFact
from backend.crm.rules import HOLDERS, SEVERAL, Kind, Source, name_key, name_parts, tidy
from backend.kit.clock import BRUSSELS
from backend.kit.crypto import KeyRing
from backend.kit.problems import invalid_input
from backend.kit.schema import given


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Who said it and when; `place` stands before the name of a field in a fault (`customer.`)."""

    source: Source
    at: datetime
    place: str = ""


def name_facts(kind: Kind, names: NamesInput | None, organisation: str | None, origin: Origin) -> list[NameFact]:
    """Names of a person or an organisation; 400 when they do not fit its kind."""
    if kind == "person":
        if organisation is not None:
            raise invalid_input("A person has no organisation name.", name=f"{origin.place}organisationName")
        return _person(names or NamesInput(), origin)
    if names is not None:
        raise invalid_input("An organisation has an organisationName.", name=f"{origin.place}names")
    field = f"{origin.place}organisationName"
    if organisation is None:
        raise invalid_input("An organisation needs a name.", name=field, kind="requiredInput")
    return [labelled("organisation", organisation, field, origin)]


def _person(names: NamesInput, origin: Origin) -> list[NameFact]:
    first = " ".join((given(names.given) or "").split()) or None
    family = " ".join((given(names.family) or "").split()) or None
    if not name_key(first, family):
        raise invalid_input("A given or a family name.", name=f"{origin.place}names", kind="requiredInput")
    fact = NameFact(
        id=uuid7(),
        type="person",
        given=first,
        family=family,
        folded=name_key(family, first),
        folded_given=name_key(first, family) if first and family else None,
        parts=name_parts(first, family),
        source=origin.source,
        recorded_at=origin.at,
    )
    alias = given(names.alias)
    return [fact] if alias is None else [fact, labelled("alias", alias, f"{origin.place}names.alias", origin)]


def labelled(kind: rules.NameType, text: str, field: str, origin: Origin) -> NameFact:
    """A name that is not in two parts; 400 on `field` when there is no letter or digit in it."""
    folded = name_key(text)
    if not folded:
        raise invalid_input("A name holds a letter or a digit.", name=field)
    label = tidy(text, name=field)
    return NameFact(
        id=uuid7(),
        type=kind,
        label=label,
        folded=folded,
        parts=name_parts(label),
        source=origin.source,
        recorded_at=origin.at,
    )


def identifier_facts(
    kind: Kind, typed: Sequence[IdentifierInput], keys: KeyRing, origin: Origin
) -> list[IdentifierFact]:
    """Official numbers; 400 for a wrong one, one that this kind does not have, or two of a type."""
    facts: list[IdentifierFact] = []
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(typed):
        field = f"{origin.place}identifiers[{index}]"
        if kind not in HOLDERS[item.type]:
            raise invalid_input("This kind of customer does not have it.", name=f"{field}.type")
        number = rules.identifier(item.type, item.value, name=f"{field}.value")
        held = (item.type, number if item.type in SEVERAL else "")
        if held in seen:
            raise invalid_input("Given more than once.", name=f"{field}.value" if held[1] else f"{field}.type")
        seen.add(held)
        facts.append(_identifier(item.type, number, keys, origin))
    return facts


def _identifier(kind: rules.IdentifierType, number: str, keys: KeyRing, origin: Origin) -> IdentifierFact:
    row = uuid7()
    sealed = kind == "ssin"
    return IdentifierFact(
        id=row,
        type=kind,
        value=keys.encrypt(number, table="customer_identifier", column="value", row=row) if sealed else None,
        number=None if sealed else number,
        lookup=keys.lookup(number, purpose="ssin") if sealed else number.encode(),
        source=origin.source,
        recorded_at=origin.at,
    )


def address_facts(typed: Sequence[AddressInput], origin: Origin) -> list[AddressFact]:
    """Addresses; 400 for a wrong postcode or a period that ends before it starts."""
    return [_address(item, f"{origin.place}addresses[{index}]", origin) for index, item in enumerate(typed)]


def _address(item: AddressInput, field: str, origin: Origin) -> AddressFact:
    start, end = given(item.valid_from), given(item.valid_to)
    if start and end and end < start:
        raise invalid_input("Ends before it starts.", name=f"{field}.validTo", kind="invalidPeriod")
    number, box = given(item.number), given(item.box)
    return AddressFact(
        id=uuid7(),
        street=tidy(item.street, name=f"{field}.street"),
        number=tidy(number, name=f"{field}.number") if number else None,
        box=tidy(box, name=f"{field}.box") if box else None,
        postcode=rules.postcode(item.postcode, item.country, name=f"{field}.postcode"),
        municipality=tidy(item.municipality, name=f"{field}.municipality"),
        country=item.country,
        register_id=given(item.register_id),
        folded_number=rules.house_number_key(number) if number else None,
        valid_from=start,
        valid_to=end,
        undisclosed=item.undisclosed,
        source=origin.source,
        recorded_at=origin.at,
    )


def contact_point_facts(
    typed: Sequence[ContactPointInput], origin: Origin, known: Sequence[ContactPointFact] = ()
) -> list[ContactPointFact]:
    """E-mail addresses and phone numbers; one that was `known` stays verified. 400 for a wrong or a double one."""
    verified = {(one.type, one.value): one for one in known if one.verified_at}
    facts: list[ContactPointFact] = []
    for index, item in enumerate(typed):
        field = f"{origin.place}contactPoints[{index}]"
        value = rules.contact_value(item.type, item.value, name=f"{field}.value")
        if any(one.type == item.type and one.value == value for one in facts):
            raise invalid_input("Given more than once.", name=f"{field}.value")
        if item.preferred and any(one.type == item.type and one.preferred for one in facts):
            raise invalid_input("One of each type is preferred.", name=f"{field}.preferred")
        before = verified.get((item.type, value))
        facts.append(
            ContactPointFact(
                id=uuid7(),
                type=item.type,
                value=value,
                typed=" ".join(item.value.split()),
                preferred=item.preferred,
                verified_at=before.verified_at if before else None,
                verified_how=before.verified_how if before else None,
                source=origin.source,
                recorded_at=origin.at,
            )
        )
    return facts


class Birth(msgspec.Struct, frozen=True, kw_only=True):
    """A birth date as it is stored: encrypted, and as the keyed hash by which it is found; both None when not known."""

    sealed: bytes | None = None
    lookup: bytes | None = None


def birth(kind: Kind, born: date | None, row: UUID, keys: KeyRing, origin: Origin) -> Birth:
    """The birth date of a person; 400 for a day to come, or for an organisation."""
    if born is None:
        return Birth()
    field = f"{origin.place}birthDate"
    if kind != "person":
        raise invalid_input("An organisation has no birth date.", name=field)
    if born > origin.at.astimezone(BRUSSELS).date():
        raise invalid_input("Lies in the future.", name=field, kind="outOfRange")
    day = born.isoformat()
    return Birth(
        sealed=keys.encrypt(day, table="customer", column="birth_date", row=row),
        lookup=keys.lookup(day, purpose="birthDate"),
    )


def display_name(names: Sequence[NameFact]) -> str:
    """The name a profile goes by: the most trusted one that is no alias."""
    best = next(name for name in rules.best_first(names) if name.type != "alias")
    return best.label or rules.full_name(best.given, best.family)
