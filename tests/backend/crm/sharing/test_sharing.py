"""Consent: who said it, what holds for a file, and that a login never overrules a no."""

from uuid import UUID

import pytest

from backend.app import Platform
from backend.crm.sharing.service import agree, shares
from backend.kit.reach import EVERYTHING
from tests.backend.crm.conftest import Body, Create
from tests.conftest import Client

pytestmark = pytest.mark.anyio


async def made(create: Create, given: str) -> Body:
    view: Body = (await create({"kind": "person", "names": {"given": given, "family": "Peeters"}})).json()
    return view


async def put(agent: Client, customer: Body, *, agreed: bool) -> Body:
    response = await agent.put(f"/customers/{customer['id']}/statusSharing", json={"agreed": agreed})
    assert response.status_code == 200, response.text
    view: Body = response.json()
    return view


async def log_in(platform: Platform, customer: Body) -> None:
    async with platform.unit(None, "test", "trace") as work:
        await agree(work, UUID(customer["id"]))


async def test_nothing_is_shared_until_somebody_says_so(create: Create, agent: Client) -> None:
    jan = await made(create, "Jan")
    assert (await agent.get(f"/customers/{jan['id']}/statusSharing")).json() == {"agreed": False}
    view = await put(agent, jan, agreed=True)
    assert (view["agreed"], view["source"]) == (True, "staff")
    assert (await agent.get(f"/customers/{jan['id']}/statusSharing")).json() == view


async def test_a_login_agrees_for_who_said_nothing_yet(create: Create, agent: Client, platform: Platform) -> None:
    jan = await made(create, "Jan")
    await log_in(platform, jan)
    view = (await agent.get(f"/customers/{jan['id']}/statusSharing")).json()
    assert (view["agreed"], view["source"]) == (True, "login")


async def test_a_login_does_not_overrule_a_no(create: Create, agent: Client, platform: Platform) -> None:
    jan = await made(create, "Jan")
    await put(agent, jan, agreed=False)
    await log_in(platform, jan)
    assert (await agent.get(f"/customers/{jan['id']}/statusSharing")).json()["agreed"] is False


async def test_of_a_file_the_newest_decision_holds(create: Create, agent: Client, platform: Platform) -> None:
    jan, again = await made(create, "Jan"), await made(create, "J.")
    await put(agent, jan, agreed=True)
    await put(agent, again, agreed=False)
    ids = [UUID(jan["id"]), UUID(again["id"])]
    async with platform.database.begin(EVERYTHING) as uow:
        assert not await shares(uow, ids)
        assert await shares(uow, ids[:1])
        assert not await shares(uow, [])


async def test_nobody_is_404(agent: Client) -> None:
    nobody = "/customers/01900000-0000-7000-8000-000000000000/statusSharing"
    assert (await agent.get(nobody)).status_code == 404
    assert (await agent.put(nobody, json={"agreed": True})).status_code == 404
