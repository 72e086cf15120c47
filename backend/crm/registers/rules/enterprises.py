"""An enterprise or association with legal personality of the enterprise register (KBO) as MAGDA tells it. Pure."""

from collections.abc import Iterator

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

SEAT = "001"
STOPPED = frozenset({"AF", "ST", "AN"})
"""StatusKBO: closed, stopped, cancelled."""
LEGAL_FORMS = {
    "017": "vereniging zonder winstoogmerk",
    "026": "private stichting",
    "029": "stichting van openbaar nut",
    "125": "internationale vereniging zonder winstoogmerk",
}
"""For answers without a description (published code list, as far as it matters for associations)."""


def enterprise(content: Element, number: str) -> RegisterRecord:
    """What the register says of an enterprise.

    Args:
        content: `Inhoud` of the answer.
        number: which one was asked for; an answer about another one is not read.

    Raises:
        RegisterUnreadable: no enterprise in it, or another one.
    """
    found = content.find("Onderneming")
    if found is None:
        raise RegisterUnreadable("noEnterprise")
    if text(found, "Ondernemingsnummer") != number:
        raise RegisterUnreadable("otherEnterprise")
    seat = next((one for one in _holding(found, "Adressen/Adres") if text(one, "Type/Code") in {SEAT, None}), None)
    return RegisterRecord(
        source="enterpriseRegister",
        names=_names(found),
        addresses=_addresses(seat),
        contact_points=_contact_points(seat),
        stopped=text(found, "StatusKBO/Code") in STOPPED or found.find("Stopzetting/Datum") is not None,
        legal_form=_legal_form(found),
    )


def _names(found: Element) -> tuple[RegisterName, ...]:
    """The official name, in Dutch if there is one; the others, short ones and commercial ones as aliases."""
    official = _named(found, "Namen/MaatschappelijkeNamen/MaatschappelijkeNaam")
    others = _named(found, "Namen/AfgekorteNamen/AfgekorteNaam") + _named(
        found, "Namen/CommercieleNamen/CommercieleNaam"
    )
    names = [RegisterName(type="organisation", label=label) for label in official[:1]]
    aliases = dict.fromkeys(label for label in [*official[1:], *others] if label not in official[:1])
    return tuple(names + [RegisterName(type="alias", label=label) for label in aliases])


def _named(found: Element, path: str) -> list[str]:
    """Names that hold, those in Dutch first."""
    names = [(text(one, "Taalcode") != "nl", line(text(one, "Naam"))) for one in _holding(found, path)]
    return [name for _, name in sorted(names, key=lambda one: one[0]) if name]


def _addresses(seat: Element | None) -> tuple[RegisterAddress, ...]:
    if seat is None:
        return ()
    told = seat.find("Descripties/Descriptie/Adres")
    places = [seat] if told is None else [told, seat]
    street = _first(places, "Straat/Naam")
    municipality = _first(places, "Gemeente/Naam")
    postcode = _first(places, "Gemeente/PostCode")
    iso = (_first([seat], "Land/ISOCode") or "BE")[:3]
    if not (street and municipality and postcode) or iso not in {"BE", "BEL"}:
        return ()
    return (
        RegisterAddress(
            street=street,
            number=_first([seat], "Huisnummer"),
            box=_first([seat], "Busnummer"),
            postcode=postcode,
            municipality=municipality,
            nis=_first([seat], "Gemeente/NISCode"),
            valid_from=day(seat.get("DatumBegin")),
        ),
    )


def _contact_points(seat: Element | None) -> tuple[RegisterContactPoint, ...]:
    told = None if seat is None else seat.find("Descripties/Descriptie/Contact")
    if told is None:
        return ()
    phone, email = line(text(told, "Telefoonnummer")), line(text(told, "Email"))
    points = [RegisterContactPoint(type="phone", value=phone)] if phone else []
    return tuple([*points, RegisterContactPoint(type="email", value=email)] if email else points)


def _legal_form(found: Element) -> str | None:
    for form in _holding(found, "Rechtsvormen/Rechtsvorm"):
        code = line(text(form, "Code")) or ""
        return line(text(form, "Omschrijving")) or LEGAL_FORMS.get(code, code) or None
    return None


def _holding(found: Element, path: str) -> Iterator[Element]:
    return (one for one in found.iterfind(path) if current(one))


def _first(places: list[Element], path: str) -> str | None:
    return next((value for place in places if (value := line(text(place, path)))), None)
