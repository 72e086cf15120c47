"""A register that is away, slow or not coupled: told in time, recorded, and nothing else waits for it."""

import asyncio
from collections.abc import AsyncIterator
from itertools import islice
from typing import Any

import msgspec
import pytest

from backend.app import Platform, create_litestar, development_issuer
from backend.kit.boundary import Boundary
from backend.kit.metrics import observe
from backend.settings import Settings
from tests.backend.crm.conftest import Body, Create
from tests.backend.crm.registers.conftest import HURRY, Enrich
from tests.conftest import Client
from tests.description import DescriptionCheck
from tests.people import add_people
from tests.samples import PERSON
from tests.simulators.magda import RETRY_AFTER, Fault, Magda

pytestmark = pytest.mark.anyio

SSIN = {"type": "ssin", "value": "85073003328"}


def away(response: Any) -> str:
    assert (response.status_code, response.json()["type"]) == (503, "urn:problem-type:onthaal:registerAway")
    return str(response.headers["retry-after"])


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("noFile", 404, "registerUnknown"),
        ("unauthorised", 502, "registerRefused"),
        ("rubbish", 502, "registerUnreadable"),
        ("bomb", 502, "registerUnreadable"),
        ("half", 503, "registerAway"),
        ("tooManyRequests", 503, "registerAway"),
    ],
)
async def test_every_failure_is_a_clear_problem_and_a_recorded_look_up(
    agent: Client, jan: Body, enrich: Enrich, magda: Magda, fault: Fault, status: int, kind: str
) -> None:
    magda.fault = fault
    response = await enrich(jan["id"])
    assert (response.status_code, response.json()["type"]) == (status, f"urn:problem-type:onthaal:{kind}")
    assert response.headers.get("retry-after") == {"tooManyRequests": str(RETRY_AFTER), "half": "5"}.get(fault)
    (listed,) = (await agent.get(f"/customers/{jan['id']}/enrichment")).json()["items"]
    assert listed["outcome"] == {404: "unknown", 503: "away"}.get(status, listed["outcome"])
    assert listed["outcome"] not in {"asked", "found"}
    assert any(listed["reference"].encode() in one.body for one in magda.server.requests)


@pytest.mark.parametrize("seconds", [HURRY])
async def test_a_slow_register_is_told_in_time_and_registration_goes_on(
    agent: Client, create: Create, jan: Body, enrich: Enrich, magda: Magda
) -> None:
    magda.fault, magda.faulty = "slow", frozenset({"RegistreerInschrijving"})
    async with asyncio.timeout(10):
        assert away(await enrich(jan["id"])) == "5"
    asked = len(magda.server.requests)
    body = {"kind": "person", "names": {"given": "An"}, "identifiers": [{"type": "ssin", "value": "90061638302"}]}
    assert (await create(body)).status_code == 201
    contact = {"channel": "phone", "customer": PERSON, "questions": [{"subject": "Reispas"}]}
    registered = await agent.post("/contacts", json=contact, headers={"Idempotency-Key": "away-0001"})
    assert registered.status_code == 201, registered.text
    assert len(magda.server.requests) == asked, "registration asks no register"


async def test_after_three_failures_it_is_told_at_once(jan: Body, enrich: Enrich, magda: Magda) -> None:
    magda.fault = "html"
    for _ in range(3):
        away(await enrich(jan["id"]))
    asked = len(magda.server.requests)
    assert 1 <= int(away(await enrich(jan["id"]))) <= 2
    assert len(magda.server.requests) == asked


@pytest.fixture
async def city(
    wired: Settings, own_database: str, description: DescriptionCheck
) -> AsyncIterator[tuple[Platform, Client]]:
    """An installation of its own with several connections, and its agent."""
    platform = Platform(msgspec.structs.replace(wired, database_url=own_database))
    async with platform.database.transaction() as unit:
        people = await add_people(unit, development_issuer(platform.settings))
    litestar = create_litestar(platform)
    async with litestar.lifespan(), Client(Boundary(litestar, observe=observe), description) as client:
        yield platform, client.as_user(people.tokens["agent"])


@pytest.mark.parametrize("seconds", [2.0])
async def test_no_connection_waits_for_a_register_and_few_people_do(
    city: tuple[Platform, Client], magda: Magda
) -> None:
    platform, agent = city
    body = {"kind": "person", "names": {"given": "Jan"}, "identifiers": [SSIN]}
    made = await agent.post("/customers", json=body, headers={"Idempotency-Key": "pool-0001"})
    address = f"/customers/{made.json()['id']}/enrichment"
    magda.fault, magda.faulty = "slow", frozenset({"RegistreerInschrijving"})
    pool: Any = platform.database.engine.pool
    idle = pool.checkedout()
    waiting = [asyncio.create_task(agent.post(address, json={"purpose": "registerLookup"})) for _ in range(12)]
    for told in islice(asyncio.as_completed(waiting), 8):
        await told
    assert pool.checkedout() == idle, "a look-up holds no connection while it waits"
    assert (await agent.get(f"/customers/{made.json()['id']}")).status_code == 200
    answers = await asyncio.gather(*waiting)
    assert sorted(away(one) for one in answers) == ["2"] * 8 + ["5"] * 4, "the others are told at once"
    assert len(magda.server.requests) == 4


class TestNotCoupled:
    """An installation without registers."""

    @pytest.fixture
    def wired(self, settings: Settings) -> Settings:
        return settings

    async def test_a_register_that_is_not_coupled_is_told(self, jan: Body, enrich: Enrich, magda: Magda) -> None:
        refused = await enrich(jan["id"])
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem-type:onthaal:registerNotConfigured")
        assert magda.server.requests == []
