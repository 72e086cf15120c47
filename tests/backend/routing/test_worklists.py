from typing import Any

import pytest

from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


async def register(agent: Client, number: int, **question: Any) -> dict[str, Any]:
    body = {"channel": "phone", "questions": [{"subject": f"Vraag {number}", **question}]}
    response = await agent.post("/contacts", json=body, headers={"Idempotency-Key": f"worklist-{number:04}"})
    made: dict[str, Any] = response.json()["questions"][0]
    return made


async def test_pages_follow_priority_and_deadline_without_gaps(agent: Client) -> None:
    made = [await register(agent, number) for number in range(4)]
    urgent = await register(agent, 9, priority="urgent")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(5):
        page = (await agent.get("/worklists/department", params={"limit": 2, **cursor})).json()
        seen += [item["id"] for item in page["items"]]
        if "next" not in page:
            break
        cursor = {"cursor": page["next"]}
    assert seen[0] == urgent["id"]
    assert seen[1:] == [one["id"] for one in made]


async def test_lists_show_what_they_say(agent: Client, people: People, anonymous: Client) -> None:
    mine = await register(agent, 20)
    free = await register(agent, 21)
    await agent.post(f"/questions/{mine['id']}/claim", headers={"If-Match": '"1"'})

    async def ids(name: str) -> list[str]:
        return [item["id"] for item in (await agent.get(f"/worklists/{name}")).json()["items"]]

    assert await ids("mine") == [mine["id"]]
    assert await ids("unassigned") == [free["id"]]
    assert set(await ids("department")) == {mine["id"], free["id"]}
    assert await ids("overdue") == []
    expert = anonymous.as_user(people.tokens["expert"])
    other = await expert.get("/worklists/department", params={"department": str(people.departments["onthaal"])})
    assert other.status_code == 403


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/worklists/department?limit=1&limit=2", "limit"),
        ("/worklists/department?order=deadline", "order"),
        ("/worklists/department?cursor=rubbish", "cursor"),
    ],
)
async def test_unknown_and_repeated_parameters_are_refused(agent: Client, path: str, name: str) -> None:
    response = await agent.get(path)
    assert response.status_code == 400
    assert response.json()["issues"][0]["name"] == name


async def test_a_department_works_by_its_own_hours(anonymous: Client, agent: Client, people: People) -> None:
    administrator = anonymous.as_user(people.tokens["administrator"])
    before = await register(agent, 30)
    week = [[["10:00", "11:00"]]] * 7
    body = {"weekly": week, "workingDays": {"question": 40}, "countryHolidays": False}
    levels = await administrator.put(
        f"/service-levels/{people.departments['onthaal']}", json=body, headers={"If-Match": '"0"'}
    )
    assert levels.status_code == 200, levels.text
    after = await register(agent, 31)
    assert after["deadline"] > before["deadline"]
    wrong = {"weekly": [[["11:00", "10:00"]]] * 7}
    path = f"/service-levels/{people.departments['onthaal']}"
    tag = {"If-Match": (await administrator.get(path)).headers["etag"]}
    refused = await administrator.put(path, json=wrong, headers=tag)
    assert refused.status_code == 400
    assert (await administrator.put(path, json=body, headers={"If-Match": '"0"'})).status_code == 412
    never = await administrator.put(path, json={"weekly": [[]] * 7}, headers=tag)
    assert never.status_code == 400, "a department that never opens leaves its questions without a deadline"
