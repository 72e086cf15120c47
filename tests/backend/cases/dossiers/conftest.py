"""A city that is coupled to the simulator of Mijn Burgerprofiel, and its worker, step by step."""

from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.app import Platform
from backend.cases.dossiers.rules import NOTIFY, PUSH, RESULT
from backend.kit.db import UnitOfWork
from backend.kit.outbox import Dispatcher, Effect
from backend.kit.reach import EVERYTHING
from backend.settings import Settings
from backend.worker import handlers, sweeps
from tests.conftest import Client, RolledBack
from tests.simulators.burgerprofiel import BurgerprofielSimulator

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
JAN, OTHER = "85073003328", "90061638302"
KEYS = count(1)
TOPICS = (PUSH, RESULT, NOTIFY)


def key() -> dict[str, str]:
    return {"Idempotency-Key": f"dossiers-{next(KEYS):08}"}


@pytest.fixture(scope="session")
def _simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BurgerprofielSimulator]:
    with BurgerprofielSimulator(tmp_path_factory.mktemp("burgerprofiel")) as made:
        yield made


@pytest.fixture
def simulator(_simulator: BurgerprofielSimulator) -> BurgerprofielSimulator:
    """Nothing goes wrong, nobody was told anything yet."""
    _simulator.clear()
    return _simulator


@pytest.fixture
def coupling_file(simulator: BurgerprofielSimulator) -> Path:
    return simulator.couple(seconds=1)


@pytest.fixture
def coupled(settings: Settings, coupling_file: Path) -> Settings:
    return msgspec.structs.replace(settings, burgerprofiel_file=str(coupling_file))


@pytest.fixture
async def platform(coupled: Settings, database: RolledBack) -> Platform:
    return Platform(coupled, database)


class Background:
    """What the worker does about dossiers."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.failed: list[tuple[str, str, bool]] = []
        self.handlers = dict(handlers(platform))

    def _report(self, effect: Effect, reason: str, dead: bool) -> None:
        self.failed.append((effect.topic, reason, dead))

    async def sweep(self) -> int:
        async with self._platform.database.transaction(EVERYTHING) as uow:
            found: int = await dict(sweeps(self._platform))["dossiers"](uow)  # type: ignore[assignment]
            return found

    async def due(self) -> list[Effect]:
        dispatcher = Dispatcher(self._platform.database, self.handlers, self._report)
        async with self._platform.database.transaction() as uow:  # its clock stands still since the test began
            await uow.execute(
                "UPDATE outbox SET available_at = now() - interval '1 s', leased_until = NULL WHERE done_at IS NULL"
            )
            await uow.execute(
                "UPDATE outbox SET available_at = now() + interval '1 h' WHERE NOT topic = ANY ($1::text[])", TOPICS
            )
        return await dispatcher.lease(50)

    async def step(self) -> int:
        """Run what is due once; gives how much was done."""
        dispatcher = Dispatcher(self._platform.database, self.handlers, self._report)
        return sum([await dispatcher.run(effect) for effect in await self.due()])

    async def work(self) -> None:
        """Run everything there is, also what comes of it."""
        while await self.step():
            pass


@pytest.fixture
def background(platform: Platform) -> Background:
    return Background(platform)


@pytest.fixture
def customer(agent: Client) -> Make:
    """A customer with a national number, who agreed unless told otherwise."""

    async def make(ssin: str | None = JAN, *, agreed: bool | None = True, **body: Any) -> Json:
        asked: Json = {"kind": "person", **body}
        if asked["kind"] == "person":
            asked["names"] = {"given": "Jan", "family": "Peeters"}
        if ssin:
            asked["identifiers"] = [{"type": "ssin", "value": ssin}]
        response = await agent.post("/customers", json=asked, headers=key())
        assert response.status_code == 201, response.text
        made: Json = response.json()
        if agreed is not None:
            await share(agent, made["id"], agreed=agreed)
        return made

    return make


@pytest.fixture
def ask(agent: Client) -> Make:
    """Register a question; gives it."""

    async def make(customer_id: str | None, **question: Any) -> Json:
        asked = {"subject": "Mijn buurman Karel heeft schulden", "text": "Geheim verhaal", **question}
        body: Json = {"channel": "phone", "questions": [asked]}
        if customer_id:
            body["customerId"] = customer_id
        response = await agent.post("/contacts", json=body, headers=key())
        assert response.status_code == 201, response.text
        made: Json = response.json()["questions"][0]
        return made

    return make


async def share(client: Client, customer_id: str, *, agreed: bool) -> None:
    response = await client.put(f"/customers/{customer_id}/statusSharing", json={"agreed": agreed})
    assert response.status_code == 200, response.text


async def verb(client: Client, question: Json, name: str, **body: Any) -> None:
    """Do something with a question as it is now."""
    now = (await client.get(f"/questions/{question['id']}")).headers["etag"]
    response = await client.post(f"/questions/{question['id']}/{name}", json=body or None, headers={"If-Match": now})
    assert response.status_code in {200, 204}, response.text


async def dossier(uow: UnitOfWork, question: Json) -> Json | None:
    row = await uow.fetchrow("SELECT * FROM dossier WHERE question_id::text = $1", question["id"])
    return dict(row) if row else None


async def waiting(uow: UnitOfWork) -> int:
    found: int = await uow.fetchval("SELECT count(*) FROM outbox WHERE topic = ANY ($1::text[])", list(TOPICS))
    return found
