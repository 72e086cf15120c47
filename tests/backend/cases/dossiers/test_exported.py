"""What Mijn Burgerprofiel was told, and whether it may, stand in the export of the customer."""

from typing import Any

import pytest

from tests.backend.cases.dossiers.conftest import Background, Make, key, share
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


async def export(client: Client, customer: str, purpose: str = "accessRequest") -> dict[str, Any]:
    response = await client.post(f"/customers/{customer}/export", json={"purpose": purpose})
    assert response.status_code == 200, response.text
    made: dict[str, Any] = response.json()
    return made


async def test_what_was_agreed_and_what_was_told_are_in_the_export(
    customer: Make, ask: Make, background: Background, anonymous: Client, people: People
) -> None:
    jan = (await customer())["id"]
    question = await ask(jan)
    integrator, lead = (anonymous.as_user(people.tokens[name]) for name in ("integrator", "lead"))
    case = {"title": "Parkeerkaart", "phase": "behandeling", "status": "Lopend", "changedAt": "2026-11-20T10:00:00Z"}
    reported = await integrator.put("/cases/by-external-id/x", json={**case, "customerId": jan})
    assert reported.status_code == 200, reported.text
    await background.work()
    for purpose in ("accessRequest", "transfer"):
        made = await export(lead, jan, purpose)
        (said,) = made["statusSharing"]
        assert (said["agreed"], said["source"], set(said)) == (True, "staff", {"agreed", "source", "decidedAt"})
        by_number = {one["number"]: one for one in made["dossiers"]}
        assert set(by_number) == {question["reference"], "integrator-x"}
        told = by_number[question["reference"]]
        assert told["questionId"] == question["id"]
        assert (told["state"], told["phase"], told["code"]) == ("accepted", "Samenstelling", "Ingediend")
        assert told["pushedAt"] <= told["settledAt"]
        assert by_number["integrator-x"]["caseId"] == reported.json()["id"]
        assert not [name for name, user in people.users.items() if str(user) in str([*made["dossiers"], said])]


async def test_every_member_of_the_file_said_something(customer: Make, agent: Client, lead_client: Client) -> None:
    jan, twin = (await customer())["id"], (await customer(None))["id"]
    body = {"mergedId": twin, "survivorVersion": 1, "mergedVersion": 1}
    assert (await agent.post(f"/customers/{jan}/merges", json=body, headers=key())).status_code == 201
    await share(agent, jan, agreed=False)
    assert [one["agreed"] for one in (await export(lead_client, jan))["statusSharing"]] == [False, True]


async def test_a_dossier_of_what_is_shielded_is_in_nobody_elses_export(
    customer: Make, ask: Make, background: Background, lead_client: Client, people: People
) -> None:
    jan = (await customer())["id"]
    hidden = await ask(jan, departmentId=str(people.departments["sociaal-huis"]))
    shown = await ask(jan)
    await background.work()
    made = await export(lead_client, jan)
    assert [one["number"] for one in made["dossiers"]] == [shown["reference"]]
    assert hidden["reference"] not in str(made)


@pytest.fixture
def lead_client(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["lead"])
