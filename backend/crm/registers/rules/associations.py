"""An association as the public interface of the associations register tells it (version v2). Pure."""

import msgspec

from backend.crm.registers.rules.records import (
    RegisterAddress,
    RegisterContactPoint,
    RegisterIdentifier,
    RegisterName,
    RegisterRecord,
    RegisterUnreadable,
)
from backend.crm.registers.rules.texts import line
from backend.crm.rules import ContactPointType

SEAT = "Maatschappelijke zetel volgens KBO"
_ACTIVITIES = "Activiteiten"
_KINDS: dict[str, ContactPointType] = {"E-mail": "email", "Telefoon": "phone"}
_BELGIUM = frozenset({"", "België", "Belgie", "Belgique", "BE"})


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="lower"):
    """Part of an answer; what is not named here is not read."""


class _Address(_Part, frozen=True, kw_only=True):
    straatnaam: str | None = None
    huisnummer: str | None = None
    busnummer: str | None = None
    postcode: str | None = None
    gemeente: str | None = None
    land: str | None = None


class _AddressId(_Part, frozen=True, kw_only=True):
    bronwaarde: str | None = None


class _Location(msgspec.Struct, frozen=True, kw_only=True, rename={"address_id": "adresId", "primary": "isPrimair"}):
    locatietype: str | None = None
    primary: bool | None = None
    adres: _Address | None = None
    address_id: _AddressId | None = None


class _ContactPoint(_Part, frozen=True, kw_only=True):
    contactgegeventype: str | None = None
    waarde: str | None = None


class _Key(_Part, frozen=True, kw_only=True):
    bron: str | None = None
    waarde: str | None = None


class _Form(_Part, frozen=True, kw_only=True):
    naam: str | None = None


class _Association(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"v_code": "vCode", "short": "korteNaam", "form": "verenigingstype"},
):
    v_code: str
    naam: str | None = None
    roepnaam: str | None = None
    short: str | None = None
    status: str | None = None
    form: _Form | None = None
    contactgegevens: list[_ContactPoint] | None = None
    locaties: list[_Location] | None = None
    sleutels: list[_Key] | None = None


class _Detail(_Part, frozen=True, kw_only=True):
    vereniging: _Association


_DETAIL = msgspec.json.Decoder(_Detail)


def association(body: bytes, v_code: str) -> RegisterRecord:
    """What the register says of an association.

    Args:
        body: the answer, JSON-LD.
        v_code: which one was asked for; an answer about another one is not read.

    Raises:
        RegisterUnreadable: something else than that.
    """
    try:
        found = _DETAIL.decode(body).vereniging
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise RegisterUnreadable("noAssociation") from None
    if found.v_code != v_code:
        raise RegisterUnreadable("otherAssociation")
    name = line(found.naam)
    others = dict.fromkeys(filter(None, (line(found.short), line(found.roepnaam))))
    return RegisterRecord(
        source="associationsRegister",
        names=tuple(
            [RegisterName(type="organisation", label=name)] * bool(name)
            + [RegisterName(type="alias", label=other) for other in others if other != name]
        ),
        addresses=tuple(filter(None, map(_address, _offices(found)))),
        contact_points=_contact_points(found),
        identifiers=tuple(
            RegisterIdentifier(type="enterpriseNumber", value=key.waarde)
            for key in found.sleutels or ()
            if key.bron == "KBO" and key.waarde
        ),
        stopped=(found.status or "Actief") != "Actief",
        legal_form=line(found.form.naam) if found.form else None,
    )


def _offices(found: _Association) -> list[_Location]:
    """The seat, then the first address for letters; where it only meets is not where it is."""
    places = [one for one in found.locaties or () if one.locatietype != _ACTIVITIES or one.primary]
    return sorted(places, key=lambda one: (one.locatietype != SEAT, not one.primary))


def _address(place: _Location) -> RegisterAddress | None:
    told = place.adres
    if told is None or (told.land or "").strip() not in _BELGIUM:
        return None
    street, postcode, municipality = line(told.straatnaam), line(told.postcode), line(told.gemeente)
    if not (street and postcode and municipality):
        return None
    return RegisterAddress(
        street=street,
        number=line(told.huisnummer),
        box=line(told.busnummer),
        postcode=postcode,
        municipality=municipality,
        register_id=line(place.address_id.bronwaarde) if place.address_id else None,
    )


def _contact_points(found: _Association) -> tuple[RegisterContactPoint, ...]:
    points = []
    for point in found.contactgegevens or ():
        kind, value = _KINDS.get(point.contactgegeventype or ""), line(point.waarde)
        if kind and value:
            points.append(RegisterContactPoint(type=kind, value=value))
    return tuple(points)
