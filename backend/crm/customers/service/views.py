"""From a stored profile to what people see: masked, the most trusted source first."""

from datetime import date

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
from backend.crm.customers.service.profile import AddressFact, ContactPointFact, IdentifierFact, NameFact, Profile
from backend.crm.rules import RevealField, address_line, best_first, full_name, mask_ssin
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
    return CustomerView(
        id=profile.id,
        kind=profile.kind,
        display_name=profile.display_name,
        language=profile.language,
        preferred_channel=profile.preferred_channel,
        status=profile.status,
        names=[_name(fact) for fact in best_first(profile.names)],
        identifiers=[_identifier(fact, keys) for fact in best_first(profile.identifiers)],
        addresses=[_shielded(fact) for fact in best_first(profile.addresses)],
        contact_points=[_contact_point(fact) for fact in best_first(profile.contact_points)],
        birth_date_known=profile.birth_date is not None,
        created_at=profile.created_at,
        updated_at=profile.updated_at,
        version=profile.version,
    )


def _name(fact: NameFact) -> NameView:
    return NameView(
        type=fact.type,
        text=fact.label or full_name(fact.given, fact.family),
        given=fact.given,
        family=fact.family,
        source=fact.source,
        recorded_at=fact.recorded_at,
    )


def _identifier(fact: IdentifierFact, keys: KeyRing) -> IdentifierView:
    return IdentifierView(
        type=fact.type,
        value=_number(fact, keys),
        masked=fact.number is None,
        source=fact.source,
        recorded_at=fact.recorded_at,
    )


def _shielded(fact: AddressFact) -> AddressView:
    if fact.undisclosed:
        return AddressView(undisclosed=True, source=fact.source, recorded_at=fact.recorded_at)
    return address_view(fact)


def address_view(fact: AddressFact) -> AddressView:
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
        source=fact.source,
        recorded_at=fact.recorded_at,
    )


def _contact_point(fact: ContactPointFact) -> ContactPointView:
    return ContactPointView(
        type=fact.type,
        value=fact.value,
        typed=fact.typed,
        preferred=fact.preferred,
        verified_at=fact.verified_at,
        verified_how=fact.verified_how,
        source=fact.source,
        recorded_at=fact.recorded_at,
    )


def customer_hit(profile: Profile, keys: KeyRing, today: date) -> CustomerHit:
    """The profile in a list of hits."""
    return CustomerHit(
        id=profile.id,
        kind=profile.kind,
        display_name=profile.display_name,
        status=profile.status,
        identifiers=[
            HitIdentifier(type=fact.type, value=_number(fact, keys)) for fact in best_first(profile.identifiers)
        ],
        contact_points=[
            HitContactPoint(type=fact.type, value=fact.value) for fact in best_first(profile.contact_points)
        ],
        address=_line(profile, today),
    )


def _line(profile: Profile, today: date) -> str | None:
    """The address that holds today, of the most trusted source; an undisclosed one never."""
    for fact in best_first(profile.addresses):
        begun = fact.valid_from is None or fact.valid_from <= today
        if begun and not fact.undisclosed and (fact.valid_to is None or fact.valid_to >= today):
            return address_line(fact.street, fact.number, fact.box, (fact.postcode, fact.municipality))
    return None


def revealed_view(profile: Profile, fields: tuple[RevealField, ...], keys: KeyRing) -> RevealedView:
    """The shielded fields asked for, in clear."""
    ssin = next((fact for fact in best_first(profile.identifiers) if fact.type == "ssin"), None)
    born = profile.birth_date if "birthDate" in fields else None
    hidden = [fact for fact in best_first(profile.addresses) if fact.undisclosed]
    return RevealedView(
        ssin=clear_ssin(ssin, keys) if ssin and "ssin" in fields else None,
        birth_date=_birth_date(profile, born, keys) if born else None,
        addresses=tuple(address_view(fact) for fact in hidden) if "undisclosedAddress" in fields else (),
    )


def _birth_date(profile: Profile, sealed: bytes, keys: KeyRing) -> date:
    return date.fromisoformat(keys.decrypt(sealed, table="customer", column="birth_date", row=profile.id))
