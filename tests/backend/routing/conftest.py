"""Making rule sets over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from tests.conftest import Client
from tests.people import People

Json = dict[str, Any]
MakeRules = Callable[..., Awaitable[Json]]
"""Rules -> the draft with them, or with `active=True` the set in use."""


@pytest.fixture
def administrator(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["administrator"])


@pytest.fixture
def lead(anonymous: Client, people: People) -> Client:
    """The team lead of the contact centre."""
    return anonymous.as_user(people.tokens["lead"])


@pytest.fixture
def rule_set(administrator: Client) -> MakeRules:
    async def make(*rules: Json, active: bool = False) -> Json:
        key = {"Idempotency-Key": str(uuid7())}
        made = (await administrator.post("/routing/ruleSets", json={"empty": True}, headers=key)).json()
        path = f"/routing/ruleSets/{made['id']}"
        answer = await administrator.put(path, json={"rules": rules}, headers={"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text
        if active:
            tag = {"If-Match": answer.headers["etag"]}
            answer = await administrator.post(f"{path}/activate", json={"reason": "Proef"}, headers=tag)
            assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    return make


def a_rule(name: str, conditions: Json, **outcome: Any) -> Json:
    """A rule as it is sent."""
    says = {key: str(value) if isinstance(value, UUID) else value for key, value in outcome.items()}
    return {"name": name, "conditions": conditions, "outcome": says}
