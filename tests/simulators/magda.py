"""A SIMULATOR of MAGDA, for tests and by hand: GeefPersoon, GeefOnderneming, the repertory. Nobody in it exists.

It speaks the wire format of the published service descriptions over mutual TLS, and is as strict as the real one may
be: the signature covers the body and is made with the certificate of the connection, every element is where it belongs,
sender and capacity are the agreed ones, and a person is given only to who registered an interest.

By hand: `python -m tests.simulators.magda --port 9443`, and do as it prints.
"""

import argparse
import ssl
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import gettempdir
from typing import Literal, Self, get_args
from uuid import UUID

import msgspec
from lxml import etree
from signxml.exceptions import InvalidInput, InvalidSignature
from signxml.verifier import SignatureConfiguration, XMLVerifier

from tests.simulators.authority import Authority, Pair
from tests.simulators.register_data import ENTERPRISES, PERSONS, Node
from tests.simulators.server import Reply, Request, Simulator, server_context

Fault = Literal[
    "none", "slow", "tooManyRequests", "throttled", "noFile", "unauthorised", "technical", "warning", "rubbish", "half",
    "bomb", "huge", "hidden", "otherNumber", "otherReference", "notSubscribed", "html", "message", "empty",
]  # fmt: skip
"""What goes wrong from now on; `message`: exceptions of the whole message, `hidden`: a document type in UTF-16."""

SENDER = "stad.example/onthaal"
RECIPIENT = "vip.vlaanderen.be"
CAPACITY = "6001"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
RETRY_AFTER = 7
SLOW_SECONDS = 30.0

