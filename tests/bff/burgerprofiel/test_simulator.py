"""The pull side of the simulator: its tokens with our own introspection, and how strictly it reads a source."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from backend.kit.configuration import SettingsInvalid
from backend.kit.problems import ProblemError
from bff import settings as configuration
from bff.burgerprofiel.introspection import Introspection
from bff.settings import Settings, SourceApi
from tests.bff.test_settings import SAFE
from tests.simulators.burgerprofiel import BurgerprofielSimulator
from tests.simulators.burgerprofiel_source import HAL
from tests.simulators.server import Reply, Request, Simulator

pytestmark = pytest.mark.anyio

LOTTE = "85073003328"
QUESTION: dict[str, Any] = {
    "id": "v1",
    "language": "nl",
    "name": "Mag <b>dit</b>?",
    "reference": "4F7-K2M-9XF",
    "status": "Ontvangen",
    "department": "Onthaal",
    "createdAt": "2026-11-23T09:00:00Z",
    "changedAt": "2026-11-23T09:00:00Z",
    "more": "a field that nobody knows is ignored",
}


class City:
    """A source that gives what it is told to, to who shows a token it finds good.

    Args:
        questions: how many there are.
    """

    def __init__(self, questions: int = 12) -> None:
        self.questions = questions
        self.changes: dict[str, Any] = {}
        self.kind = HAL
        self.status = 200
        self.tokens: list[str] = []
        self.server = Simulator(self._answer, None)

    def _answer(self, request: Request) -> Reply:
        self.tokens.append(request.headers["authorization"].removeprefix("Bearer "))
        path, _, query = request.path.partition("?")
        here = f"{self.server.url}{path}"
        if "/forms" in path:
            body: dict[str, Any] = {
                "_links": {"self": {"href": here}},
                "_pageMetadata": {"offset": 0, "size": 10, "totalItems": 0},
                "_embedded": {"items": []},
            }
        elif path.endswith("/v1x"):
            body = {**QUESTION, "id": "v1", "links": [], "messages": [], "steps": []}
        else:
            body = self._page(path.split("/")[-2], here, int(query.rpartition("=")[2]))
        return Reply(
            status=self.status, body=msgspec.json.encode({**body, **self.changes}), headers={"Content-Type": self.kind}
        )

    def _page(self, name: str, here: str, page: int) -> dict[str, Any]:
        total = self.questions if name == "questions" else 0
        numbers = range(page * 10, min(total, page * 10 + 10))
        links = [{"rel": "self", "href": f"{here}/v1x"}]
        following = [{"rel": "next", "href": f"{here}?limit=10&page={page + 1}"}] if page * 10 + 10 < total else []
        items = [{**QUESTION, "id": f"v{number}", "links": links} for number in numbers]
        metadata = {"number": page + 1, "size": 10, "totalElements": total, "totalPages": -(-total // 10)}
        return {name: items, "pageMetadata": metadata, "links": following}


@pytest.fixture
def city() -> Iterator[City]:
    made = City()
    with made.server:
        yield made


@pytest.fixture
def simulator(city: City, tmp_path: Path) -> Iterator[BurgerprofielSimulator]:
    with BurgerprofielSimulator(tmp_path, source=city.server.url) as made:
        yield made


def shown(simulator: BurgerprofielSimulator, **chosen: str) -> str:
    answer = httpx.post(f"{simulator.url}/", data={"burger": LOTTE, **chosen})
    assert answer.status_code == 200
    assert "script" not in answer.headers["content-security-policy"]
    return answer.text


async def test_every_page_of_a_citizen_is_read_with_a_token_we_find_good(
    simulator: BurgerprofielSimulator, city: City
) -> None:
    page = shown(simulator)
    assert "Gegevens van Lotte Willems" in page
    assert page.count('name="vraag"') == 12, "both pages"
    assert "Mag &lt;b&gt;dit&lt;/b&gt;?" in page
    assert "Je hebt geen berichten." in page
    assert "Niemand bekeek je gegevens." in page
    assert not [one for one in ("<b>", "<script", " onclick") if one in page]
    introspection = Introspection(msgspec.convert(simulator.source(), SourceApi))
    await introspection.check(city.tokens[0])
    for token in ("verzonnen", simulator.pull.tokens.give(LOTTE, audience="een-ander")):
        with pytest.raises(ProblemError):
            await introspection.check(token)
    await introspection.close()


def test_nothing_is_asked_before_somebody_is_chosen(simulator: BurgerprofielSimulator, city: City) -> None:
    page = httpx.get(f"{simulator.url}/").text
    assert '<label for="burger">Welke burger ben je?</label>' in page
    assert "Gegevens van" not in page
    assert not city.tokens


def test_one_question_is_opened(simulator: BurgerprofielSimulator) -> None:
    assert "Berichten over deze vraag" in shown(simulator, vraag="v3")
    assert "Berichten over deze vraag" not in shown(simulator, vraag="van-een-ander")


def test_nobody_else_is_told_about_a_token(simulator: BurgerprofielSimulator) -> None:
    address, token = simulator.pull.tokens.introspection_url, simulator.pull.tokens.give(LOTTE)
    for proof in ({}, {"client_assertion_type": "x", "client_assertion": "x.y.z"}):
        answer = httpx.post(address, data={"token": token, **proof})
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_somebody_who_cannot_be_chosen_is_not_asked_for(simulator: BurgerprofielSimulator, city: City) -> None:
    assert "Gegevens van" not in shown(simulator, burger="90061638302")
    assert not city.tokens


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": 503}, "code 503"),
        ({"kind": "application/json"}, "geen application/hal+json"),
        (
            {"changes": {"pageMetadata": {"number": 0, "size": 10, "totalElements": 12, "totalPages": 2}}},
            "kloppen niet",
        ),
        ({"changes": {"questions": [{"id": "v1"}]}}, "niet de juiste vorm"),
        ({"changes": {"links": []}}, "kloppen niet"),
    ],
)
def test_a_source_that_breaks_the_rules_is_not_shown(
    simulator: BurgerprofielSimulator, city: City, changes: dict[str, Any], reason: str
) -> None:
    for name, value in changes.items():
        setattr(city, name, value)
    page = shown(simulator)
    assert "Ophalen bij de stad is niet gelukt" in page
    assert reason in page


def test_a_city_that_is_away_is_said(simulator: BurgerprofielSimulator, city: City) -> None:
    city.server.__exit__()
    assert "De stad antwoordt niet." in shown(simulator)


def test_production_refuses_the_simulator(simulator: BurgerprofielSimulator) -> None:
    file = str(simulator.couple_source())
    assert configuration.source(Settings(source_file=file)), "development takes it"
    address = "https://authenticatie.example/op/v1/introspect"
    for changes in ({}, {"introspectionUrl": address}):
        file = str(simulator.couple_source(**changes))
        with pytest.raises(SettingsInvalid, match="production mode refuses the simulator of Mijn Burgerprofiel"):
            configuration.check_production(msgspec.structs.replace(SAFE, source_file=file))
    file = str(simulator.couple_source(introspectionUrl=address, development=False))
    configuration.check_production(msgspec.structs.replace(SAFE, source_file=file))
