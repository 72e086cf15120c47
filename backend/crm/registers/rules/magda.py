"""Messages of MAGDA: the question in its envelope, the exceptions in an answer. Pure.

Names, versions, namespaces and the order of the elements are those of the published service descriptions
(GeefPersoon 02.02, GeefOnderneming 02.00, RegistreerInschrijving 02.00, RegistreerUitschrijving 02.01).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec
from lxml.etree import _Element as Element

from backend.crm.registers.rules.records import (
    RegisterAway,
    RegisterFailed,
    RegisterRefused,
    RegisterUnknown,
    RegisterUnreadable,
)
from backend.kit.clock import BRUSSELS
from backend.kit.soap import Tree, message, text

CONTENT_TYPE = "application/soap+xml; charset=utf-8"
_DONE = "1"


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One service of MAGDA.

    Attributes:
        name: of the service and of the element in the body.
        version: as in the context of a question.
        namespace: of the element in the body.
        path: after the address of the environment.
    """

    name: str
    version: str
    namespace: str
    path: str


GIVE_PERSON = Service(
    name="GeefPersoon",
    version="02.02.0000",
    namespace="http://magda.vlaanderen.be/persoon/soap/geefpersoon/v02_02",
    path="/GeefPersoonDienst-02.02/soap/WebService",
)
GIVE_ENTERPRISE = Service(
    name="GeefOnderneming",
    version="02.00.0000",
    namespace="http://webservice.geefondernemingdienst-02_00.onderneming-02_00.vip.vlaanderen.be",
    path="/GeefOndernemingDienst-02.00/soap/WebService",
)
SUBSCRIBE = Service(
    name="RegistreerInschrijving",
    version="02.00.0000",
    namespace="http://webservice.registreerinschrijvingdienst-02_00.repertorium-02_00.vip.vlaanderen.be",
    path="/RegistreerInschrijvingDienst-02.00/soap/WebService",
)
UNSUBSCRIBE = Service(
    name="RegistreerUitschrijving",
    version="02.01.0000",
    namespace="http://webservice.registreeruitschrijvingdienst-02_01.repertorium-02_01.vip.vlaanderen.be",
    path="/RegistreerUitschrijvingDienst-02.01/soap/WebService",
)


class Sender(Protocol):
    """Who asks, as agreed in the protocol with MAGDA."""

    @property
    def sender(self) -> str:
        """`Afzender`."""
        ...

    @property
    def recipient(self) -> str:
        """`Ontvanger`."""
        ...

    @property
    def capacity(self) -> str:
        """`Hoedanigheid`."""
        ...


UNKNOWN = frozenset({"13202", "30001", "30002", "30003", "30004", "40046"})
"""No file; nothing found; number cancelled; number does not exist; number replaced; enterprise does not exist."""
AWAY = frozenset({"60009", "99995"})
"""A technical problem; too many questions at once."""
ALREADY = frozenset({"40143"})
"""The interest in this person was registered before."""


def question(service: Service, who: Sender, content: Tree, *, reference: UUID, at: datetime) -> Element:
    """A question, ready to be signed.

    Args:
        service: who is asked.
        who: who asks.
        content: `Inhoud` of the one `Vraag`.
        reference: of the message and of its question.
        at: the moment of the request, aware.
    """
    local = at.astimezone(BRUSSELS)
    context: Tree = {
        "Naam": service.name,
        "Versie": service.version,
        "Bericht": {
            "Type": "VRAAG",
            "Tijdstip": {"Datum": f"{local:%Y-%m-%d}", "Tijd": f"{local:%H:%M:%S}.000"},
            "Afzender": {
                "Identificatie": who.sender,
                "Referte": str(reference),
                "Hoedanigheid": who.capacity or None,
            },
            "Ontvanger": {"Identificatie": who.recipient, "Naam": "VIP"},
        },
    }
    asked: Tree = {"Vraag": {"Referte": str(reference), "Inhoud": content}}
    return message(service.name, service.namespace, {"Verzoek": {"Context": context, "Vragen": asked}})


def person_content(ssin: str, bron: str) -> Tree:
    """`Inhoud` of GeefPersoon; of the KSZ only basic data are asked."""
    basic: Tree | None = {"BasisPersoonsgegevens": "1"} if bron == "KSZ" else None
    return {"Criteria": {"INSZ": ssin, "OpvragingenKSZ": basic}, "Bron": bron, "Taal": "nl"}


def enterprise_content(number: str) -> Tree:
    """`Inhoud` of GeefOnderneming: basic data, in Dutch."""
    return {"Criteria": {"Ondernemingsnummer": number, "Basisgegevens": "1"}, "Taal": "nl"}


def subscription_content(who: Sender, ssin: str, at: datetime) -> Tree:
    """`Inhoud` of RegistreerInschrijving: from today on the city has to do with this person."""
    return {
        "Inschrijving": {
            "Identificatie": who.sender,
            "Hoedanigheid": who.capacity,
            "INSZ": ssin,
            "Periode": {"Begin": f"{at.astimezone(BRUSSELS):%Y-%m-%d}"},
        }
    }


def withdrawal_content(who: Sender, ssin: str, at: datetime) -> Tree:
    """`Inhoud` of RegistreerUitschrijving: from today on the city has nothing to do with this person any more."""
    return {
        "Uitschrijving": {
            "Identificatie": who.sender,
            "Hoedanigheid": who.capacity,
            "BetrokkenSubject": {"Type": "INSZ", "Subjecten": {"Subject": {"Type": "INSZ", "Sleutel": ssin}}},
            "Periode": {"Einde": f"{at.astimezone(BRUSSELS):%Y-%m-%d}"},
        }
    }


def answered(service: Service, body: Element, reference: UUID) -> Element:
    """`Inhoud` of the one answer.

    Args:
        service: who was asked.
        body: the element in the body of the answer.
        reference: of the question.

    Raises:
        RegisterFailed: one of its kinds; an error in the answer, or no answer to this question.
    """
    if body.tag != f"{{{service.namespace}}}{service.name}Response":
        raise RegisterUnreadable("otherAnswer")
    whole = body.find("Repliek")
    if whole is None:
        raise RegisterUnreadable("noReply")
    answer = whole.find("Antwoorden/Antwoord")
    exceptions = [*whole.iterfind("Uitzonderingen/Uitzondering"), *whole.iterfind(".//Antwoord/Uitzonderingen/*")]
    content = None if answer is None else answer.find("Inhoud")
    _refuse(exceptions, empty=content is None)
    if answer is None or content is None:
        raise RegisterUnreadable("noContent")
    if text(answer, "Referte") != str(reference):
        raise RegisterUnreadable("otherReference")
    return content


def subscribed(content: Element) -> None:
    """Check that a registration in the repertory was done.

    Raises:
        RegisterRefused: it says that it was not.
    """
    if text(content, "Resultaat") != _DONE:
        raise RegisterRefused("notSubscribed")


def _refuse(exceptions: Sequence[Element], *, empty: bool) -> None:
    """The failure that the exceptions describe, if any; a warning beside content is none."""
    for one in exceptions:
        if text(one, "Type") == "FOUT" or empty:
            raise failure_of(text(one, "Identificatie") or "")


def failure_of(code: str) -> RegisterFailed:
    """What a code of MAGDA means for a look-up; an unknown one is a refusal."""
    told = code if code.isascii() and code.isalnum() and len(code) <= 10 else "other"  # noqa: PLR2004
    if told in UNKNOWN:
        return RegisterUnknown(told)
    return RegisterAway(told) if told in AWAY else RegisterRefused(told)
