"""The same person registered twice, and what people see and decide of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from typing import Any

import httpx
import msgspec
import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform, development_issuer
from backend.kit.db import UnitOfWork
from backend.settings import Settings
from tests.conftest import Client
from tests.people import People, add_people

Body = dict[str, Any]
Register = Callable[..., Awaitable[str]]


def person(
    given: str, family: str, *, phone: str = "", email: str = "", born: str = "", place: Body | None = None
) -> Body:
    points = [{"type": "phone", "value": phone}] if phone else []
    points += [{"type": "email", "value": email}] if email else []
    body: Body = {"kind": "person", "names": {"given": given, "family": family}, "contactPoints": points}
    if born:
        body["birthDate"] = born
    if place:
        body["addresses"] = [place]
    return body


KERKSTRAAT: Body = {"street": "Kerkstraat", "number": "12", "postcode": "9080", "municipality": "Lochristi"}
KERKSTR: Body = KERKSTRAAT | {"street": "Kerkstr."}
JAN = person("Jan", "Van den Broeck", phone="0470 12 34 56", born="1985-07-30", place=KERKSTRAAT)
JAN_AGAIN = person("Jan", "Vandenbroek", phone="0470/12.34.56", place=KERKSTR)
JAN_BY_MAIL = JAN_AGAIN | {
    "contactPoints": [*JAN_AGAIN["contactPoints"], {"type": "email", "value": "jan@voorbeeld.be"}]
}
"""Much alike, so that none of the three pairs leaves no chance to the others."""
SOMEBODY = person("Fatima", "El Amrani", phone="0486 99 88 77", born="1999-01-02")


@pytest.fixture
def register(agent: Client) -> Register:
    """POST /customers; gives the id."""
    keys = count(1)

    async def post(body: Body) -> str:
        response = await agent.post("/customers", json=body, headers={"Idempotency-Key": f"suggested-{next(keys):04}"})
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    return post


@pytest.fixture
def lead(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["lead"])


async def suggested(client: Client, customer: str, **params: str) -> list[Body]:
    """GET /customers/{id}/suggestions."""
    response = await client.get(f"/customers/{customer}/suggestions", params=params)
    assert response.status_code == 200, response.text
    found: list[Body] = response.json()["items"]
    return found


async def decide(client: Client, suggestion: Body, decision: str, **more: Any) -> httpx.Response:
    return await client.post(
        f"/suggestions/{suggestion['id']}/decision",
        json={"decision": decision, **more},
        headers={"If-Match": f'"{suggestion["version"]}"'},
    )


def others(suggestions: list[Body], customer: str) -> list[str]:
    """The other customer of each."""
    return [one["id"] for suggestion in suggestions for one in suggestion["customers"] if one["id"] != customer]


async def change(client: Client, customer: str, **fields: Any) -> None:
    version = (await client.get(f"/customers/{customer}")).headers["etag"]
    response = await client.patch(f"/customers/{customer}", json=fields, headers={"If-Match": version})
    assert response.status_code == 200, response.text


@pytest.fixture
async def working(settings: Settings, own_database: str) -> AsyncIterator[Platform]:
    """A platform that really commits, as API and worker have."""
    platform = Platform(msgspec.structs.replace(settings, database_url=own_database))
    yield platform
    await platform.database.close()


@pytest.fixture
async def staff(working: Platform) -> People:
    async with working.database.transaction() as uow:
        return await add_people(uow, development_issuer(working.settings))


async def pairs(uow: UnitOfWork) -> list[tuple[str, str, str]]:
    rows = await uow.fetch("SELECT first_id, second_id, state FROM match_suggestion ORDER BY first_id, second_id")
    return [(str(row["first_id"]), str(row["second_id"]), row["state"]) for row in rows]


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid7())}