_CONTEXT = ("Naam", "Versie", "Bericht")
_MESSAGE = ("Type", "Tijdstip", "Afzender", "Ontvanger")
_BOMB = """<?xml version="1.0"?><!DOCTYPE bomb [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY file SYSTEM "file:///etc/passwd">]>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><x>&c;&file;</x></s:Body></s:Envelope>"""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What a service expects: where each element is, below `Inhoud`."""

    name: str
    version: str
    namespace: str
    content: dict[str, tuple[str, ...]]
    number: str


SERVICES = {
    "/GeefPersoonDienst-02.02/soap/WebService": Service(
        name="GeefPersoon",
        version="02.02.0000",
        namespace="http://magda.vlaanderen.be/persoon/soap/geefpersoon/v02_02",
        content={".": ("Criteria", "Bron", "Taal"), "Criteria": ("INSZ", "OpvragingenKSZ")},
        number="Criteria/INSZ",
    ),
    "/GeefOndernemingDienst-02.00/soap/WebService": Service(
        name="GeefOnderneming",
        version="02.00.0000",
        namespace="http://webservice.geefondernemingdienst-02_00.onderneming-02_00.vip.vlaanderen.be",
        content={".": ("Criteria", "Taal"), "Criteria": ("Ondernemingsnummer", "Basisgegevens")},
        number="Criteria/Ondernemingsnummer",
    ),
    "/RegistreerInschrijvingDienst-02.00/soap/WebService": Service(
        name="RegistreerInschrijving",
        version="02.00.0000",
        namespace="http://webservice.registreerinschrijvingdienst-02_00.repertorium-02_00.vip.vlaanderen.be",
        content={
            ".": ("Inschrijving",),
            "Inschrijving": ("Identificatie", "Hoedanigheid", "INSZ", "Periode"),
            "Inschrijving/Periode": ("Begin", "Einde"),
        },
        number="Inschrijving/INSZ",
    ),
    "/RegistreerUitschrijvingDienst-02.01/soap/WebService": Service(
        name="RegistreerUitschrijving",
        version="02.01.0000",
        namespace="http://webservice.registreeruitschrijvingdienst-02_01.repertorium-02_01.vip.vlaanderen.be",
        content={
            ".": ("Uitschrijving",),
            "Uitschrijving": ("Identificatie", "Hoedanigheid", "BetrokkenSubject", "Periode"),
            "Uitschrijving/BetrokkenSubject": ("Type", "Subjecten"),
            "Uitschrijving/BetrokkenSubject/Subjecten/Subject": ("Rol", "Type", "Sleutel"),
            "Uitschrijving/Periode": ("Begin", "Einde"),
        },
        number="Uitschrijving/BetrokkenSubject/Subjecten/Subject/Sleutel",
    ),
}


class Refused(Exception):
    """A message that MAGDA does not take; becomes a fault of the client."""


class Magda:
    """The simulator.

    Args:
        folder: for keys and certificates.
        port: 0 for any.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.authority = Authority(folder, "MAGDA simulator authority")
        self.client: Pair = self.authority.client()
        self.fault: Fault = "none"
        self.faulty = frozenset({"GeefPersoon", "GeefOnderneming"})
        """Services that `fault` is about."""
        self.subscribed: set[str] = set()
        self.refused: list[str] = []
        self._lock = threading.Lock()
        server = self.authority.server()
        context = server_context(server.certificate_file, server.key_file, clients=self.authority.ca_file)
        self.server = Simulator(self._answer, context, port)
        self.url = self.server.url

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    @property
    def asked(self) -> list[str]:
        """The services that were asked, in order."""
        return [SERVICES[one.path].name for one in self.server.requests if one.path in SERVICES]

    def coupling(self, **changes: object) -> dict[str, object]:
        """How a register is coupled to this simulator, as in the registers file."""
        return {
            "url": self.url,
            "certificateFile": str(self.client.certificate_file),
            "keyFile": str(self.client.key_file),
            "caFile": str(self.authority.ca_file),
            "sender": SENDER,
            "capacity": CAPACITY,
            **changes,
        }

    def _answer(self, request: Request) -> Reply:
        service = SERVICES.get(request.path)
        if service is None or request.method != "POST":
            return Reply(status=404, body=b"no such service")
        try:
            question = _checked(request, service)
        except Refused as error:
            self.refused.append(str(error))
            return _reply(_fault("Client", str(error)), status=500)
        fault = self.fault if service.name in self.faulty else "none"
        return _broken(fault) or _reply(_envelope(service, question, self._said(service, question, fault)))

    def _said(self, service: Service, question: etree._Element, fault: Fault) -> Sequence[Node]:
        """What stands in `Antwoord` after `Referte`."""
        content = question.find("Vragen/Vraag/Inhoud")
        assert content is not None
        number = content.findtext(service.number) or ""
        if coded := _CODED.get(fault):
            return [_exceptions(*coded)]
        if service.name.startswith("Registreer"):
            return self._repertory(service, number, fault)
        if service.name == "GeefOnderneming":
            return _enterprise(number, fault)
        return self._person(number, fault)

    def _repertory(self, service: Service, number: str, fault: Fault) -> Sequence[Node]:
        if fault == "notSubscribed":
            return [("Inhoud", {}, [("Resultaat", {"Beschrijving": "Niet geslaagd"}, "0")])]
        done: Node = ("Inhoud", {}, [("Resultaat", {"Beschrijving": "Wel geslaagd"}, "1")])
        with self._lock:
            before = number in self.subscribed
            (self.subscribed.add if service.name == "RegistreerInschrijving" else self.subscribed.discard)(number)
        if service.name == "RegistreerInschrijving" and before:
            return [done, _exceptions("40143", "WAARSCHUWING", "De inschrijving bestaat al")]
        return [done]

    def _person(self, number: str, fault: Fault) -> Sequence[Node]:
        if not _ssin_fits(number):
            return [_exceptions("20002", "FOUT", f"Het INSZ {number} is ongeldig")]
        if number not in self.subscribed:
            return [_exceptions("13202", "FOUT", "Geen persoonsdossier geregistreerd")]
        if number not in PERSONS:
            return [_exceptions("30001", "FOUT", f"Geen gegevens gevonden voor {number}")]
        told = "80010120990" if fault == "otherNumber" else number
        person: Node = ("Persoon", {"Bron": "RR"}, [("INSZ", {}, told), *PERSONS[number]])
        return _with_warning([("Inhoud", {}, [person])], fault)


_CODED: dict[Fault, tuple[str, str, str]] = {
    "noFile": ("13202", "FOUT", "Gegevens niet opvraagbaar, geen persoonsdossier geregistreerd"),
    "unauthorised": ("40006", "FOUT", "Niet gemachtigd voor deze gegevens"),
    "technical": ("60009", "FOUT", "Er heeft zich een technisch probleem voorgedaan"),
    "empty": ("40999", "INFORMATIE", "Niets te melden"),
}


def _enterprise(number: str, fault: Fault) -> Sequence[Node]:
    if not (number.isdigit() and len(number) == 10 and 97 - int(number[:8]) % 97 == int(number[8:])):
        return [_exceptions("20007", "FOUT", f"Het ondernemingsnummer {number} is ongeldig")]
    if number not in ENTERPRISES:
        return [_exceptions("40046", "INFORMATIE", "Gevraagde ondernemingsnummer bestaat niet in KBO")]
    told = "0697608063" if fault == "otherNumber" else number
    found: Node = ("Onderneming", {}, [("Ondernemingsnummer", {}, f"\n    {told}"), *ENTERPRISES[number]])
    return _with_warning([("Inhoud", {}, [found])], fault)


def _with_warning(said: Sequence[Node], fault: Fault) -> Sequence[Node]:
    warned = [_exceptions("40100", "WAARSCHUWING", "Een deel van de gegevens ontbreekt")]
    return [*said, *warned] if fault == "warning" else said


