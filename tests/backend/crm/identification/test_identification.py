"""Whom a number of a login stands for."""

from typing import Any

import pytest

from backend.platform import Platform, channel_issuer
from tests.backend.crm.conftest import Audit, Create
from tests.conftest import Client

pytestmark = pytest.mark.anyio

Body = dict[str, Any]


@pytest.fixture
def channel(anonymous: Client, platform: Platform) -> Client:
    return anonymous.as_user(channel_issuer(platform.settings, "widget").token("channel", azp="widget"))


async def identify(channel: Client, **body: str) -> Body:
    answer = await channel.post("/customers/identify", json=body)
    assert answer.status_code == 200, answer.text
    found: Body = answer.json()
    return found


async def test_each_capacity_finds_by_its_own_number(
    channel: Client, create: Create, person: Body, association: Body, audit: Audit
) -> None:
    citizen, club = (await create(person)).json()["id"], (await create(association)).json()["id"]
    assert await identify(channel, capacity="BUR", ssin="85073003328") == {"customerId": citizen}
    assert await identify(channel, capacity="EA", enterpriseNumber="0442528054") == {"customerId": club}
    assert await identify(channel, capacity="VER", vCode="V0001001") == {"customerId": club}
    entry = (await audit(citizen))[-1]
    assert (entry["action"], entry["purpose"], entry["fields"]) == ("identifyCustomer", "ownData", ["ssin"])


async def test_nobody_is_made_and_nobody_is_found_under_an_unknown_number(channel: Client, agent: Client) -> None:
    assert await identify(channel, capacity="BUR", ssin="90061638302") == {}
    assert (await agent.post("/customers/query", json={"ssin": "90061638302"})).json()["items"] == []


async def test_who_acts_for_a_business_does_not_see_the_file_of_its_owner(
    channel: Client, create: Create, person: Body
) -> None:
    owner = {**person, "identifiers": [*person["identifiers"], {"type": "enterpriseNumber", "value": "0316380841"}]}
    assert (await create(owner)).status_code == 201
    assert await identify(channel, capacity="EA", enterpriseNumber="0316380841") == {}


async def test_a_merged_file_is_found_as_the_one_that_lives(
    channel: Client, create: Create, person: Body, anonymous: Client, people: Any
) -> None:
    merged = (await create(person)).json()
    lives = (await create({"kind": "person", "names": {"given": "Jan", "family": "Vandenbroeck"}})).json()
    lead = anonymous.as_user(people.tokens["lead"])
    done = await lead.post(
        f"/customers/{lives['id']}/merges",
        json={
            "mergedId": merged["id"],
            "survivorVersion": lives["version"],
            "mergedVersion": merged["version"],
            "reason": "Zelfde persoon",
        },
        headers={"Idempotency-Key": "merge-0001"},
    )
    assert done.status_code == 201, done.text
    assert await identify(channel, capacity="BUR", ssin="85073003328") == {"customerId": lives["id"]}


@pytest.mark.parametrize(
    "body",
    [
        {"capacity": "BUR"},
        {"capacity": "BUR", "ssin": "85073003329"},
        {"capacity": "BUR", "vCode": "V0001001"},
        {"capacity": "EA", "enterpriseNumber": "0442528054", "ssin": "85073003328"},
        {"capacity": "GID", "ssin": "85073003328"},
    ],
)
async def test_what_does_not_belong_together_is_refused(channel: Client, body: Body) -> None:
    answer = await channel.post("/customers/identify", json=body)
    assert answer.status_code == 400
    assert "850730" not in answer.text
