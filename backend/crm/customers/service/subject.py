"""A profile as matching compares it: what is encrypted in clear, undisclosed addresses left out."""

from collections.abc import Iterator

from backend.crm.customers.service.profile import NameFact, Profile
from backend.crm.customers.service.views import clear_birth_date, clear_ssin
from backend.crm.customers.service.winners import winning
from backend.crm.matching.rules import PersonName, Place, Subject
from backend.crm.rules import Kind
from backend.kit.crypto import KeyRing


def subject_of(profile: Profile, keys: KeyRing) -> Subject:
    """What is known about a customer, for matching; nothing undisclosed, so that no suggestion gives it away."""
    born, first = profile.born, winning(profile)
    return Subject(
        kind=profile.kind,
        names=tuple(_person_names(first.names, profile.kind)),
        organisations=tuple(one.label for one in first.names if one.label) if profile.kind != "person" else (),
        birth_date=clear_birth_date(born, keys) if born else None,
        emails=tuple(one.value for one in first.contact_points if one.type == "email"),
        phones=tuple(one.value for one in first.contact_points if one.type == "phone"),
        places=tuple(
            Place(
                street=one.street,
                number=one.number or "",
                box=one.box or "",
                postcode=one.postcode,
                municipality=one.municipality,
            )
            for one in first.addresses
            if not one.undisclosed
        ),
        identifiers=tuple((one.type, one.number or clear_ssin(one, keys)) for one in first.identifiers),
    )


def _person_names(names: list[NameFact], kind: Kind) -> Iterator[PersonName]:
    """Names of a person; of an alias the first word is taken for the given name."""
    for one in names:
        if one.given or one.family:
            yield PersonName(given=one.given or "", family=one.family or "")
        elif one.label and kind == "person":
            given, _, family = one.label.partition(" ")
            yield PersonName(given=given if family else "", family=family or given)
