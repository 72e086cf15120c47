"""The body of `POST dossiers` of DOSIS: names and nesting exactly as design 7, section 1.1 has them. Pure."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.kit.clock import BRUSSELS
from backend.notifications.burgerprofiel.rules.coupling import ContactCentre, Coupling
from backend.notifications.burgerprofiel.rules.statuses import StatusCode


class Recipients(msgspec.Struct, frozen=True, kw_only=True):
    """Who may see a dossier, by official number in clear: only in memory, never logged, never stored."""

    ssins: tuple[str, ...] = ()
    enterprise_numbers: tuple[str, ...] = ()
    v_codes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anybody."""
        return bool(self.ssins or self.enterprise_numbers or self.v_codes)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a dossier.

    Attributes:
        number: ours, as citizens know it.
        upload_id: of this very content.
        name: of the product; None: the neutral name.
        product: number of the product; None: the general one.
        at: since when it is so (aware).
    """

    number: str
    upload_id: UUID
    name: str | None
    product: str | None
    status: StatusCode
    at: datetime
    recipients: Recipients


class _Pascal(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Base: `upload_id` is `UploadId`."""


class _Identification(_Pascal, frozen=True, kw_only=True):
    bron: str
    dossier_nummer: str


class _Action(_Pascal, frozen=True, kw_only=True):
    actie_nodig: bool
    actie: str | None


class _Status(_Pascal, frozen=True, kw_only=True):
    vlaams_code: str
    vlaams_fase: str
    detail1: str | None
    actie: _Action


class _Product(_Pascal, frozen=True, kw_only=True):
    id: str


class _Address(_Pascal, frozen=True, kw_only=True):
    straat: str
    nummer: str
    postcode: str
    gemeente: str


class _Manager(_Pascal, frozen=True, kw_only=True):
    naam: str
    dienst: str
    telefoon: str | None
    email: str | None
    website: str | None
    adres: _Address | None


class _Right(_Pascal, frozen=True, kw_only=True):
    code: str


class _Agent(_Pascal, frozen=True, kw_only=True):
    identificatie: str
    toegangsrechten: list[_Right]


class Dossier(_Pascal, frozen=True, kw_only=True):
    """The body."""

    identificatie: _Identification
    upload_id: UUID
    naam: str
    wijzigings_datum: str
    status: _Status
    doorverwijzing: str
    type_dossier_code: str
    producten: list[_Product]
    dossier_beheerder: _Manager
    agenten: list[_Agent]


def dossier(told: Told, coupling: Coupling) -> Dossier:
    """What DOSIS is told: exactly one product, the contact centre, and who may see it."""
    status = told.status
    return Dossier(
        identificatie=_Identification(bron=coupling.source, dossier_nummer=told.number),
        upload_id=told.upload_id,
        naam=told.name or coupling.neutral_name,
        wijzigings_datum=told.at.astimezone(BRUSSELS).replace(tzinfo=None).isoformat(timespec="milliseconds"),
        status=_Status(
            vlaams_code=status.code,
            vlaams_fase=status.phase,
            detail1=None,
            actie=_Action(actie_nodig=status.action is not None, actie=status.action),
        ),
        doorverwijzing=link(told.number, coupling),
        type_dossier_code="DossierStatus",
        producten=[_Product(id=told.product or coupling.product)],
        dossier_beheerder=_manager(coupling.contact),
        agenten=agents(told.recipients, coupling),
    )


def link(number: str, coupling: Coupling) -> str:
    """Where the citizen sees it."""
    return coupling.link.replace("{number}", number)


def agents(recipients: Recipients, coupling: Coupling) -> list[_Agent]:
    """Who may see it, each with the right of its kind."""
    rights = coupling.rights
    every = (
        (recipients.ssins, rights.citizen),
        (recipients.enterprise_numbers, rights.enterprise),
        (recipients.v_codes, rights.association),
    )
    return [
        _Agent(identificatie=number, toegangsrechten=[_Right(code=right)])
        for numbers, right in every
        for number in numbers
    ]


def _manager(contact: ContactCentre) -> _Manager:
    where = contact.address
    return _Manager(
        naam=contact.name,
        dienst=contact.department,
        telefoon=contact.phone,
        email=contact.email,
        website=contact.website,
        adres=_Address(straat=where.street, nummer=where.number, postcode=where.postcode, gemeente=where.municipality)
        if where
        else None,
    )
