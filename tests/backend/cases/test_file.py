from typing import Any

import pytest

from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

REPORT = {
    "title": "Aanvraag evenement",
    "phase": "behandeling",
    "status": "InBehandeling",
    "changedAt": "2026-11-20T10:00:00Z",
    "link": "https://loket.stad.example/1",
}


async def test_the_file_shows_everything_at_once(
    agent: Client, anonymous: Client, people: People, registered: dict[str, Any]
) -> None:
    customer = registered["customerId"]
    integrator = anonymous.as_user(people.tokens["integrator"])
    reported = await integrator.put("/cases/by-external-id/EV-1", json={**REPORT, "customerId": customer})
    assert reported.status_code == 200, reported.text
    file = (await agent.get(f"/customers/{customer}/file")).json()
    assert file["customer"]["displayName"] == "Lien De Smet"
    assert file["contacts"][0]["contact"]["id"] == registered["id"]
    assert file["questions"][0]["question"]["subject"] == "Reispas voor mijn zoon"
    assert file["questions"][0]["messages"][0]["purpose"] == "acknowledgement"
    assert file["cases"][0]["status"] == "InBehandeling"


async def test_an_old_report_never_overwrites_a_newer_one(anonymous: Client, people: People) -> None:
    integrator = anonymous.as_user(people.tokens["integrator"])
    newer = {**REPORT, "status": "Beslist", "phase": "beslissing", "changedAt": "2026-11-21T10:00:00Z"}
    await integrator.put("/cases/by-external-id/EV-2", json=newer)
    answer = await integrator.put("/cases/by-external-id/EV-2", json=REPORT)
    assert answer.json()["status"] == "Beslist"


async def test_a_shielded_question_is_not_in_the_file_of_others(
    agent: Client, people: People, registered: dict[str, Any]
) -> None:
    body = {
        "channel": "phone",
        "customerId": registered["customerId"],
        "questions": [{"subject": "Leefloon", "departmentId": str(people.departments["sociaal-huis"])}],
    }
    made = await agent.post("/contacts", json=body, headers={"Idempotency-Key": "shielded-0001"})
    hidden = made.json()["questions"][0]["id"]
    file = (await agent.get(f"/customers/{registered['customerId']}/file")).json()
    assert hidden not in [entry["question"]["id"] for entry in file["questions"]]
    assert hidden not in [one for entry in file["contacts"] for one in entry["questionIds"]]


async def test_nobody_without_the_role_sees_a_file(
    anonymous: Client, people: People, registered: dict[str, Any]
) -> None:
    editor = anonymous.as_user(people.tokens["editor"])
    assert (await editor.get(f"/customers/{registered['customerId']}/file")).status_code == 403
