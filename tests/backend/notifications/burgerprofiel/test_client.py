"""The client against the simulator over HTTP: tokens, refusals, notices; and the file that couples it."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs
from uuid import UUID

import httpx
import jwt
import msgspec
import pytest

from backend.kit.configuration import SettingsInvalid
from backend.kit.outgoing import Caller
from backend.notifications.burgerprofiel.rules import Coupling, Recipients, StatusCode, Told
from backend.notifications.burgerprofiel.service import Burgerprofiel, DossierAway, DossierRefused, burgerprofiel
from backend.notifications.burgerprofiel.service.tokens import TokenRefused, TokenSource
from backend.settings import Settings
from tests.simulators.burgerprofiel import KEY_ID, BurgerprofielSimulator, _key

pytestmark = pytest.mark.anyio

UPLOAD = UUID("c30c0de7-f763-4648-b684-936162aa6a78")
TOLD = Told(
    number="ZW-2026-0001",
    upload_id=UPLOAD,
    name="Reispas",
    product="777",
    status=StatusCode(phase="Behandeling", code="InBehandeling"),
    at=datetime(2026, 4, 28, 9, 16, 50, 520_000, tzinfo=UTC),
    recipients=Recipients(ssins=("85073003328",)),
)


@pytest.fixture(scope="session")
def _simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BurgerprofielSimulator]:
    with BurgerprofielSimulator(tmp_path_factory.mktemp("burgerprofiel")) as made:
        yield made


@pytest.fixture
def simulator(_simulator: BurgerprofielSimulator) -> BurgerprofielSimulator:
    _simulator.clear()
    return _simulator


def coupling(simulator: BurgerprofielSimulator, **changes: object) -> Coupling:
    return msgspec.json.decode(msgspec.json.encode(simulator.coupling(**changes)), type=Coupling)


@pytest.fixture
async def client(simulator: BurgerprofielSimulator) -> AsyncIterator[Burgerprofiel]:
    made = Burgerprofiel(coupling(simulator, seconds=1))
    yield made
    await made.close()


async def test_the_body_is_exactly_as_the_design_has_it(
    client: Burgerprofiel, simulator: BurgerprofielSimulator
) -> None:
    await client.push(TOLD)
    sent = msgspec.json.decode(simulator.server.requests[-1].body)
    assert sent == {
        "Identificatie": {"Bron": "urn://zonderwater/contactcentrum", "DossierNummer": "ZW-2026-0001"},
        "UploadId": str(UPLOAD),
        "Naam": "Reispas",
        "WijzigingsDatum": "2026-04-28T11:16:50.520",
        "Status": {
            "VlaamsCode": "InBehandeling",
            "VlaamsFase": "Behandeling",
            "Detail1": None,
            "Actie": {"ActieNodig": False, "Actie": None},
        },
        "Doorverwijzing": "https://www.zonderwater.example/mijn-vragen/ZW-2026-0001",
        "TypeDossierCode": "DossierStatus",
        "Producten": [{"Id": "777"}],
        "DossierBeheerder": {
            "Naam": "Contactcentrum Zonderwater",
            "Dienst": "Onthaal",
            "Telefoon": "09 399 99 99",
            "Email": "onthaal@zonderwater.example",
            "Website": None,
            "Adres": {"Straat": "Markt", "Nummer": "1", "Postcode": "9999", "Gemeente": "Zonderwater"},
        },
        "Agenten": [{"Identificatie": "85073003328", "Toegangsrechten": [{"Code": "Raadpleger"}]}],
    }


async def test_we_prove_who_we_are_as_asked(client: Burgerprofiel, simulator: BurgerprofielSimulator) -> None:
    await client.push(TOLD)
    form = parse_qs(simulator.server.requests[0].body.decode())
    proof = form["client_assertion"][0]
    header, claims = jwt.get_unverified_header(proof), jwt.decode(proof, options={"verify_signature": False})
    assert (header["alg"], header["kid"]) == ("RS256", KEY_ID)
    assert claims["iss"] == claims["sub"] == client.coupling.client_id
    assert claims["exp"] - claims["iat"] == 120
    assert form["scope"] == ["DosisImport"]


async def test_a_token_is_kept_until_three_minutes_before_its_end(simulator: BurgerprofielSimulator) -> None:
    now = datetime.now(UTC).timestamp()
    caller = Caller(tls=None)
    source = TokenSource(coupling(simulator), _key(simulator.key_file), caller, clock=lambda: now)
    first = await source.token("DosisImport")
    now += 3600 - 181
    assert await source.token("DosisImport") == first
    assert simulator.counted["token"] == 1
    now += 2
    with pytest.raises(TokenRefused):  # asked anew, with a proof that is from the future for the simulator
        await source.token("DosisImport")
    assert simulator.counted["token"] == 2
    await caller.close()


@pytest.mark.parametrize(("name", "wrong"), [("keyId", "another"), ("clientId", "somebody"), ("dosisScope", "Other")])
async def test_who_cannot_prove_it_gets_no_token_and_no_question_dies_of_it(
    simulator: BurgerprofielSimulator, name: str, wrong: str
) -> None:
    client = Burgerprofiel(coupling(simulator, **{name: wrong}))
    with pytest.raises(DossierAway, match="token http400"):
        await client.push(TOLD)
    await client.close()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"recipients": Recipients(ssins=("85073003327",))}, "AgentOngeldig Agenten"),
        ({"recipients": Recipients(enterprise_numbers=("0442528055",))}, "AgentOngeldig Agenten"),
        ({"recipients": Recipients()}, "BodyOngeldig body"),
        ({"status": StatusCode(phase="Behandeling", code="Verzonnen")}, "StatusOnbekend Status"),
    ],
)
async def test_what_they_refuse_is_told_by_its_code_only(
    client: Burgerprofiel, changes: dict[str, object], fault: str
) -> None:
    with pytest.raises(DossierRefused) as refused:
        await client.push(msgspec.structs.replace(TOLD, **changes))
    assert str(refused.value) == f"http400 ValidatieFout ({fault})"


async def test_rubbish_is_as_if_they_were_away(client: Burgerprofiel, simulator: BurgerprofielSimulator) -> None:
    await client.push(TOLD)
    simulator.fault = "rubbish"
    with pytest.raises(DossierAway, match="unreadable"):
        await client.push(TOLD)
    with pytest.raises(DossierAway, match="unreadable"):
        await client.result(UPLOAD)


async def test_the_result_is_unknown_until_it_is_processed(
    client: Burgerprofiel, simulator: BurgerprofielSimulator
) -> None:
    assert await client.result(UPLOAD) is None
    simulator.processing = 3600
    await client.push(TOLD)
    assert await client.result(UPLOAD) is None
    simulator.processing = 0
    result = await client.result(UPLOAD)
    assert result is not None
    assert result.succes


async def test_taking_away_what_is_not_there_is_no_fault(
    client: Burgerprofiel, simulator: BurgerprofielSimulator
) -> None:
    await client.push(TOLD)
    await client.result(UPLOAD)
    assert len(simulator.dossiers) == 1
    await client.delete(TOLD.number)
    await client.delete(TOLD.number)
    assert simulator.dossiers == {}


async def test_the_same_notice_twice_is_one(client: Burgerprofiel, simulator: BurgerprofielSimulator) -> None:
    await client.notify(TOLD)
    await client.notify(TOLD)
    [notice] = simulator.notices.values()
    assert notice.pairs()["DossierNaam"] == "Reispas"
    assert [(one.type, one.identificatie) for one in notice.bestemmelingen] == [("INSZ", "85073003328")]


async def test_the_template_of_a_notice_can_be_another(simulator: BurgerprofielSimulator) -> None:
    own = {"recipient": {"Nummer": "{identification}", "Soort": ["{kind}"]}, "channels": ["email"]}
    client = Burgerprofiel(coupling(simulator, notification=own))
    with pytest.raises(DossierRefused, match="BodyOngeldig"):  # the simulator knows the usual one only
        await client.notify(TOLD)
    sent = msgspec.json.decode(simulator.server.requests[-1].body)
    assert sent["Bestemmelingen"] == [{"Nummer": "85073003328", "Soort": ["INSZ"]}]
    assert sent["Kanalen"] == ["email"]
    await client.close()


async def test_the_page_shows_what_a_citizen_would_see(
    client: Burgerprofiel, simulator: BurgerprofielSimulator
) -> None:
    async with httpx.AsyncClient() as browser:
        assert "Er is nog niets om te tonen" in (await browser.get(f"{simulator.url}/")).text
        await client.push(msgspec.structs.replace(TOLD, name="<b>Reispas</b>"))
        await client.notify(TOLD)
        page = (await browser.get(f"{simulator.url}/")).text
    assert '<html lang="nl">' in page
    assert "Burger 85073003328" in page
    assert "Behandeling: InBehandeling" in page
    assert "Meldingen" in page
    assert "<b>" not in page
    assert "<script" not in page


def test_without_a_file_there_is_none() -> None:
    assert burgerprofiel(Settings()) is None


@pytest.mark.parametrize(
    "changes",
    [{"link": "https://x.example/"}, {"product": "abc"}, {"keyFile": "/nowhere"}, {"unknown": 1}, {"source": "stad"}],
)
def test_a_file_that_cannot_work_is_refused(
    simulator: BurgerprofielSimulator, tmp_path: Path, changes: dict[str, object]
) -> None:
    file = tmp_path / "burgerprofiel.json"
    file.write_bytes(msgspec.json.encode(simulator.coupling(**changes)))
    with pytest.raises(SettingsInvalid, match="ONTHAAL_BURGERPROFIEL_FILE"):
        burgerprofiel(Settings(burgerprofiel_file=str(file)))


def test_production_calls_with_encryption_only(simulator: BurgerprofielSimulator) -> None:
    file = simulator.couple()
    assert burgerprofiel(Settings(burgerprofiel_file=str(file))) is not None
    with pytest.raises(SettingsInvalid, match="https"):
        burgerprofiel(Settings(mode="production", burgerprofiel_file=str(file)))
