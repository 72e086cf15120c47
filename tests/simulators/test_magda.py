"""The simulator of MAGDA is strict: what it lets through is signed, complete and in order."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
import pytest
from lxml import etree

from backend.crm.registers.rules import magda as wire
from backend.kit.soap import Signer, message
from backend.settings import MagdaRegister, RegisterSettings
from tests.simulators.magda import CAPACITY, Magda, couple

AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Magda]:
    with Magda(tmp_path_factory.mktemp("strict")) as simulator:
        yield simulator


@pytest.fixture
def magda(shared: Magda) -> Magda:
    shared.refused.clear()
    return shared


@pytest.fixture
def coupling(magda: Magda) -> MagdaRegister:
    return msgspec.convert(magda.coupling(), MagdaRegister)


@pytest.fixture
def client(magda: Magda) -> Iterator[httpx.Client]:
    context = ssl.create_default_context(cafile=str(magda.authority.ca_file))
    context.load_cert_chain(magda.client.certificate_file, magda.client.key_file)
    with httpx.Client(verify=context, base_url=magda.url, headers={"Content-Type": wire.CONTENT_TYPE}) as made:
        yield made


@pytest.fixture
def signer(magda: Magda) -> Signer:
    return Signer(magda.client.key_file.read_bytes(), magda.client.certificate_file.read_bytes())


def question(coupling: MagdaRegister) -> etree._Element:
    content = wire.enterprise_content("0442528054")
    return wire.question(wire.GIVE_ENTERPRISE, coupling, content, reference=uuid4(), at=AT)


def refusal(magda: Magda, client: httpx.Client, raw: bytes) -> str:
    answer = client.post(wire.GIVE_ENTERPRISE.path, content=raw)
    assert answer.status_code == 500
    (found,) = magda.refused
    return found


def test_a_good_question_is_answered(
    client: httpx.Client, signer: Signer, coupling: MagdaRegister, magda: Magda
) -> None:
    answer = client.post(wire.GIVE_ENTERPRISE.path, content=signer.signed(question(coupling)))
    assert answer.status_code == 200
    assert b"Fanfare De Eendracht" in answer.content
    assert magda.refused == []


def test_without_a_certificate_there_is_no_connection(magda: Magda) -> None:
    context = ssl.create_default_context(cafile=str(magda.authority.ca_file))
    with httpx.Client(verify=context) as client, pytest.raises(httpx.TransportError):
        client.post(magda.url + wire.GIVE_ENTERPRISE.path, content=b"<x/>")


def test_an_unsigned_question_is_refused(client: httpx.Client, coupling: MagdaRegister, magda: Magda) -> None:
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    envelope = etree.Element(f"{{{soap}}}Envelope")
    etree.SubElement(envelope, f"{{{soap}}}Header")
    etree.SubElement(envelope, f"{{{soap}}}Body", Id="Body").append(question(coupling))
    assert refusal(magda, client, etree.tostring(envelope)).startswith("signature")


def test_a_changed_question_is_refused(
    client: httpx.Client, signer: Signer, coupling: MagdaRegister, magda: Magda
) -> None:
    raw = signer.signed(question(coupling)).replace(b"0442528054", b"0316380841")
    assert refusal(magda, client, raw).startswith("signature")


def _swapped(asked: etree._Element) -> None:
    inside = asked.find("Verzoek/Vragen/Vraag/Inhoud")
    assert inside is not None
    inside.append(inside[0])


def _doubled(asked: etree._Element) -> None:
    sender = asked.find("Verzoek/Context/Bericht/Afzender")
    assert sender is not None
    etree.SubElement(sender, "Hoedanigheid").text = CAPACITY


def _strange(asked: etree._Element) -> None:
    criteria = asked.find("Verzoek/Vragen/Vraag/Inhoud/Criteria")
    assert criteria is not None
    etree.SubElement(criteria, "Iets").text = "1"


def _other_reference(asked: etree._Element) -> None:
    reference = asked.find("Verzoek/Vragen/Vraag/Referte")
    assert reference is not None
    reference.text = str(uuid4())


def _other_capacity(asked: etree._Element) -> None:
    capacity = asked.find("Verzoek/Context/Bericht/Afzender/Hoedanigheid")
    assert capacity is not None
    capacity.text = "1300"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (_swapped, "order in ."),
        (_doubled, "twice in Context/Bericht/Afzender"),
        (_strange, "order in Criteria"),
        (_other_reference, "Referte"),
        (_other_capacity, "Context/Bericht/Afzender/Hoedanigheid"),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_every_element_is_where_it_belongs(
    client: httpx.Client, signer: Signer, coupling: MagdaRegister, magda: Magda, change: object, place: str
) -> None:
    asked = question(coupling)
    assert callable(change)
    change(asked)
    assert refusal(magda, client, signer.signed(asked)).startswith(place)


def test_another_service_is_not_served(client: httpx.Client, signer: Signer, magda: Magda) -> None:
    asked = message("GeefAlles", "urn:x", {"Verzoek": {"Context": {"Naam": "GeefAlles"}}})
    assert refusal(magda, client, signer.signed(asked)) == "element in the body"
    assert client.post("/elsewhere", content=b"").status_code == 404


def test_by_hand_it_writes_a_registers_file(magda: Magda, tmp_path: Path) -> None:
    file = tmp_path / "registers.json"
    couple(file, nationalRegister=magda.coupling())
    couple(file, enterpriseRegister=magda.coupling())
    found = msgspec.json.decode(file.read_bytes(), type=RegisterSettings)
    assert found.national_register == found.enterprise_register
    assert found.associations_register is None
