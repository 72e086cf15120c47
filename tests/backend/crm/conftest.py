"""A person and two organisations as an agent types them, and what the auditor sees of them."""

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import httpx
import pytest

from tests.conftest import Client
from tests.people import People

Body = dict[str, Any]
Create = Callable[..., Awaitable[httpx.Response]]
Audit = Callable[[str], Awaitable[list[Body]]]


@pytest.fixture
def person() -> Body:
    return {
        "kind": "person",
        "names": {"given": "Jan", "family": "Van den Broeck", "alias": "Jef Bakker"},
        "language": "nl",
        "preferredChannel": "email",
        "birthDate": "1985-07-30",
        "identifiers": [{"type": "ssin", "value": "85.07.30-033.28"}],
        "addresses": [
            {"street": "Kerkstraat", "number": "12 A", "box": "3", "postcode": "9080", "municipality": "Lochristi"}
        ],
        "contactPoints": [
            {"type": "phone", "value": "0470 12 34 56", "preferred": True},
            {"type": "email", "value": "Jan.VDB@Voorbeeld.be"},
        ],
    }


@pytest.fixture
def association() -> Body:
    return {
        "kind": "association",
        "organisationName": "Fanfare De Eendracht vzw",
        "identifiers": [{"type": "vCode", "value": "v0001001"}, {"type": "enterpriseNumber", "value": "0442.528.054"}],
    }


@pytest.fixture
def create(agent: Client) -> Create:
    """POST /customers with a fresh key."""
    keys = count(1)

    async def post(body: Body) -> httpx.Response:
        return await agent.post("/customers", json=body, headers={"Idempotency-Key": f"customer-{next(keys):04}"})

    return post


@pytest.fixture
def audit(anonymous: Client, people: People) -> Audit:
    """The log about one subject, oldest first."""
    auditor = anonymous.as_user(people.tokens["auditor"])

    async def read(subject: str) -> list[Body]:
        found = (await auditor.get("/audit/entries", params={"subject": subject})).json()["items"]
        return [entry for entry in reversed(found) if entry["subjectKind"] == "customer"]

    return read
