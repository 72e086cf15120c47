"""Who acts for whom: recorded, seen from both sides, ended, through merges, logged for both."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from backend.app import Platform
from backend.crm.customers.schemas import CustomerCreate, NamesInput
from backend.crm.customers.service import CustomerService
from backend.crm.representation.schemas import RepresentationCreate
from backend.crm.representation.service import RepresentationService
from backend.kit.access import PLATFORM
from backend.kit.db import Database, UnitOfWork
from backend.kit.problems import ProblemError
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.backend.crm.conftest import Audit, Body, Create
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

Made = Callable[..., Awaitable[Any]]
KEYS = count(1)


def key() -> dict[str, str]:
    return {"Idempotency-Key": f"representation-{next(KEYS):06}"}


@pytest.fixture
async def an(create: Create) -> str:
    body = {
        "kind": "person",
        "names": {"given": "An", "family": "Peeters"},
        "contactPoints": [{"type": "phone", "value": "0470 12 34 56", "preferred": True}],
    }
    return str((await create(body)).json()["id"])


@pytest.fixture
async def band(create: Create, association: Body) -> str:
    return str((await create(association)).json()["id"])


async def represent(client: Client, customer: str, **body: Any) -> Any:
    return await client.post(f"/customers/{customer}/representations", json=body, headers=key())


def kind(response: Any) -> str:
    return str(response.json()["type"]).rpartition(":")[2]


async def test_both_sides_see_it_with_how_to_reach_the_other(agent: Client, an: str, band: str) -> None:
    made = await represent(agent, band, representativeId=an, role="contactPerson", note="Voorzitter sinds 2020")
    assert made.status_code == 201, made.text
    view = made.json()
    assert view["direction"] == "representedBy"
    assert view["other"] == {
        "id": an,
        "kind": "person",
        "displayName": "An Peeters",
        "status": "active",
        "contactPoints": [{"type": "phone", "value": "+32470123456", "preferred": True}],
    }
    assert (view["role"], view["source"], view["active"]) == ("contactPerson", "agent", True)
    (of_band,) = (await agent.get(f"/customers/{band}/representations")).json()["items"]
    assert of_band == view
    (of_an,) = (await agent.get(f"/customers/{an}/representations")).json()["items"]
    assert (of_an["id"], of_an["direction"], of_an["other"]["id"]) == (view["id"], "represents", band)
    for direction, number in (("represents", 1), ("representedBy", 0)):
        page = await agent.get(f"/customers/{an}/representations", params={"direction": direction})
        assert len(page.json()["items"]) == number


async def test_it_ends_with_a_reason_once_and_is_never_gone(agent: Client, an: str, band: str, uow: UnitOfWork) -> None:
    view = (await represent(agent, an, representedId=band, role="employee")).json()
    path = f"/customers/{band}/representations"
    ended = await agent.post(f"{path}/{view['id']}/end", json={"reason": "Werkt er niet meer"})
    assert ended.status_code == 200
    assert (ended.json()["endReason"], ended.json()["active"]) == ("Werkt er niet meer", False)
    assert kind(await agent.post(f"{path}/{view['id']}/end", json={"reason": "Nog eens"})) == "representationEnded"
    assert (await agent.get(path)).json()["items"] == []
    assert [one["id"] for one in (await agent.get(path, params={"ended": "true"})).json()["items"]] == [view["id"]]
    again = await represent(agent, an, representedId=band, role="employee")
    assert again.status_code == 201
    assert await uow.fetchval("SELECT count(*) FROM representation") == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "contactPerson"}, "representedId"),
        ({"role": "contactPerson", "representedId": "{band}", "representativeId": "{band}"}, "representedId"),
        ({"role": "family", "representedId": "{an}"}, "representedId"),
        ({"role": "employee", "representedId": "01990000-0000-7000-8000-000000000000"}, "representedId"),
        ({"role": "employee", "representativeId": "01990000-0000-7000-8000-000000000000"}, "representativeId"),
        ({"role": "guardian", "representativeId": "{band}"}, "role"),
        ({"role": "guardian", "representedId": "{band}"}, "role"),
        ({"role": "contactPerson", "representativeId": "{band}"}, "role"),
        ({"role": "president", "representedId": "{band}"}, "role"),
        (
            {"role": "employee", "representedId": "{band}", "validFrom": "2026-02-01", "validTo": "2026-01-01"},
            "validTo",
        ),
    ],
)
async def test_what_cannot_be_says_where(agent: Client, an: str, band: str, body: Body, field: str) -> None:
    sent = {name: value.format(an=an, band=band) for name, value in body.items()}
    response = await represent(agent, an, **sent)
    assert response.status_code == 400, response.text
    assert response.json()["issues"][0]["name"] == field


async def test_a_company_may_keep_the_books_but_is_nobodys_guardian(agent: Client, create: Create, an: str) -> None:
    office = (await create({"kind": "enterprise", "organisationName": "Boekhouding BV"})).json()["id"]
    assert (await represent(agent, office, representedId=an, role="accountant")).status_code == 201
    assert (await represent(agent, office, representedId=an, role="mandate")).status_code == 201
    assert (await represent(agent, office, representedId=an, role="guardian")).status_code == 400


async def test_the_same_twice_is_refused_another_role_is_not(agent: Client, an: str, band: str) -> None:
    assert (await represent(agent, an, representedId=band, role="employee")).status_code == 201
    twice = await represent(agent, band, representativeId=an, role="employee")
    assert (twice.status_code, kind(twice)) == (409, "representationExists")
    assert (await represent(agent, an, representedId=band, role="boardMember")).status_code == 201


async def test_the_same_key_records_it_once(agent: Client, an: str, band: str) -> None:
    path, headers = f"/customers/{an}/representations", key()
    body = {"representedId": band, "role": "employee"}
    first = await agent.post(path, json=body, headers=headers)
    assert (await agent.post(path, json=body, headers=headers)).json() == first.json()
    other = await agent.post(f"/customers/{band}/representations", json=body, headers=headers)
    assert other.status_code == 422, "the same key for another customer is another call"


async def test_it_holds_in_its_period_only(agent: Client, an: str, band: str) -> None:
    later = await represent(agent, an, representedId=band, role="mandate", validFrom="2999-01-01")
    assert later.json()["active"] is False
    over = await represent(agent, an, representedId=band, role="employee", validTo="2020-01-01")
    assert over.json()["active"] is False
    now = await represent(agent, an, representedId=band, role="volunteer", validFrom="2020-01-01", validTo="2999-01-01")
    assert now.json()["active"] is True


async def test_pages_go_from_the_latest_to_the_first(agent: Client, create: Create, band: str) -> None:
    made = []
    for number in range(5):
        one = (await create({"kind": "person", "names": {"given": f"Lid {number}"}})).json()["id"]
        made.append((await represent(agent, one, representedId=band, role="volunteer")).json()["id"])
    path, seen = f"/customers/{band}/representations", []
    page = (await agent.get(path, params={"limit": 2})).json()
    while True:
        seen += [one["id"] for one in page["items"]]
        if "next" not in page:
            break
        page = (await agent.get(path, params={"limit": 2, "cursor": page["next"]})).json()
    assert seen == made[::-1]


async def test_it_follows_both_sides_through_a_merge(agent: Client, create: Create, an: str, band: str) -> None:
    twin = (await create({"kind": "person", "names": {"given": "Anneke", "family": "Peeters"}})).json()["id"]
    first = (await represent(agent, an, representedId=band, role="employee")).json()["id"]
    body = {"mergedId": an, "survivorVersion": 1, "mergedVersion": 1}
    merge = await agent.post(f"/customers/{twin}/merges", json=body, headers=key())
    assert merge.status_code == 201, merge.text
    for asked in (twin, an):
        (seen,) = (await agent.get(f"/customers/{asked}/representations")).json()["items"]
        assert seen["id"] == first
    (seen,) = (await agent.get(f"/customers/{band}/representations")).json()["items"]
    assert (seen["other"]["id"], seen["other"]["displayName"]) == (twin, "Anneke Peeters")
    twice = await represent(agent, twin, representedId=band, role="employee")
    assert kind(twice) == "representationExists", "whoever was merged does it already"
    itself = await represent(agent, twin, representedId=an, role="family")
    assert itself.status_code == 400, "nobody represents oneself under an older id"
    ended = await agent.post(f"/customers/{an}/representations/{first}/end", json={"reason": "Gestopt"})
    assert ended.status_code == 200


async def test_every_look_and_change_is_logged_for_both(agent: Client, an: str, band: str, audit: Audit) -> None:
    view = (await represent(agent, an, representedId=band, role="employee")).json()
    await agent.get(f"/customers/{an}/representations")
    await agent.post(f"/customers/{an}/representations/{view['id']}/end", json={"reason": "Gestopt"})
    for side in (an, band):
        actions = [entry["action"] for entry in await audit(side)]
        assert set(actions) >= {"createRepresentation", "listRepresentations", "endRepresentation"}


async def test_of_somebody_else_it_is_not_found(agent: Client, create: Create, an: str, band: str) -> None:
    other = (await create({"kind": "person", "names": {"given": "Piet"}})).json()["id"]
    view = (await represent(agent, an, representedId=band, role="employee")).json()
    wrong = await agent.post(f"/customers/{other}/representations/{view['id']}/end", json={"reason": "Fout"})
    assert wrong.status_code == 404
    unknown = "01990000-0000-7000-8000-000000000000"
    assert (await agent.get(f"/customers/{unknown}/representations")).status_code == 404


async def test_the_second_line_works_for_whom_it_has_to_do_with(
    anonymous: Client, people: People, agent: Client, an: str, band: str
) -> None:
    view = (await represent(agent, an, representedId=band, role="employee", note="Kassier")).json()
    expert = anonymous.as_user(people.tokens["expert"])
    (seen,) = (await expert.get(f"/customers/{band}/representations")).json()["items"]
    assert seen["other"]["displayName"] == "An Peeters"
    assert "contactPoints" not in seen["other"], "how to reach somebody is for who has to do with them"
    path = f"/customers/{band}/representations/{view['id']}/end"
    assert (await expert.post(path, json={"reason": "Gestopt"})).status_code == 403
    body = {
        "channel": "phone",
        "customerId": band,
        "questions": [{"subject": "Vergunning", "departmentId": str(people.departments["burgerzaken"])}],
    }
    assert (await agent.post("/contacts", json=body, headers=key())).status_code == 201
    assert (await expert.post(path, json={"reason": "Gestopt"})).status_code == 200
    for name in ("editor", "auditor", "integrator"):
        other = anonymous.as_user(people.tokens[name])
        assert (await other.get(f"/customers/{band}/representations")).status_code == 403


async def test_of_five_at_once_one_is_recorded(settings: Settings, own_database: str) -> None:
    async with Database(own_database, role=APPLICATION) as database:
        platform = Platform(settings, database)

        async def person(name: str) -> UUID:
            async with database.transaction() as uow:
                customers = CustomerService(platform.work(uow, PLATFORM, "register", "t"))
                return await customers.register(CustomerCreate(kind="person", names=NamesInput(given=name)))

        one, other = await person("An"), await person("Jan")

        async def record() -> str:
            try:
                async with database.transaction() as uow:
                    work = platform.work(uow, PLATFORM, "record", "t")
                    data = RepresentationCreate(represented_id=other, role="careGiver")
                    await RepresentationService(work, CustomerService(work)).create(one, data)
                    return "made"
            except ProblemError as error:
                return error.problem().type.rpartition(":")[2]

        found = sorted(await asyncio.gather(*(record() for _ in range(5))))
        assert found == ["made"] + ["representationExists"] * 4
