from typing import Any

import asyncpg
import pytest

from backend.kit.db import UnitOfWork
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


async def test_every_step_about_a_customer_is_there(
    agent: Client, anonymous: Client, people: People, registered: dict[str, Any]
) -> None:
    customer, question = registered["customerId"], registered["questions"][0]["id"]
    await agent.get(f"/questions/{question}")
    await agent.get(f"/customers/{customer}/file")
    auditor = anonymous.as_user(people.tokens["auditor"])
    page = (await auditor.get("/audit/entries", params={"subject": customer})).json()
    actions = [entry["action"] for entry in page["items"]]
    assert actions == ["getCustomerFile", "getQuestion", "registerContact"]
    assert page["items"][0]["actor"] == str(people.users["agent"])
    assert page["items"][0]["roles"] == ["agent"]
    assert page["items"][0]["purpose"] == "questionHandling"


async def test_looking_at_the_log_is_logged(anonymous: Client, people: People) -> None:
    auditor = anonymous.as_user(people.tokens["auditor"])
    await auditor.get("/audit/entries")
    page = (await auditor.get("/audit/entries", params={"action": "listAuditEntries"})).json()
    assert page["items"][0]["purpose"] == "supervision"


async def test_a_refusal_is_logged(agent: Client, anonymous: Client, people: People) -> None:
    assert (await agent.get("/audit/entries")).status_code == 403
    auditor = anonymous.as_user(people.tokens["auditor"])
    page = (await auditor.get("/audit/entries", params={"actor": str(people.users["agent"])})).json()
    assert (page["items"][0]["action"], page["items"][0]["outcome"]) == ("listAuditEntries", "denied")


async def test_a_refusal_of_one_thing_is_logged_with_that_thing(
    anonymous: Client, people: People, registered: dict[str, Any]
) -> None:
    question = registered["questions"][0]["id"]
    mobility = anonymous.as_user(people.tokens["mobility"])
    refused = await mobility.post(f"/questions/{question}/claim", headers={"If-Match": '"1"'})
    assert refused.status_code == 403
    auditor = anonymous.as_user(people.tokens["auditor"])
    page = (await auditor.get("/audit/entries", params={"subject": question})).json()
    assert (page["items"][0]["action"], page["items"][0]["outcome"]) == ("claimQuestion", "denied")
    assert page["items"][0]["actor"] == str(people.users["mobility"])


async def test_pages_go_back_in_time(anonymous: Client, people: People) -> None:
    auditor = anonymous.as_user(people.tokens["auditor"])
    for _ in range(3):
        await auditor.get("/audit/entries")
    first = (await auditor.get("/audit/entries", params={"limit": 1})).json()
    second = (await auditor.get("/audit/entries", params={"limit": 1, "cursor": first["next"]})).json()
    assert second["items"][0]["id"] < first["items"][0]["id"]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET actor = NULL", "DELETE FROM audit_entry", "SELECT count(*) FROM audit_entry"]
)
async def test_the_application_can_only_add(uow: UnitOfWork, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await uow.execute(statement)
