from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from tests.backend.routing.conftest import MakeRules, a_rule
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

Json = dict[str, Any]


async def preview(lead: Client, **body: Any) -> Json:
    response = await lead.post("/routing/preview", json={"channel": "phone", **body})
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


async def test_it_says_what_decides(rule_set: MakeRules, lead: Client, people: People, product: UUID) -> None:
    civil, mobility, centre = (str(people.departments[code]) for code in ("burgerzaken", "mobiliteit", "onthaal"))
    before = await preview(lead, productId=str(product))
    assert (before["departmentId"], before["why"], before["workingDays"]) == (civil, "product", 3)
    assert "ruleSet" not in before
    await rule_set(
        a_rule("Drongen", {"postcodes": ["9031"]}, departmentId=people.departments["mobiliteit"], workingDays=1),
        a_rule("Bedrijven", {"customerKinds": ["enterprise"]}, priority="urgent"),
        active=True,
    )
    by_rule = await preview(lead, postcode="b 9031", kind="complaint")
    assert (by_rule["departmentId"], by_rule["why"], by_rule["rule"]) == (mobility, "rule", 1)
    assert (by_rule["ruleName"], by_rule["ruleSet"], by_rule["workingDays"]) == ("Drongen", 1, 1)
    company = await preview(lead, customerKind="enterprise")
    assert (company["departmentId"], company["why"], company["priority"]) == (centre, "contactCentre", "urgent")
    chosen = await preview(lead, postcode="9031", departmentId=centre)
    assert (chosen["departmentId"], chosen["why"], chosen["rule"]) == (centre, "chosen", 1)
    assert by_rule["deadline"] < company["deadline"]


async def test_it_tells_of_guided_questions(rule_set: MakeRules, lead: Client, people: People, product: UUID) -> None:
    civil, mobility = (str(people.departments[code]) for code in ("burgerzaken", "mobiliteit"))
    by_flow = await preview(lead, topic="parkeren", team="mobiliteit", productId=str(product))
    assert (by_flow["departmentId"], by_flow["why"]) == (mobility, "flow")
    unknown = await preview(lead, topic="parkeren", team="bestaat-niet", productId=str(product))
    assert (unknown["departmentId"], unknown["why"]) == (civil, "product")
    await rule_set(
        a_rule("Parkeren", {"topics": ["parkeren"]}, departmentId=people.departments["burgerzaken"]), active=True
    )
    by_rule = await preview(lead, topic="Parkeren", team="mobiliteit")
    assert (by_rule["departmentId"], by_rule["why"], by_rule["rule"]) == (civil, "rule", 1)


async def test_a_draft_can_be_tried(rule_set: MakeRules, lead: Client, people: People) -> None:
    held = await rule_set(a_rule("Alles", {}, departmentId=people.departments["mobiliteit"]))
    assert (await preview(lead))["why"] == "contactCentre"
    tried = await preview(lead, ruleSetId=held["id"])
    assert (tried["why"], tried["ruleSet"]) == ("rule", 1)


async def test_it_says_what_would_be_placed(
    rule_set: MakeRules, lead: Client, agent: Client, people: People, product: UUID
) -> None:
    await rule_set(
        a_rule("Web", {"channels": ["webForm"]}, departmentId=people.departments["mobiliteit"], workingDays=2),
        active=True,
    )
    for number, channel in enumerate(("webForm", "phone")):
        told = await preview(lead, channel=channel, productId=str(product))
        body = {"channel": channel, "questions": [{"subject": "Echt", "productId": str(product)}]}
        made = await agent.post("/contacts", json=body, headers={"Idempotency-Key": f"preview-{number}"})
        question = made.json()["questions"][0]
        assert (question["departmentId"], question["deadline"]) == (told["departmentId"], told["deadline"])


async def test_what_is_not_there_is_refused(lead: Client) -> None:
    for name, status in (("productId", 400), ("departmentId", 400), ("ruleSetId", 404)):
        response = await lead.post("/routing/preview", json={"channel": "phone", name: str(uuid7())})
        assert response.status_code == status, name
