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
