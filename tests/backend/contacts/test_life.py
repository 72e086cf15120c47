from typing import Any

import httpx
import pytest

from backend.kit.db import UnitOfWork
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


async def do(client: Client, question: str, verb: str, body: dict[str, Any] | None = None) -> httpx.Response:
    """A verb on the newest version."""
    tag = (await client.get(f"/questions/{question}")).headers.get("etag", '"1"')
    return await client.post(f"/questions/{question}/{verb}", json=body, headers={"If-Match": tag})


@pytest.fixture
def question(registered: dict[str, Any]) -> str:
    return str(registered["questions"][0]["id"])


@pytest.fixture
def expert(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["expert"])


async def test_from_claim_to_close(expert: Client, question: str, people: People, uow: UnitOfWork) -> None:
    claimed = (await do(expert, question, "claim")).json()
    assert (claimed["state"], claimed["nextAction"]) == ("inProgress", "answer")
    assert claimed["assigneeId"] == str(people.users["expert"])
    asked = (await do(expert, question, "clarify", {"text": "Hoe oud is je zoon?"})).json()
    assert (asked["state"], asked["nextAction"]) == ("waitingForCustomer", "awaitReply")
    answered = (await do(expert, question, "answer", {"text": "Vijf werkdagen."})).json()
    assert answered["state"] == "answered"
    assert "nextAction" not in answered
    closed = (await do(expert, question, "close")).json()
    assert closed["state"] == "closed"
    assert [event["type"] for event in closed["timeline"]] == ["registered", "claimed", "asked", "answered", "closed"]
    pending = await uow.fetch("SELECT purpose FROM message WHERE delivery = 'pending' ORDER BY id")
    assert [row["purpose"] for row in pending] == ["acknowledgement", "clarification", "answer"]


async def test_a_verb_in_the_wrong_state_changes_nothing(expert: Client, question: str) -> None:
    response = await do(expert, question, "close")
    assert response.status_code == 409
    assert response.json()["type"] == "urn:problem-type:onthaal:notInThisState"
    assert (await expert.get(f"/questions/{question}")).json()["state"] == "new"


async def test_of_two_who_claim_at_once_one_wins(
    expert: Client, anonymous: Client, people: People, question: str
) -> None:
    other = anonymous.as_user(people.tokens["expert2"])
    tag = {"If-Match": (await expert.get(f"/questions/{question}")).headers["etag"]}
    assert (await expert.post(f"/questions/{question}/claim", headers=tag)).status_code == 200
    assert (await other.post(f"/questions/{question}/claim", headers=tag)).status_code == 412
    assert (await other.post(f"/questions/{question}/claim")).status_code == 428


async def test_another_department_may_look_but_not_act(anonymous: Client, people: People, question: str) -> None:
    mobility = anonymous.as_user(people.tokens["mobility"])
    assert (await mobility.get(f"/questions/{question}")).status_code == 200
    assert (await do(mobility, question, "claim")).status_code == 403


async def test_forwarding_tells_customer_and_moves_the_deadline(
    expert: Client, anonymous: Client, people: People, question: str, uow: UnitOfWork
) -> None:
    await do(expert, question, "claim")
    target = str(people.departments["mobiliteit"])
    moved = (await do(expert, question, "forward", {"departmentId": target, "reason": "Hoort bij parkeren"})).json()
    assert moved["departmentId"] == target
    assert moved["state"] == "inProgress"
    assert "assigneeId" not in moved
    assert moved["nextAction"] == "assign"
    assert moved["timeline"][-1]["reason"] == "Hoort bij parkeren"
    assert await uow.fetchval("SELECT count(*) FROM message WHERE purpose = 'recap'") == 1
    assert (await do(expert, question, "claim")).status_code == 403
    mobility = anonymous.as_user(people.tokens["mobility"])
    back = (await do(mobility, question, "return", {"reason": "Niet voor ons"})).json()
    assert back["departmentId"] == str(people.departments["onthaal"])


async def test_a_shielded_department_hides_its_questions(
    expert: Client, anonymous: Client, people: People, question: str
) -> None:
    target = str(people.departments["sociaal-huis"])
    moved = await do(expert, question, "forward", {"departmentId": target, "reason": "Vraag om steun"})
    assert moved.status_code == 200
    assert moved.json()["confidentiality"] == "sensitive"
    assert (await expert.get(f"/questions/{question}")).status_code == 404
    assert (await do(expert, question, "claim")).status_code == 404
    social = anonymous.as_user(people.tokens["social"])
    assert (await social.get(f"/questions/{question}")).status_code == 200


async def test_only_members_get_an_assignment(anonymous: Client, people: People, question: str) -> None:
    lead = anonymous.as_user(people.tokens["civilLead"])
    wrong = await do(lead, question, "assign", {"userId": str(people.users["mobility"])})
    assert wrong.status_code == 400
    right = await do(lead, question, "assign", {"userId": str(people.users["expert2"])})
    assert right.json()["assigneeId"] == str(people.users["expert2"])
    expert = anonymous.as_user(people.tokens["expert"])
    assert (await do(expert, question, "assign", {"userId": str(people.users["expert"])})).status_code == 403


async def test_who_leaves_the_department_leaves_the_questions_there(
    expert: Client, anonymous: Client, people: People, question: str
) -> None:
    await do(expert, question, "claim")
    administrator = anonymous.as_user(people.tokens["administrator"])
    user = f"/users/{people.users['expert']}"
    tag = (await administrator.get(user)).headers["etag"]
    left = await administrator.put(f"{user}/memberships", json={"items": []}, headers={"If-Match": tag})
    assert left.status_code == 200
    lead = anonymous.as_user(people.tokens["civilLead"])
    page = (await lead.get(f"/questions/{question}")).json()
    assert "assigneeId" not in page
    assert page["nextAction"] == "assign"
    assert page["timeline"][-1]["type"] == "released"


async def test_reopening_gives_a_new_deadline(agent: Client, expert: Client, question: str) -> None:
    await do(expert, question, "claim")
    await do(expert, question, "answer", {"text": "Zo.", "channel": "phone"})
    again = await do(agent, question, "reopen", {"reason": "Het antwoord klopt niet"})
    assert again.status_code == 200
    assert again.json()["state"] == "inProgress"
    assert "answeredAt" not in again.json()


async def test_without_any_address_mail_is_refused(agent: Client) -> None:
    body = {"channel": "counter", "questions": [{"subject": "Anoniem"}]}
    made = (await agent.post("/contacts", json=body, headers={"Idempotency-Key": "life-anon-1"})).json()
    question = made["questions"][0]["id"]
    refused = await do(agent, question, "answer", {"text": "Antwoord"})
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:problem-type:onthaal:noEmailAddress"
    given = await do(agent, question, "answer", {"text": "Antwoord", "email": "jan@voorbeeld.be"})
    assert given.json()["state"] == "answered"


async def test_a_withdrawn_question_keeps_its_reason(expert: Client, question: str) -> None:
    gone = (await do(expert, question, "withdraw", {"cause": "duplicate", "reason": "Zie andere vraag"})).json()
    assert gone["state"] == "withdrawn"
    assert gone["timeline"][-1]["reason"] == "duplicate: Zie andere vraag"
    assert (await do(expert, question, "claim")).status_code == 409
