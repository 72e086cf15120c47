"""What is known of who is logged in: of the login, and of the profile when there is one."""

from typing import Any, TypeVar

import msgspec

from bff.core.client import Caller, Core, Operation, ProblemRelayed
from bff.session import VISITOR, Session
from bff.widget.core import Known, Name, Profile
from bff.widget.schemas import FormAddress, LinkAsk, OwnName, OwnProfile, Prefill, Requester

V = TypeVar("V")

_REQUESTERS: dict[str | None, Requester] = {"EA": "enterprise", "VER": "association"}
_SHOWN_DIGITS = 2
_NOTHING = msgspec.Raw(b"[]")
_GONE = 404
"""The customer of the login is no more: what the login says is what is known."""


async def profile_of(operation: Operation[V], core: Core, caller: Caller, session: Session) -> V | None:
    """The profile of a customer; None for who is logged in and no customer, yet or any more."""
    if session.subject == VISITOR:
        return None
    try:
        return await core.get(operation, caller)
    except ProblemRelayed as refused:
        if refused.answer.status == _GONE:
            return None
        raise


def of_login(session: Session, language: Any) -> OwnProfile:
    """The profile of who is no customer: what the login says, as it goes into the form."""
    shown = prefill(session, None)
    person = " ".join(filter(None, (shown.given_name, shown.family_name)))
    names = [OwnName(type="organisation", text=shown.organisation_name)] if shown.organisation_name else []
    if person:
        names.append(OwnName(type="person", text=person, given=shown.given_name, family=shown.family_name))
    numbers = {
        "ssin": shown.masked_ssin,
        "enterpriseNumber": shown.enterprise_number,
        "vCode": shown.association_number,
    }
    identifiers = [{"type": kind, "value": value} for kind, value in numbers.items() if value]
    return OwnProfile(
        kind=shown.requester,
        display_name=names[0].text if names else session.name,
        language=language,
        names=names,
        identifiers=msgspec.Raw(msgspec.json.encode(identifiers)),
        addresses=_NOTHING,
        contact_points=_NOTHING,
    )


def prefill(session: Session, profile: Profile | None) -> Prefill:
    """What goes into the form; the login before the profile, for its provider is the source."""
    known = session.known
    person, organisation = _name(profile, "person"), _name(profile, "organisation")
    return Prefill(
        requester=_REQUESTERS.get(session.capacity) or (profile.kind if profile else "person"),
        given_name=known.get("givenName") or (person.given if person else None),
        family_name=known.get("familyName") or (person.family if person else None),
        organisation_name=known.get("organisation") or (organisation.text if organisation else None),
        masked_ssin=masked(known.get("ssin")),
        enterprise_number=known.get("enterpriseNumber"),
        association_number=known.get("vCode"),
        email=_reached(profile, "email"),
        phone=_reached(profile, "phone"),
        address=_address(profile),
    )


def filled(typed: LinkAsk, shown: Prefill | None) -> Known:
    """What is filled in into a link: what was typed, then what is known."""
    said = msgspec.to_builtins(typed)
    if shown is None:
        return msgspec.convert(said, Known)
    address = shown.address or FormAddress()
    known = {
        "name": shown.organisation_name,
        "givenName": shown.given_name,
        "familyName": shown.family_name,
        "email": shown.email,
        "phone": shown.phone,
        "street": address.street,
        "houseNumber": address.number,
        "box": address.box,
        "postcode": address.postcode,
        "municipality": address.municipality,
    }
    return msgspec.convert({name: value for name, value in known.items() if value} | said, Known)


def masked(ssin: str | None) -> str | None:
    """A national number of which only the last digits show."""
    digits = "".join(filter(str.isdigit, ssin or ""))
    return f"**.**.**-***.{digits[-_SHOWN_DIGITS:]}" if digits else None


def _name(profile: Profile | None, kind: str) -> Name | None:
    return next((one for one in profile.names if one.type == kind), None) if profile else None


def _reached(profile: Profile | None, kind: str) -> str | None:
    return next((one.value for one in profile.contact_points if one.type == kind), None) if profile else None


def _address(profile: Profile | None) -> FormAddress | None:
    found = next(iter(profile.addresses), None) if profile else None
    return FormAddress(**msgspec.structs.asdict(found)) if found else None
