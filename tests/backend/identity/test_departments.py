"""Departments: how colleagues reach them."""

import pytest

from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


async def test_the_phone_number_of_a_department_exists(anonymous: Client, people: People) -> None:
    administrator = anonymous.as_user(people.tokens["administrator"])
    path = f"/departments/{people.departments['burgerzaken']}"
    tag = {"If-Match": (await administrator.get(path)).headers["etag"]}
    refused = await administrator.patch(path, json={"phone": "09 399 99 1"}, headers=tag)
    assert (refused.status_code, refused.json()["issues"][0]["name"]) == (400, "phone")
    changed = await administrator.patch(path, json={"phone": "09 399 99 12"}, headers=tag)
    assert changed.json()["phone"] == "09 399 99 12"
    tag = {"If-Match": changed.headers["etag"]}
    assert "phone" not in (await administrator.patch(path, json={"phone": None}, headers=tag)).json()


async def test_how_colleagues_reach_a_department_is_for_colleagues(anonymous: Client, people: People) -> None:
    administrator = anonymous.as_user(people.tokens["administrator"])
    path = f"/departments/{people.departments['burgerzaken']}"
    tag = {"If-Match": (await administrator.get(path)).headers["etag"]}
    contacts = {"phone": "09 399 99 12", "email": "burgerzaken@zonderwater.example"}
    assert (await administrator.patch(path, json=contacts, headers=tag)).status_code == 200
    agent, integrator = (anonymous.as_user(people.tokens[name]) for name in ("agent", "integrator"))
    assert contacts.items() <= (await agent.get(path)).json().items()
    for seen in ((await integrator.get(path)).json(), *(await integrator.get("/departments")).json()["items"]):
        assert seen["name"]
        assert not contacts.keys() & seen.keys()
