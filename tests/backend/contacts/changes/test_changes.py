"""With real commits and two processes: who waits hears of it, wherever it was changed, and reads nothing meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from backend.app import Platform, create_litestar, development_issuer
from backend.kit.boundary import Boundary
from backend.kit.metrics import observe
from backend.settings import Settings
from tests.conftest import Client
from tests.description import DescriptionCheck
from tests.people import People, add_people
from tests.samples import PERSON

pytestmark = pytest.mark.anyio


class Two(msgspec.Struct):
    """Two processes of the core on one database."""

    here: Client
    there: Client
    people: People


@asynccontextmanager
async def process(settings: Settings, description: DescriptionCheck) -> AsyncIterator[Client]:
    platform, listening = Platform(settings), asyncio.Event()
    platform.feed.watch(lambda _topic: listening.set())  # everything is told as soon as it listens
    litestar = create_litestar(platform)
    async with litestar.lifespan(), Client(Boundary(litestar, observe=observe), description) as client:
        async with asyncio.timeout(5):
            await listening.wait()
        yield client


@pytest.fixture
async def two(settings: Settings, own_database: str, description: DescriptionCheck) -> AsyncIterator[Two]:
    real = msgspec.structs.replace(settings, database_url=own_database)
    platform = Platform(real)
    async with platform.database.begin() as uow:
        people = await add_people(uow, development_issuer(real))
        await uow.commit()
    await platform.database.close()
    async with process(real, description) as here, process(real, description) as there:
        yield Two(here, there, people)


async def register(client: Client, people: People) -> str:
    department = str(people.departments["burgerzaken"])
    asked = {"subject": "Reispas", "text": "Hoe lang?", "departmentId": department}
    body = {"channel": "phone", "customer": PERSON, "questions": [asked]}
    made = await client.post("/contacts", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert made.status_code == 201, made.text
    return str(made.json()["questions"][0]["id"])


async def look(client: Client, since: str | None = None, wait: int = 0) -> dict[str, Any]:
    params: dict[str, str | int] = {"wait": wait, **({"since": since} if since else {})}
    response = await client.get("/me/changes", params=params)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_a_colleague_in_another_process_hears_of_a_claim_within_a_second(two: Two) -> None:
    expert, other = (two.here.as_user(two.people.tokens["expert"]), two.there.as_user(two.people.tokens["expert"]))
    question = await register(two.here.as_user(two.people.tokens["agent"]), two.people)
    await asyncio.sleep(0.5)  # until that is told
    since = (await look(other))["cursor"]
    waiting = asyncio.create_task(look(other, since, wait=5))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    claimed = await expert.post(f"/questions/{question}/claim", headers={"If-Match": '"1"'})
    assert claimed.status_code == 200, claimed.text
    heard = await waiting
    assert heard["changed"] == ["worklists"]
    assert time.monotonic() - began < 1
    assert (await look(other, heard["cursor"]))["changed"] == []


async def test_what_changes_between_two_calls_is_told_at_the_next(two: Two) -> None:
    expert, agent = (two.here.as_user(two.people.tokens[who]) for who in ("expert", "agent"))
    since = (await look(expert))["cursor"]
    await register(agent, two.people)
    await asyncio.sleep(0.5)
    began = time.monotonic()
    assert "worklists" in (await look(expert, since, wait=5))["changed"]
    assert time.monotonic() - began < 0.5


async def test_another_process_goes_on_from_the_cursor(two: Two) -> None:
    here, there = (client.as_user(two.people.tokens["expert"]) for client in (two.here, two.there))
    since = (await look(here))["cursor"]
    await register(two.here.as_user(two.people.tokens["agent"]), two.people)
    await asyncio.sleep(0.5)
    assert "worklists" in (await look(there, since))["changed"]


async def test_other_departments_hear_nothing_and_waiting_ends(two: Two) -> None:
    agent = two.here.as_user(two.people.tokens["agent"])
    since = (await look(agent))["cursor"]
    waiting = asyncio.create_task(look(agent, since, wait=1))
    await register(two.here.as_user(two.people.tokens["lead"]), two.people)
    began = time.monotonic()
    assert (await waiting)["changed"] == []
    assert time.monotonic() - began > 0.5


@pytest.mark.parametrize("since", ["x", "00000000.1", "zzzzzzzz.1.1", "00000000.1.1.1"])
async def test_what_is_no_cursor_is_refused(two: Two, since: str) -> None:
    response = await two.here.as_user(two.people.tokens["agent"]).get("/me/changes", params={"since": since})
    assert (response.status_code, response.json()["issues"][0]["name"]) == (400, "since")
