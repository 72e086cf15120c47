from typing import Any
from uuid import UUID

import pytest

from backend.kit.db import UnitOfWork
from tests.conftest import Client
from tests.people import People
from tests.samples import PERSON

pytestmark = pytest.mark.anyio


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"contact-key-{number}"}


async def test_one_call_registers_customer_questions_and_mails(
    agent: Client, people: People, product: UUID, uow: UnitOfWork
) -> None:
    body = {
        "channel": "phone",
        "customer": PERSON,
        "consultedProductIds": [str(product)],
        "questions": [
            {
                "subject": "Wat kost een reispas?",
                "productId": str(product),
                "answer": {"text": "65 euro.", "sendInformation": True},
            },
            {"subject": "Mijn zoon verliest zijn reispas", "productId": str(product)},
            {"subject": "Iets anders"},
        ],
    }
    response = await agent.post("/contacts", json=body, headers=key(1))
    assert response.status_code == 201, response.text
    contact = response.json()
    answered, routed, other = contact["questions"]
    assert answered["state"] == "answered"
    assert "nextAction" not in answered
    assert routed["state"] == "new"
    assert routed["nextAction"] == "assign"
    assert routed["departmentId"] == str(people.departments["burgerzaken"])
    assert other["departmentId"] == str(people.departments["onthaal"])
    assert contact["customerId"]
    messages = await uow.fetch("SELECT purpose, delivery FROM message ORDER BY id")
    assert [(row["purpose"], row["delivery"]) for row in messages] == [
        ("answer", "none"),
        ("information", "pending"),
        ("acknowledgement", "pending"),
        ("acknowledgement", "pending"),
    ]
    assert await uow.fetchval("SELECT count(*) FROM outbox WHERE topic = 'contacts.sendMessage'") == 3


async def test_the_same_key_twice_is_one_contact(agent: Client, uow: UnitOfWork) -> None:
    body = {"channel": "counter", "questions": [{"subject": "Waar is de bibliotheek?"}]}
    first = await agent.post("/contacts", json=body, headers=key(2))
    again = await agent.post("/contacts", json=body, headers=key(2))
    assert first.json() == again.json()
    assert await uow.fetchval("SELECT count(*) FROM question") == 1


async def test_a_fault_in_one_question_stores_nothing(agent: Client, uow: UnitOfWork, product: UUID) -> None:
    body = {
        "channel": "phone",
        "customer": PERSON,
        "questions": [
            {"subject": "Goed", "productId": str(product)},
            {"subject": "Fout", "productId": "00000000-0000-7000-8000-000000000000"},
        ],
    }
    response = await agent.post("/contacts", json=body, headers=key(3))
    assert response.status_code == 400
    assert response.json()["issues"][0]["type"].endswith("referencedResourceNotFound")
    assert await uow.fetchval("SELECT count(*) FROM customer") == 0
    assert await uow.fetchval("SELECT count(*) FROM idempotency_record") == 0


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"channel": "phone"}, "questions"),
        ({"channel": "fax", "questions": [{"subject": "x"}]}, "channel"),
        ({"channel": "phone", "questions": [{"subject": "x"}], "extra": 1}, "extra"),
        ({"channel": "phone", "questions": [{"subject": "x"}], "startedAt": "0001-01-01T00:00:00+14:00"}, "startedAt"),
        (
            {"channel": "phone", "questions": [{"subject": "x"}], "endedAt": "2026-01-01T10:00:00Z"},
            "endedAt",
        ),
        (
            {"channel": "phone", "questions": [{"subject": "x", "answer": {"text": "y", "sendInformation": True}}]},
            "questions[0].productId",
        ),
        ({"channel": "phone", "caller": {"email": "geen adres"}, "questions": [{"subject": "x"}]}, "caller.email"),
    ],
)
async def test_bad_input_says_where(agent: Client, body: dict[str, Any], name: str) -> None:
    response = await agent.post("/contacts", json=body, headers=key(4))
    assert response.status_code == 400
    assert response.json()["issues"][0]["name"] == name


async def test_without_a_key_nothing_is_registered(agent: Client) -> None:
    response = await agent.post("/contacts", json={"channel": "phone", "questions": [{"subject": "x"}]})
    assert response.status_code == 400
    assert response.json()["issues"][0]["name"] == "Idempotency-Key"


async def test_an_anonymous_report_has_an_owner_and_a_deadline(agent: Client, people: People) -> None:
    body = {"channel": "counter", "questions": [{"kind": "report", "subject": "Put in het voetpad"}]}
    question = (await agent.post("/contacts", json=body, headers=key(5))).json()["questions"][0]
    assert question["departmentId"] == str(people.departments["onthaal"])
    assert question["deadline"] == question["nextActionAt"]
    page = (await agent.get(f"/questions/{question['id']}")).json()
    assert page["identity"] == "anonymous"
    assert [event["type"] for event in page["timeline"]] == ["registered"]


async def test_calling_again_adds_to_the_question(agent: Client, registered: dict[str, Any]) -> None:
    question = registered["questions"][0]
    body = {
        "channel": "phone",
        "customerId": registered["customerId"],
        "followUps": [{"questionId": question["id"], "text": "Het is dringend geworden."}],
    }
    contact = (await agent.post("/contacts", json=body, headers=key(6))).json()
    assert [one["id"] for one in contact["questions"]] == [question["id"]]
    page = (await agent.get(f"/questions/{question['id']}")).json()
    assert page["messages"][-1]["text"] == "Het is dringend geworden."
    assert len(page["contactIds"]) == 2
    assert page["customer"]["displayName"] == "Lien De Smet"


async def test_somebody_reads_the_reference_aloud(agent: Client, registered: dict[str, Any]) -> None:
    reference = registered["questions"][0]["reference"]
    spoken = reference.lower().replace("-", " ")
    found = await agent.post("/questions/query", json={"reference": spoken})
    assert found.json()["reference"] == reference
    wrong = await agent.post("/questions/query", json={"reference": "AAA-AAA-AAB"})
    assert wrong.status_code == 404
