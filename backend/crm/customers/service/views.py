"""From a stored profile to what people see: masked, the most trusted source first."""

from datetime import date
from typing import Any
from uuid import UUID

from msgspec import UNSET

from backend.crm.customers.schemas import (
    AddressView,
    ContactPointView,
    CustomerHit,
    CustomerView,
    HitContactPoint,
    HitIdentifier,
    IdentifierView,
    NameView,
    RevealedView,
)
from backend.crm.customers.service.profile import (
    AddressFact,
    ContactPointFact,
    Fact,
    Facts,
    IdentifierFact,
    NameFact,
    Profile,
)
from backend.crm.customers.service.winners import winning
from backend.crm.rules import RevealField, address_line, full_name, mask_ssin
from backend.kit.crypto import KeyRing


def clear_ssin(fact: IdentifierFact, keys: KeyRing) -> str:
    """The national number in clear.

    Raises:
        DecryptionFailed: the row was changed, or its key is not here.
        ValueError: the fact is another number.
    """
    if fact.value is None:
        raise ValueError("not an encrypted number")
    return keys.decrypt(fact.value, table="customer_identifier", column="value", row=fact.id)


def _number(fact: IdentifierFact, keys: KeyRing) -> str:
    """An official number as everybody may see it."""
    return fact.number if fact.number is not None else mask_ssin(clear_ssin(fact, keys))


def customer_view(profile: Profile, keys: KeyRing) -> CustomerView:
    """The profile for the screen."""
    first = winning(profile)
    return CustomerView(
        id=profile.id,
        kind=profile.kind,
        display_name=profile.display_name,
        language=profile.language,
        preferred_channel=profile.preferred_channel,
        status=profile.standing,
        names=[_name(fact, profile) for fact in first.names],
        identifiers=[_identifier(fact, profile, keys) for fact in first.identifiers],
        addresses=[_shielded(fact, profile) for fact in first.addresses],
        contact_points=[_contact_point(fact, profile) for fact in first.contact_points],
        birth_date_known=profile.born is not None,
        merged=[other.id for other in profile.others],
        created_at=profile.created_at,
        updated_at=profile.updated_at,
        version=profile.version,
    )


def _said(fact: Fact, profile: Profile) -> dict[str, Any]:
    """Who said it, when, and of which member of the file when that is not the live customer."""
    member = None if profile.own(fact) else fact.customer_id
    return {"source": fact.source, "recorded_at": fact.recorded_at, "merged_from": member}


def _name(fact: NameFact, profile: Profile) -> NameView:
    return NameView(
        type=fact.type,
        text=fact.label or full_name(fact.given, fact.family),
        given=fact.given,
        family=fact.family,
        **_said(fact, profile),
    )


def _identifier(fact: IdentifierFact, profile: Profile, keys: KeyRing) -> IdentifierView:
    return IdentifierView(
        type=fact.type,
        value=_number(fact, keys),
        masked=fact.number is None,
        **_said(fact, profile),
    )


def _shielded(fact: AddressFact, profile: Profile) -> AddressView:
    if fact.undisclosed:
        return AddressView(undisclosed=True, **_said(fact, profile))
    return address_view(fact, profile)


def address_view(fact: AddressFact, profile: Profile) -> AddressView:
    """An address in full."""
    return AddressView(
        street=fact.street,
        number=fact.number,
        box=fact.box,
        postcode=fact.postcode,
        municipality=fact.municipality,
        country=fact.country,
        register_id=fact.register_id,
        valid_from=fact.valid_from,
        valid_to=fact.valid_to,
        undisclosed=fact.undisclosed,
        **_said(fact, profile),
    )


def _contact_point(fact: ContactPointFact, profile: Profile) -> ContactPointView:
    return ContactPointView(
        id=fact.id,
        type=fact.type,
        value=fact.value,
        typed=fact.typed,
        preferred=fact.preferred,
        verified_at=fact.verified_at,
        verified_how=fact.verified_how,
        **_said(fact, profile),
    )


def shown_value(fact: Fact, keys: KeyRing) -> str:
    """A fact as one line, masked as everywhere."""
    if isinstance(fact, IdentifierFact):
        return _number(fact, keys)
    if isinstance(fact, NameFact):
        return fact.label or full_name(fact.given, fact.family)
    if isinstance(fact, AddressFact):
        return "afgeschermd adres" if fact.undisclosed else _address_line(fact)
    return fact.value if isinstance(fact, ContactPointFact) else ""


def _address_line(fact: AddressFact) -> str:
    return address_line(fact.street, fact.number, fact.box, (fact.postcode, fact.municipality))


def customer_hit(profile: Profile, keys: KeyRing, today: date) -> CustomerHit:
    """The profile in a list of hits."""
    first = winning(profile)
    return CustomerHit(
        id=profile.id,
        kind=profile.kind,
        display_name=profile.display_name,
        status=profile.standing,
        identifiers=[HitIdentifier(type=fact.type, value=_number(fact, keys)) for fact in first.identifiers],
        contact_points=[HitContactPoint(type=fact.type, value=fact.value) for fact in first.contact_points],
        address=_line(first, today) or UNSET,
    )


def _line(first: Facts, today: date) -> str | None:
    """The address that holds today, of the most trusted source; an undisclosed one never."""
    for fact in first.addresses:
        begun = fact.valid_from is None or fact.valid_from <= today
        if begun and not fact.undisclosed and (fact.valid_to is None or fact.valid_to >= today):
            return _address_line(fact)
    return None


def revealed_view(profile: Profile, fields: tuple[RevealField, ...], keys: KeyRing) -> RevealedView:
    """The shielded fields asked for, in clear."""
    first = winning(profile)
    ssin = next((fact for fact in first.identifiers if fact.type == "ssin"), None)
    born = profile.born if "birthDate" in fields else None
    hidden = [fact for fact in first.addresses if fact.undisclosed]
    return RevealedView(
        ssin=clear_ssin(ssin, keys) if ssin and "ssin" in fields else None,
        birth_date=clear_birth_date(born, keys) if born else None,
        addresses=tuple(address_view(fact, profile) for fact in hidden) if "undisclosedAddress" in fields else (),
    )


def clear_birth_date(born: tuple[UUID, bytes], keys: KeyRing) -> date:
    """A birth date in clear.

    Args:
        born: whose it is, and the sealed date (`Profile.born`).
        keys: the key ring.

    Raises:
        DecryptionFailed: the row was changed, or its key is not here.
    """
    whose, sealed = born
    return date.fromisoformat(keys.decrypt(sealed, table="customer", column="birth_date", row=whose))