def _ssin_fits(number: str) -> bool:
    if not (number.isdigit() and len(number) == 11):
        return False
    first, check = int(number[:9]), int(number[9:])
    return check in {97 - first % 97, 97 - (2_000_000_000 + first) % 97}


def _checked(request: Request, service: Service) -> etree._Element:
    """`Verzoek` of a question that is signed and complete.

    Raises:
        Refused: it is not.
    """
    if not request.headers.get("content-type", "").startswith("application/soap+xml"):
        raise Refused("content type")
    body = _signed_body(request)
    if len(body) != 1 or body[0].tag != f"{{{service.namespace}}}{service.name}":
        raise Refused("element in the body")
    asked = body[0].find("Verzoek")
    if asked is None:
        raise Refused("Verzoek")
    _in_order(asked, {".": ("Context", "Vragen"), "Context": _CONTEXT, "Context/Bericht": _MESSAGE})
    _in_order(asked, {"Context/Bericht/Tijdstip": ("Datum", "Tijd"), "Vragen/Vraag": ("Referte", "Inhoud")})
    parts = ("Identificatie", "Naam", "Referte", "OrganisatieEenheid", "Hoedanigheid", "Gebruiker")
    _in_order(asked, {"Context/Bericht/Afzender": parts, "Context/Bericht/Ontvanger": parts})
    expected = {
        "Context/Naam": service.name,
        "Context/Versie": service.version,
        "Context/Bericht/Type": "VRAAG",
        "Context/Bericht/Afzender/Identificatie": SENDER,
        "Context/Bericht/Afzender/Hoedanigheid": CAPACITY,
        "Context/Bericht/Ontvanger/Identificatie": RECIPIENT,
    }
    for path, value in expected.items():
        if asked.findtext(path) != value:
            raise Refused(path)
    references = {asked.findtext("Context/Bericht/Afzender/Referte"), asked.findtext("Vragen/Vraag/Referte")}
    if len(references) != 1 or str(UUID(references.pop() or "")) == "":
        raise Refused("Referte")
    content = asked.find("Vragen/Vraag/Inhoud")
    assert content is not None
    _in_order(content, service.content)
    return asked


def _signed_body(request: Request) -> etree._Element:
    """The body as it was signed with the certificate that the connection showed."""
    certificate = ssl.DER_cert_to_PEM_cert(request.certificate or b"")
    try:
        root = etree.fromstring(request.body)
        expected = SignatureConfiguration(require_x509=True, expect_references=1)
        verified = XMLVerifier().verify(root, x509_cert=certificate, id_attribute="Id", expect_config=expected)
    except (etree.XMLSyntaxError, InvalidSignature, InvalidInput) as error:
        raise Refused(f"signature: {type(error).__name__}") from error
    signature = root.find(f"{{{SOAP}}}Header/{{http://www.w3.org/2000/09/xmldsig#}}Signature")
    signed = verified.signed_xml if not isinstance(verified, list) else None
    if signature is None or signed is None or signed.tag != f"{{{SOAP}}}Body" or signed.get("Id") != "Body":
        raise Refused("the body is not what was signed")
    return signed


def _in_order(element: etree._Element, places: Mapping[str, Sequence[str]]) -> None:
    """Check that elements stand in the order of the description, none twice and none unknown."""
    for path, names in places.items():
        for found in [element] if path == "." else element.iterfind(path):
            tags = [str(child.tag) for child in found]
            if any(tag not in names for tag in tags) or sorted(tags, key=list(names).index) != tags:
                raise Refused(f"order in {path}: {tags}")
            if len(set(tags)) != len(tags):
                raise Refused(f"twice in {path}: {tags}")


def _envelope(service: Service, question: etree._Element, said: Sequence[Node]) -> etree._Element:
    reference = question.findtext("Vragen/Vraag/Referte") or ""
    context: Node = (
        "Context",
        {},
        [
            ("Naam", {}, service.name),
            ("Versie", {}, service.version),
            (
                "Bericht",
                {},
                [
                    ("Type", {}, "ANTWOORD"),
                    ("Tijdstip", {}, [("Datum", {}, "2026-05-04"), ("Tijd", {}, "11:09:41.451")]),
                    ("Afzender", {}, [("Identificatie", {}, RECIPIENT), ("Naam", {}, "MagdaGateway")]),
                    ("Ontvanger", {}, [("Identificatie", {}, SENDER), ("Referte", {}, reference)]),
                ],
            ),
        ],
    )
    answer: Node = ("Antwoorden", {}, [("Antwoord", {}, [("Referte", {}, reference), *said])])
    root = etree.Element(f"{{{service.namespace}}}{service.name}Response", nsmap={"web": service.namespace})
    _add(root, ("Repliek", {}, [context, answer]))
    return _wrapped(root)


