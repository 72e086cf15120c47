"""A customer to whom things happen, by several people."""

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest

from tests.conftest import Client
from tests.people import People

Json = dict[str, Any]
Register = Callable[..., Awaitable[Json]]
KEYS = count(1)


def key() -> dict[str, str]:
    return {"Idempotency-Key": f"cases-{next(KEYS):08}"}


@pytest.fixture
def register(agent: Client, people: People) -> Register:
    """Register a contact with one question: department by code, anything else of the contact by name."""

    async def post(subject: str, *, department: str = "", **contact: Any) -> Json:
        question: Json = {"subject": subject, "text": f"Tekst van {subject}"}
        if department:
            question["departmentId"] = str(people.departments[department])
        body = {"channel": "phone", "questions": [question], **contact}
        response = await agent.post("/contacts", json=body, headers=key())
        assert response.status_code == 201, response.text
        made: Json = response.json()
        return made

    return post


@pytest.fixture
def create(agent: Client) -> Register:
    """Create a customer; gives its profile."""

    async def post(**body: Any) -> Json:
        response = await agent.post("/customers", json={"kind": "person", **body}, headers=key())
        assert response.status_code == 201, response.text
        made: Json = response.json()
        return made

    return post
