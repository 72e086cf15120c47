"""Saved views: of one person, or shared by a team lead with the department."""

from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

COMPLAINTS = {
    "name": "Dringende klachten",
    "worklist": "department",
    "filters": {"kind": "complaint", "priority": "urgent"},
    "sort": "deadline",
}


async def create(client: Client, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = await client.post("/savedViews", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert answer.status_code == status, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def names(client: Client) -> list[str]:
    return [one["name"] for one in (await client.get("/savedViews")).json()["items"]]


async def test_a_view_of_ones_own_is_kept_changed_and_dropped(anonymous: Client, agent: Client, people: People) -> None:
    made = await create(agent, COMPLAINTS)
    path = f"/savedViews/{made['id']}"
    assert {name: made[name] for name in COMPLAINTS} == COMPLAINTS
    got = await agent.get(path)
    assert (got.json(), got.headers["etag"]) == (made, '"1"')
    patch = {"name": "Klachten", "filters": {"kind": "complaint"}, "sort": None}
    changed = await agent.patch(path, json=patch, headers={"If-Match": '"1"'})
    expected = {**made, "name": "Klachten", "filters": {"kind": "complaint"}, "version": 2}
    del expected["sort"]
    assert changed.json() == expected
    assert (await agent.patch(path, json=patch, headers={"If-Match": '"1"'})).status_code == 412
    other = anonymous.as_user(people.tokens["agent2"])
    assert (await other.get(path)).status_code == 404
    assert (await other.delete(path, headers={"If-Match": '"2"'})).status_code == 404
    assert await names(other) == []
    assert (await agent.delete(path, headers={"If-Match": '"2"'})).status_code == 204
    assert await names(agent) == []


async def test_team_leads_share_with_their_department(anonymous: Client, agent: Client, people: People) -> None:
    centre = str(people.departments["onthaal"])
    await create(agent, {**COMPLAINTS, "departmentId": centre}, status=403)
    lead = anonymous.as_user(people.tokens["lead"])
    await create(lead, {**COMPLAINTS, "departmentId": str(people.departments["burgerzaken"])}, status=403)
    made = await create(lead, {**COMPLAINTS, "departmentId": centre})
    assert await names(agent) == ["Dringende klachten"]
    assert await names(anonymous.as_user(people.tokens["expert"])) == []
    path = f"/savedViews/{made['id']}"
    assert (await agent.patch(path, json={"name": "X"}, headers={"If-Match": '"1"'})).status_code == 403
    assert (await agent.delete(path, headers={"If-Match": '"1"'})).status_code == 403
    assert (await lead.delete(path, headers={"If-Match": '"1"'})).status_code == 204


async def test_a_name_is_used_once_by_whom_it_is(agent: Client, anonymous: Client, people: People) -> None:
    await create(agent, COMPLAINTS)
    again = {**COMPLAINTS, "worklist": "overdue"}
    assert (await create(agent, again, status=409))["type"].endswith("nameInUse")
    await create(anonymous.as_user(people.tokens["agent2"]), again)


@pytest.mark.parametrize(
    "wrong",
    [
        {"worklist": "everything"},
        {"sort": "planned"},
        {"filters": {"state": "closed"}},
        {"filters": {"text": "Jansens"}},
    ],
)
async def test_a_view_is_something_that_can_be_asked(agent: Client, wrong: dict[str, Any]) -> None:
    await create(agent, {**COMPLAINTS, **wrong}, status=400)


async def test_views_come_page_by_page(agent: Client) -> None:
    for number in range(5):
        await create(agent, {**COMPLAINTS, "name": f"Lijst {number}"})
    first = (await agent.get("/savedViews", params={"limit": 3})).json()
    rest = (await agent.get("/savedViews", params={"limit": 3, "cursor": first["next"]})).json()
    assert [one["name"] for one in first["items"] + rest["items"]] == [f"Lijst {number}" for number in range(5)]
    assert "next" not in rest