def _broken(fault: Fault) -> Reply | None:
    """What no reading of the question makes better."""
    bodies = {
        "rubbish": b"\x00\xff not xml",
        "bomb": _BOMB.encode(),
        "hidden": _BOMB.encode("utf-16"),
        "huge": b"<a>" + b"x" * 2_000_000 + b"</a>",
        "half": b"<soap:Envelope" + b" " * 5000,
    }
    if fault in bodies:
        return Reply(body=bodies[fault], headers={"Content-Type": "text/xml"}, cut=100 if fault == "half" else None)
    replies = {
        "slow": Reply(status=200, body=b"late", wait=SLOW_SECONDS),
        "tooManyRequests": Reply(status=429, headers={"Retry-After": str(RETRY_AFTER)}),
        "html": Reply(status=500, body=b"<html>Internal error</html>"),
        "throttled": _reply(_fault("Server", "99995 - Te veel gelijktijdige bevragingen")),
        "message": _reply(_wrapped(_whole_message_refused())),
        "otherReference": _reply(_wrapped(_answer_to_somebody_else())),
    }
    return replies.get(fault)


def _whole_message_refused() -> etree._Element:
    name = SERVICES["/GeefPersoonDienst-02.02/soap/WebService"]
    root = etree.Element(f"{{{name.namespace}}}GeefPersoonResponse")
    _add(root, ("Repliek", {}, [("Context", {}, []), _exceptions("40006", "FOUT", "Niet gemachtigd")]))
    return root


def _answer_to_somebody_else() -> etree._Element:
    name = SERVICES["/GeefPersoonDienst-02.02/soap/WebService"]
    root = etree.Element(f"{{{name.namespace}}}GeefPersoonResponse")
    person: Node = ("Persoon", {}, [("INSZ", {}, "85073003328"), *PERSONS["85073003328"]])
    answer: Node = ("Antwoord", {}, [("Referte", {}, "somebody-else"), ("Inhoud", {}, [person])])
    _add(root, ("Repliek", {}, [("Antwoorden", {}, [answer])]))
    return root


def _exceptions(code: str, kind: str, diagnosis: str) -> Node:
    moment: Node = ("Tijdstip", {}, [("Datum", {}, "2026-05-04"), ("Tijd", {}, "07:25:39")])
    parts: list[Node] = [("Identificatie", {}, code), ("Oorsprong", {}, "MAGDA"), ("Type", {}, kind), moment]
    return ("Uitzonderingen", {}, [("Uitzondering", {}, [*parts, ("Diagnose", {}, diagnosis)])])


def _fault(code: str, text: str) -> etree._Element:
    root = etree.Element(f"{{{SOAP}}}Fault")
    etree.SubElement(root, "faultcode").text = code
    etree.SubElement(root, "faultstring").text = text
    return _wrapped(root)


def _wrapped(content: etree._Element) -> etree._Element:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"SOAP-ENV": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(content)
    return envelope


def _add(parent: etree._Element, node: Node) -> None:
    name, attributes, inside = node
    child = etree.SubElement(parent, name, attributes)
    if isinstance(inside, str):
        child.text = inside
    else:
        for one in inside:
            _add(child, one)


def _reply(envelope: etree._Element, status: int = 200) -> Reply:
    body = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    return Reply(status=status, body=body, headers={"Content-Type": "text/xml; charset=UTF-8"})


def main() -> None:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A simulator of MAGDA with made-up persons and enterprises.")
    parser.add_argument("--port", type=int, default=9443)
    parser.add_argument("--folder", type=Path, default=Path(gettempdir()) / "onthaal-simulators")
    parser.add_argument("--fault", choices=get_args(Fault), default="none", help="what goes wrong")
    options = parser.parse_args()
    folder: Path = options.folder
    (folder / "magda").mkdir(parents=True, exist_ok=True)
    with Magda(folder / "magda", options.port) as magda:
        magda.fault = options.fault
        couple(folder / "registers.json", nationalRegister=magda.coupling(), enterpriseRegister=magda.coupling())
        print(f"MAGDA simulator on {magda.url}, fault: {options.fault}")  # noqa: T201
        print(f"persons: {', '.join(PERSONS)}; enterprises: {', '.join(ENTERPRISES)}")  # noqa: T201
        print(f"in another terminal: export ONTHAAL_REGISTERS_FILE={folder / 'registers.json'} && ./scripts/up")  # noqa: T201
        threading.Event().wait()


def couple(file: Path, **registers: object) -> None:
    """Write how registers are coupled into the file, beside those that are in it."""
    held = msgspec.json.decode(file.read_bytes()) if file.exists() else {}
    file.write_bytes(msgspec.json.format(msgspec.json.encode({**held, **registers})))


if __name__ == "__main__":
    main()
