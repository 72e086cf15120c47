"""A person of the national register as MAGDA tells it (PersoonType, version 3). Pure."""

from datetime import date

from lxml.etree import _Element as Element

from backend.crm.registers.rules.records import (
    RegisterAddress,
    RegisterContactPoint,
    RegisterName,
    RegisterRecord,
    RegisterUnreadable,
)
from backend.crm.registers.rules.texts import current, day, line
from backend.kit.soap import text

_BELGIUM = "150"


def person(content: Element, ssin: str, today: date) -> RegisterRecord:
    """What the register says of a person.

    Args:
        content: `Inhoud` of the answer.
        ssin: who was asked for; an answer about somebody else is not read.
        today: for periods that are over.

    Raises:
        RegisterUnreadable: no person in it, or another one.
    """
    found = content.find("Persoon")
    if found is None:
        raise RegisterUnreadable("noPerson")
    if text(found, "INSZ") != ssin:
        raise RegisterUnreadable("otherPerson")
    death = found.find("Overlijden")
    dead = death is not None and current(death)
    return RegisterRecord(
        source="nationalRegister",
        names=_names(found),
        birth_date=day(text(found, "Geboorte/Datum")),
        deceased=dead,
        died_on=day(text(found, "Overlijden/Datum")) if dead else None,
        addresses=_addresses(found, today),
        contact_points=_contact_points(found),
    )


def _names(found: Element) -> tuple[RegisterName, ...]:
    name = found.find("Naam")
    if name is None or not current(name):
        return ()
    given = line(" ".join(one.text or "" for one in name.iterfind("Voornamen/Voornaam")))
    family = line(" ".join(one.text or "" for one in name.iterfind("Achternamen/Achternaam")))
    return (RegisterName(type="person", given=given, family=family),) if given or family else ()


def _addresses(found: Element, today: date) -> tuple[RegisterAddress, ...]:
    """The main residence; whether it may be told is said beside it."""
    home = found.find("Adressen/Hoofdverblijfplaats")
    if home is None or not current(home):
        return ()
    street = _text(home, "Straatnaam/String", "NietGestandaardiseerdeStraatnaam/String", "Straat/Naam")
    municipality = _text(home, "Gemeentenaam/String", "NietGestandaardiseerdeGemeentenaam/String", "Gemeente/Naam")
    postcode = _text(home, "Postcode", "Gemeente/PostCode")
    country = _text(home, "NISCodeLand", "Land/NISCode") or _BELGIUM
    if not (street and municipality and postcode) or country != _BELGIUM:
        return ()
    return (
        RegisterAddress(
            street=street,
            number=_text(home, "Huisnummer"),
            box=_text(home, "Busnummer"),
            postcode=postcode,
            municipality=municipality,
            nis=_text(home, "NISCodeGemeente", "Gemeente/NISCode"),
            register_id=_register_id(home),
            valid_from=day(home.get("DatumBegin")),
            undisclosed=_undisclosed(found, today),
        ),
    )


def _undisclosed(found: Element, today: date) -> bool:
    """Whether the address may not be told: unless the period of that right is over for certain, it may not."""
    right = found.find("Adressen/NietMededeelbaarAdres")
    if right is None:
        return False
    ends = [day(right.get("DatumEinde")), day(text(right, "Periode/Einde")), day(text(right, "Periode/DatumEinde"))]
    return not any(end is not None and end < today for end in ends)


def _register_id(home: Element) -> str | None:
    """The URI of the address: a namespace and a local id, or the whole of it in the latter."""
    local, space = text(home, "VerwijstNaar/LokaleIdentificator"), text(home, "VerwijstNaar/Naamruimte")
    if not local:
        return None
    return line(local if local.startswith("http") or not space else f"{space.rstrip('/')}/{local}")


def _contact_points(found: Element) -> tuple[RegisterContactPoint, ...]:
    told = found.find("Contactgegevens")
    if told is None or not current(told):
        return ()
    phones = [line(text(told, name)) for name in ("GSM", "Telefoon")]
    points = [RegisterContactPoint(type="phone", value=phone) for phone in phones if phone]
    email = line(text(told, "Email"))
    return tuple([*points, RegisterContactPoint(type="email", value=email)] if email else points)


def _text(element: Element, *paths: str) -> str | None:
    """The first of these texts that is there."""
    return next((found for path in paths if (found := line(text(element, path)))), None)
