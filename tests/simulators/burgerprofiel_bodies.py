"""What the simulator of Mijn Burgerprofiel takes: the shapes of design 7, checked strictly; written apart from ours."""

import re
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

PHASES = {"Samenstelling", "Behandeling", "Beslissing", "Beroep", "Uitvoering", "Afgerond"}
CODES = {"Geinitieerd", "Aangevraagd", "Ingediend", "DossierOnvolledig", "DossierVolledig", "Ontvankelijk"}
CODES |= {"OnOntvankelijk", "InBehandeling", "KlaarVoorBeslissing", "InWacht", "Beslist", "Goedgekeurd", "Stopgezet"}
CODES |= {"Stopzetting", "Geweigerd", "KlaarVoorBetaling", "Betaald", "DeelsUitbetaald", "Uitgevoerd"}
CODES |= {"ErkendVergund", "DeelsGoedgekeurd"}
CATEGORY = "DossierGerelateerdBerichtWijzigingDossier"
NEEDED = {"DossierNummer", "StatusVlaamseCode", "StatusVlaamseFase"}
POSSIBLE = NEEDED | {
    "DocumentLinkUri",
    "DossierBeheerderDienst",
    "DossierBeheerderEmail",
    "DossierBeheerderNaam",
    "DossierBeheerderTelefoon",
    "DossierBeheerderWebsite",
    "DossierNaam",
    "ExterneLinkNaam",
    "Status",
    "StatusDetail1",
}
T = TypeVar("T")
Text = Annotated[str, Meta(min_length=1)]


class Fault(Exception):
    """A body that is not taken: a code and a field."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(code)
        self.code, self.field = code, field


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", forbid_unknown_fields=True):
    """Base: nothing unknown is taken."""


class Identification(Body, frozen=True, kw_only=True):
    bron: Text
    dossier_nummer: Text


class Action(Body, frozen=True, kw_only=True):
    actie_nodig: bool
    actie: str | None


class Status(Body, frozen=True, kw_only=True):
    vlaams_code: Text
    vlaams_fase: Text
    detail1: str | None
    actie: Action


class Product(Body, frozen=True, kw_only=True):
    id: Annotated[str, Meta(pattern=r"^\d+$")]


class Address(Body, frozen=True, kw_only=True):
    straat: Text
    nummer: Text
    postcode: Text
    gemeente: Text


class Manager(Body, frozen=True, kw_only=True):
    naam: Text
    dienst: str | None
    telefoon: str | None
    email: str | None
    website: str | None
    adres: Address | None


class Right(Body, frozen=True, kw_only=True):
    code: Text


class Agent(Body, frozen=True, kw_only=True):
    identificatie: Text
    toegangsrechten: Annotated[list[Right], Meta(min_length=1)]


class DossierBody(Body, frozen=True, kw_only=True):
    identificatie: Identification
    upload_id: UUID
    naam: Annotated[str, Meta(min_length=1, max_length=200)]
    wijzigings_datum: str
    status: Status
    doorverwijzing: Annotated[str, Meta(pattern=r"^https://")]
    type_dossier_code: str
    producten: list[Product]
    dossier_beheerder: Manager
    agenten: Annotated[list[Agent], Meta(min_length=1)]


class Pair(Body, frozen=True, kw_only=True):
    sleutel: Text
    waarde: Text


class Recipient(Body, frozen=True, kw_only=True):
    identificatie: Text
    type: Text


class NoticeBody(Body, frozen=True, kw_only=True):
    id: Text
    aanbieder_uri: Text
    bestemmelingen: Annotated[list[Recipient], Meta(min_length=1)]
    categorie: Text
    kanalen: Annotated[list[Any], Meta(min_length=1)]
    product_id: Annotated[str, Meta(pattern=r"^\d+$")]
    merk_code: Text
    sleutel_waarde_paren: list[Pair]
    transactie_id: str | None = None
    vervaldatum: str | None = None

    def pairs(self) -> dict[str, str]:
        return {pair.sleutel: pair.waarde for pair in self.sleutel_waarde_paren}


def check_dossier(content: bytes, organisation_rights: set[str]) -> DossierBody:
    """The body; raises `Fault`."""
    body = _decoded(content, DossierBody)
    if len(body.producten) != 1:
        raise Fault("ExactEenProduct", "Producten")
    if body.status.vlaams_fase not in PHASES or body.status.vlaams_code not in CODES:
        raise Fault("StatusOnbekend", "Status")
    if body.status.actie.actie_nodig != (body.status.actie.actie is not None):
        raise Fault("ActieOnvolledig", "Status.Actie")
    if body.type_dossier_code != "DossierStatus":
        raise Fault("TypeOnbekend", "TypeDossierCode")
    if datetime.fromisoformat(body.wijzigings_datum).tzinfo is not None:
        raise Fault("DatumMetZone", "WijzigingsDatum")
    for agent in body.agenten:
        _check_agent(agent, organisation_rights)
    return body


def check_notice(content: bytes) -> NoticeBody:
    """The body; raises `Fault`."""
    body = _decoded(content, NoticeBody)
    if body.categorie != CATEGORY:
        raise Fault("CategorieOnbekend", "Categorie")
    if not NEEDED <= body.pairs().keys() <= POSSIBLE:
        raise Fault("SleutelsOnvolledig", "SleutelWaardeParen")
    if body.transactie_id != f"{body.aanbieder_uri}+{body.pairs()['DossierNummer']}":
        raise Fault("TransactieOnbekend", "TransactieId")
    kinds = {"INSZ": is_ssin, "KBO": is_enterprise, "VCODE": is_association}
    if any(one.type not in kinds or not kinds[one.type](one.identificatie) for one in body.bestemmelingen):
        raise Fault("BestemmelingOngeldig", "Bestemmelingen")
    return body


def _check_agent(agent: Agent, organisation_rights: set[str]) -> None:
    codes, number = {right.code for right in agent.toegangsrechten}, agent.identificatie
    if is_ssin(number):
        if codes != {"Raadpleger"}:
            raise Fault("RechtOnbekend", "Agenten")
    elif is_enterprise(number) or is_association(number):
        if not codes <= organisation_rights:
            raise Fault("RechtOnbekend", "Agenten")
    else:
        raise Fault("AgentOngeldig", "Agenten")


def is_ssin(number: str) -> bool:
    """Eleven digits with the right check digits, of either century."""
    if not re.fullmatch(r"\d{11}", number):
        return False
    check = int(number[9:])
    return check in {97 - int(number[:9]) % 97, 97 - int(f"2{number[:9]}") % 97}


def is_enterprise(number: str) -> bool:
    """Ten digits, the first 0 or 1, with the right check digits."""
    return bool(re.fullmatch(r"[01]\d{9}", number)) and 97 - int(number[:8]) % 97 == int(number[8:])


def is_association(number: str) -> bool:
    """V and seven digits."""
    return bool(re.fullmatch(r"V\d{7}", number))


def _decoded(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError:
        raise Fault("BodyOngeldig", "body") from None
