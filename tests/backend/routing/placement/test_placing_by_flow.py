"""Where a question of guided questions goes: a person, a rule, the flow's team, the product, the contact centre."""

from typing import Any
from uuid import UUID

import pytest

from backend.app import Platform
from tests.backend.routing.conftest import MakeRules, a_rule
from tests.backend.routing.placement.test_placing_by_rules import register
from tests.conftest import Client
from tests.guides import MOVING, PARKING, Signpost
from tests.people import People

pytestmark = pytest.mark.anyio

ABROAD: dict[str, Any] = {"flow": "verhuizen", "answers": {"richting": "weg"}}
"""Its team is no department."""
BUS: dict[str, Any] = {"flow": "parkeren", "answers": {"voertuig": "bus"}}
"""It has no team and no topic."""


@pytest.fixture(autouse=True)
def signpost(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "guide", lambda _work: Signpost())


async def test_the_order_in_which_it_is_decided(
    rule_set: MakeRules, agent: Client, people: People, product: UUID
) -> None:
    codes = {str(one): code for code, one in people.departments.items()}
    await rule_set(
        a_rule("Vertrek", {"topics": ["VERTREK"]}, departmentId=people.departments["mobiliteit"]), active=True
    )
    about = {"productId": str(product)}
    found = await register(
        agent,
        {"flow": ABROAD, "departmentId": str(people.departments["burgerzaken"])},
        {"flow": ABROAD, **about},
        {"flow": PARKING, **about},
        {"flow": BUS, **about},
        {"flow": BUS},
    )
    decided = [(codes[one["departmentId"]], one["timeline"][0]["data"]["by"]) for one in found]
    assert decided == [
        ("burgerzaken", "chosen"),
        ("mobiliteit", "rule"),
        ("mobiliteit", "flow"),
        ("burgerzaken", "product"),
        ("onthaal", "contactCentre"),
    ]
    reasons = [one["timeline"][0].get("reason") for one in found]
    assert reasons == [None, "Regel 1 van regelset 1: Vertrek", "Wegwijzer: onderwerp parkeren", None, None]


async def test_a_rule_and_the_flow_can_both_decide_something(rule_set: MakeRules, agent: Client) -> None:
    await rule_set(a_rule("Snel", {"topics": ["parkeren", "verhuis"]}, priority="high"), active=True)
    (found,) = await register(agent, {"flow": PARKING})
    assert (found["priority"], found["timeline"][0]["data"]["by"]) == ("high", "flow")
    assert found["timeline"][0]["reason"] == "Regel 1 van regelset 1: Snel. Wegwijzer: onderwerp parkeren"


async def test_a_team_that_closed_is_passed_over(
    administrator: Client, agent: Client, people: People, product: UUID
) -> None:
    mobility = people.departments["mobiliteit"]
    assert (await register(agent, {"flow": PARKING}))[0]["departmentId"] == str(mobility)
    closed = await administrator.patch(f"/departments/{mobility}", json={"active": False}, headers={"If-Match": '"1"'})
    assert closed.status_code == 200, closed.text
    by_product, other = await register(agent, {"flow": PARKING, "productId": str(product)}, {"flow": PARKING})
    assert by_product["departmentId"] == str(people.departments["burgerzaken"])
    assert other["departmentId"] == str(people.departments["onthaal"])


async def test_an_answer_to_the_postcode_counts_for_rules(rule_set: MakeRules, agent: Client, people: People) -> None:
    mobility = people.departments["mobiliteit"]
    await rule_set(a_rule("Drongen", {"postcodes": ["9031"]}, departmentId=mobility), active=True)
    (found,) = await register(agent, {"flow": MOVING})
    assert (found["departmentId"], found["timeline"][0]["data"]["by"]) == (str(mobility), "rule")


async def test_whoever_forwards_decides_and_the_term_of_the_topic_still_holds(
    rule_set: MakeRules, agent: Client, people: People, anonymous: Client
) -> None:
    usual, slow = await register(agent, {"flow": PARKING}, {"flow": MOVING})
    await rule_set(a_rule("Verhuis", {"topics": ["verhuis"]}, workingDays=30), active=True)
    handlers = {"mobiliteit": "mobility", "burgerzaken": "expert"}
    codes = {str(one): code for code, one in people.departments.items()}
    moved = []
    for one in (usual, slow):
        handler = anonymous.as_user(people.tokens[handlers[codes[one["departmentId"]]]])
        answer = await handler.post(
            f"/questions/{one['id']}/forward",
            json={"departmentId": str(people.departments["onthaal"]), "reason": "Hoort daar"},
            headers={"If-Match": '"1"'},
        )
        assert answer.status_code == 200, answer.text
        moved.append(answer.json())
    assert {one["departmentId"] for one in moved} == {str(people.departments["onthaal"])}
    assert moved[0]["deadline"] < moved[1]["deadline"]
