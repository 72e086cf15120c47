"""The widget before the core in one process: on the rolled-back platform, or on a database of its own that commits."""

import base64
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import altcha
import httpx
import pytest

from backend.app import Platform
from backend.settings import Settings as CoreSettings
from bff.app import Mounted, create_channels
from bff.core.transport import InProcess
from bff.settings import Settings
from tests.backend.catalogue.conftest import Stream, run_city_fields, run_import, snapshot
from tests.backend.contacts.intake.office import FORM, Counter, opened
from tests.bff.conftest import PUBLIC
from tests.description import DescriptionCheck
from tests.people import People
from tests.samples import PERSON

SITE = "https://www.stad.example"
QUESTIONS = [
    {"key": "vertrek", "label": "Wanneer vertrek je?", "kind": "date", "required": True},
    {"key": "wie", "label": "Voor wie?", "kind": "choice", "options": ["Volwassene", "Kind"]},
]
ANSWERS = [{"question": "Wanneer vertrek je?", "answer": "2026-07-01"}, {"question": "Voor wie?", "answer": "Kind"}]


@pytest.fixture
def channel_settings(platform: Platform) -> Settings:
    return Settings(keys=str(Path(platform.settings.data) / "keys"), public_url=PUBLIC, origins=(SITE,))


def browser(mounted: Mounted, **headers: str) -> httpx.AsyncClient:
    """A browser in a network of its own."""
    address = f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.1"
    app: Any = mounted
    transport = httpx.ASGITransport(app=app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers={"X-CSRF": "1", **headers})


@pytest.fixture
async def http(mounted: Mounted) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(mounted) as client:
        yield client


async def stock(platform: Platform, folder: Path) -> None:
    """Two products; the first with everything the city can say about it."""
    named = [snapshot(1, "Reispas"), snapshot(2, "Reisadvies")]
    await run_import(platform, Stream(_empty(folder)).write(named))
    await run_city_fields(
        platform,
        [
            {
                "externalId": "urn:product:1",
                "department": "burgerzaken",
                "firstLineInformation": "Een reispas vraag je aan in het stadskantoor.",
                "internalInstructions": "Bied de spoedpas aan.",
                "transactionUrl": "https://loket.stad.example/pas?naam={name}&mail={email}",
                "contactFormQuestions": QUESTIONS,
            }
        ],
    )


def _empty(folder: Path) -> Path:
    made = folder / "stream"
    made.mkdir()
    return made


async def product_id(http: httpx.AsyncClient, name: str = "Reispas") -> str:
    found = (await http.get("/widget/products", params={"q": name})).json()["items"]
    return str(next(one["id"] for one in found if one["title"] == name))


@pytest.fixture
async def passport(platform: Platform, people: object, http: httpx.AsyncClient, tmp_path: Path) -> str:
    """The id of a product about which the city says everything."""
    assert people
    await stock(platform, tmp_path)
    return await product_id(http)


async def asked(http: httpx.AsyncClient, people: People, **customer: Any) -> dict[str, Any]:
    """A question of a customer that the contact centre registered."""
    question = {"subject": "Reispas voor mijn zoon", "text": "Hoe lang duurt het?"}
    body = {"channel": "phone", "customer": {**PERSON, **customer}, "questions": [question]}
    headers = {"Authorization": f"Bearer {people.tokens['agent']}", "Idempotency-Key": uuid4().hex}
    answer = await http.post("/contacts", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    contact: dict[str, Any] = answer.json()
    return contact


class Shop:
    """The website on a database that really commits."""

    def __init__(self, counter: Counter, mounted: Mounted) -> None:
        self.counter = counter
        self.mounted = mounted


async def proof(http: httpx.AsyncClient) -> dict[str, str]:
    """What a browser calculates before it sends the form."""
    response = await http.post("/widget/challenges", json={})
    assert response.status_code == 200, response.text
    challenge = altcha.Challenge.from_dict(response.json()["challenge"])
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    payload = {"challenge": challenge.to_dict(), "solution": solution.to_dict()}
    return {"kind": "proofOfWork", "value": base64.b64encode(json.dumps(payload).encode()).decode()}


async def send(http: httpx.AsyncClient, *, key: str = "", **form: Any) -> httpx.Response:
    """A form, with a good proof unless there is one among the fields."""
    body = {**FORM, **({} if "proof" in form else {"proof": await proof(http)}), **form}
    body = {name: value for name, value in body.items() if value is not None}
    return await http.post("/widget/forms", json=body, headers={"Idempotency-Key": key or uuid4().hex})


@pytest.fixture
async def shop(
    settings: CoreSettings, own_database: str, tmp_path: Path, description: DescriptionCheck
) -> AsyncIterator[Shop]:
    channels = Settings(
        keys=str(Path(settings.data) / "keys"), public_url=PUBLIC, origins=(SITE,), channels=("widget",)
    )
    async with opened(settings, own_database, tmp_path / "mail", description) as counter:
        mounted = Mounted(create_channels(channels, lambda: InProcess(counter._client._app, 5)))
        await stock(counter.platform, tmp_path)
        async with mounted.running():
            yield Shop(counter, mounted)
