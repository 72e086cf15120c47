"""Made-up persons, enterprises and associations of the simulators; the numbers fit, the people do not exist."""

from typing import Any, TypeAlias, Union

Node: TypeAlias = tuple[str, dict[str, str], Union[str, "list[Node]"]]
"""An element: name, attributes, text or elements."""


def _name(given: list[str], family: str, **attributes: str) -> Node:
    families: Node = ("Achternamen", {}, [("Achternaam", {}, part) for part in family.split("|")])
    return ("Naam", attributes, [families, ("Voornamen", {}, [("Voornaam", {}, one) for one in given])])


def _words(name: str, value: str) -> Node:
    return (name, {}, [("String", {}, value), ("Taal", {}, "nl")])


def _home(street: str, number: str, place: tuple[str, str, str], *more: Node, since: str = "2015-03-01") -> Node:
    """A main residence; `place` = postcode, municipality, NIS code; `more` stands after the house number."""
    parts: list[Node] = [
        _words("Straatnaam", street),
        ("Huisnummer", {}, number),
        *(one for one in more if one[0] == "Busnummer"),
        _words("Gemeentenaam", place[1]),
        _words("Land", "BELGIE"),
        ("Postcode", {}, place[0]),
        *(one for one in more if one[0] == "VerwijstNaar"),
        ("NISCodeLand", {}, "150"),
        ("ISOCodeLand", {}, "BEL"),
        ("NISCodeGemeente", {}, place[2]),
    ]
    return ("Hoofdverblijfplaats", {"DatumBegin": since}, parts)


def _refers_to(local: str) -> Node:
    space = "https://data.vlaanderen.be/id/adres"
    return ("VerwijstNaar", {}, [("LokaleIdentificator", {}, local), ("Naamruimte", {}, space)])


def _born(day: str) -> Node:
    return ("Geboorte", {"DatumBegin": day[:4]}, [("Datum", {}, day)])


LOCHRISTI, GHENT = ("9080", "Lochristi", "44034"), ("9000", "Gent", "44021")

PERSONS: dict[str, list[Node]] = {
    "85073003328": [
        _name(["Jan", "Pieter", "Maria"], "Van den Broeck", DatumBegin="1985-07-30"),
        _born("1985-07-30"),
        ("Adressen", {}, [_home("Dorp-West", "52", LOCHRISTI, ("Busnummer", {}, "3"), _refers_to("2453872"))]),
        (
            "Contactgegevens",
            {"DatumBegin": "2024-01-01"},
            [("Email", {}, "jan.vdb@voorbeeld.be"), ("GSM", {}, "0470 12 34 99")],
        ),
    ],
    "05010100113": [
        _name(["Mila"], "Schuilenburg", DatumBegin="2005-01-01"),
        _born("2005-01-01"),
        (
            "Adressen",
            {},
            [
                _home("Geheimestraat", "7", GHENT, since="2025-11-03"),
                (
                    "NietMededeelbaarAdres",
                    {"DatumBegin": "2025-11-03"},
                    [
                        ("Periode", {}, [("Begin", {}, "2025-11-03"), ("Einde", {}, "2099-11-03")]),
                        ("DatumBeslissingCollege", {}, "2025-11-01"),
                    ],
                ),
            ],
        ),
    ],
    "90061638302": [
        _name(["Hendrik"], "De Doncker", DatumBegin="1990-06-16"),
        _born("1990-06-16"),
        ("Overlijden", {"DatumBegin": "2026-03-14"}, [("Datum", {}, "2026-03-14")]),
    ],
    "80010120990": [
        _name(["Amina"], "El|Idrissi", DatumBegin="1980-01-01"),
        _born("1980-00-00"),
        (
            "Adressen",
            {},
            [
                (
                    "Hoofdverblijfplaats",
                    {"DatumBegin": "2020-01-01"},
                    [
                        ("Huisnummer", {}, "1"),
                        ("Postcode", {}, "9080"),
                        ("NISCodeLand", {}, "150"),
                        _words("NietGestandaardiseerdeStraatnaam", "Weg zonder naam"),
                        _words("NietGestandaardiseerdeGemeentenaam", "Lochristi"),
                    ],
                )
            ],
        ),
    ],
}


def _label(kind: str, name: str, language: str = "nl", **dates: str) -> Node:
    return (kind, dates or {"DatumBegin": "2015-10-13"}, [("Naam", {}, name), ("Taalcode", {}, language)])


def _seat(street: str, number: str, place: tuple[str, str, str], *more: Node) -> Node:
    told: Node = (
        "Adres",
        {},
        [("Straat", {}, [("Naam", {}, street)]), ("Gemeente", {}, [("Naam", {}, place[1])])],
    )
    return (
        "Adres",
        {"DatumBegin": "1996-07-01"},
        [
            ("Straat", {}, [("Code", {}, "0092")]),
            ("Huisnummer", {}, number),
            ("Gemeente", {}, [("NISCode", {}, place[2]), ("PostCode", {}, place[0])]),
            ("Land", {}, [("NISCode", {}, "150"), ("ISOCode", {}, "BE"), ("Naam", {}, "BELGIE")]),
            ("Type", {}, [("Code", {}, "001")]),
            ("Descripties", {}, [("Descriptie", {}, [told, *more])]),
        ],
    )


def _enterprise(status: str, names: list[Node], *rest: Node) -> list[Node]:
    return [
        ("AuthentiekBron", {}, [("Code", {}, "03"), ("Omschrijving", {}, "KBO")]),
        ("OndernemingOfVestiging", {}, [("Code", {"Beschrijving": "Onderneming"}, "1")]),
        ("StatusKBO", {}, [("Code", {}, status)]),
        ("SoortOnderneming", {}, [("Code", {"Beschrijving": "Rechtspersoon"}, "2")]),
        ("Namen", {}, names),
        *rest,
    ]


_VZW: Node = ("Rechtsvormen", {}, [("Rechtsvorm", {"DatumBegin": "1989-10-03"}, [("Code", {}, "017")])])
_CONTACT: Node = (
    "Contact",
    {},
    [("Telefoonnummer", {}, "093990001"), ("Faxnummer", {}, "093990002"), ("Email", {}, "info@eendracht.example.be")],
)

ENTERPRISES: dict[str, list[Node]] = {
    "0442528054": _enterprise(
        "AC",
        [
            (
                "MaatschappelijkeNamen",
                {},
                [
                    _label(
                        "MaatschappelijkeNaam",
                        "Fanfare De Oude Eendracht",
                        DatumBegin="1989-10-03",
                        DatumEinde="2015-10-12",
                    ),
                    _label("MaatschappelijkeNaam", "Fanfare La Concorde", "fr"),
                    _label("MaatschappelijkeNaam", "Fanfare De Eendracht"),
                ],
            ),
            ("AfgekorteNamen", {}, [_label("AfgekorteNaam", "F.D.E.")]),
            ("CommercieleNamen", {}, [_label("CommercieleNaam", "Eendracht Events")]),
        ],
        ("Adressen", {}, [_seat("Muziekplein", "4", LOCHRISTI, _CONTACT)]),
        ("Start", {}, [("Datum", {}, "1989-10-03")]),
        _VZW,
    ),
    "0697608063": _enterprise(
        "ST",
        [("MaatschappelijkeNamen", {}, [_label("MaatschappelijkeNaam", "Bakkerij Ter Ziele")])],
        ("Stopzetting", {}, [("Datum", {}, "2024-12-31")]),
    ),
    "0316380841": _enterprise(
        "AC", [("MaatschappelijkeNamen", {}, [_label("MaatschappelijkeNaam", "Turnkring Hoger Op")])], _VZW
    ),
}


def _association(v_code: str, name: str, form: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {
        "@context": "https://127.0.0.1/v1/contexten/publiek/detail-vereniging-context.json",
        "vereniging": {
            "@type": "FeitelijkeVereniging",
            "vCode": v_code,
            "verenigingstype": {"code": form[0], "naam": form[1]},
            "naam": name,
            "korteBeschrijving": "",
            "doelgroep": {"@type": "Doelgroep", "minimumleeftijd": 0, "maximumleeftijd": 150},
            "status": "Actief",
            "contactgegevens": [],
            "locaties": [],
            "sleutels": [_key("VR", "Vcode", v_code)],
            "relaties": [],
            **more,
        },
        "metadata": {"datumLaatsteAanpassing": "2026-03-15"},
    }


def _key(source: str, system: str, value: str) -> dict[str, Any]:
    return {"bron": source, "codeerSysteem": system, "waarde": value, "gestructureerdeIdentificator": {"nummer": value}}


def _location(kind: str, street: str, number: str, *, primary: bool = False) -> dict[str, Any]:
    return {
        "@type": "Locatie",
        "locatietype": kind,
        "isPrimair": primary,
        "adresvoorstelling": f"{street} {number}, 9080 Lochristi, België",
        "adres": {
            "straatnaam": street,
            "huisnummer": number,
            "busnummer": None,
            "postcode": "9080",
            "gemeente": "Lochristi",
            "land": "België",
        },
        "adresId": {"broncode": "AR", "bronwaarde": "https://data.vlaanderen.be/id/adres/900123"},
    }


ASSOCIATIONS: dict[str, dict[str, Any]] = {
    "V0001001": _association(
        "V0001001",
        "Wandelclub De Vrolijke Stappers",
        ("VZER", "Vereniging zonder eigen rechtspersoonlijkheid"),
        korteNaam="De Stappers",
        contactgegevens=[
            {"contactgegeventype": "E-mail", "waarde": "info@stappers.example.be", "isPrimair": False},
            {"contactgegeventype": "Telefoon", "waarde": "09 399 00 10", "isPrimair": True},
            {"contactgegeventype": "Website", "waarde": "https://stappers.example.be", "isPrimair": False},
        ],
        locaties=[
            _location("Activiteiten", "Bosdreef", "99"),
            _location("Correspondentie", "Voettochtlaan", "8", primary=True),
        ],
    ),
    "V0001002": _association(
        "V0001002",
        "Turnkring Hoger Op",
        ("VZW", "Vereniging zonder winstoogmerk"),
        roepnaam="De Turners",
        sleutels=[_key("VR", "Vcode", "V0001002"), _key("KBO", "KBO nummer", "0316380841")],
        locaties=[_location("Maatschappelijke zetel volgens KBO", "Sportlaan", "2")],
    ),
}
