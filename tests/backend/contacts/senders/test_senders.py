"""Whose question a mail is: suggested by its address, decided by a person."""

from typing import Any

import httpx
import pytest

from tests.backend.contacts.inbound.office import Office
from tests.backend.contacts.inbound.test_taking import JEF, letter
from tests.backend.contacts.test_life import do
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


async def customer(agent: Client, name: str, email: str) -> str:
    body = {
        "kind": "person",
        "names": {"given": name, "family": "Maes"},
        "contactPoints": [{"type": "email", "value": email}],
    }
    made = await agent.post("/customers", json=body, headers={"Idempotency-Key": f"customer-{name}"})
    return str(made.json()["id"])


async def identify(client: Client, question: object, customer_id: str) -> httpx.Response:
    return await do(client, str(question), "identify", {"customerId": customer_id})


async def test_an_address_suggests_and_links_nobody(
    office: Office, agent: Client, anonymous: Client, people: People
) -> None:
    jef, _ = await customer(agent, "Jef", JEF), await customer(agent, "Ander", "ander@voorbeeld.be")
    await office.mailbox()
    question = (await office.take(letter()))["question_id"]
    assert "customerId" not in (await agent.get(f"/questions/{question}")).json()
    found = (await agent.get(f"/questions/{question}/senderSuggestions")).json()
    assert [hit["id"] for hit in found["items"]] == [jef]
    log = (await anonymous.as_user(people.tokens["auditor"]).get("/audit/entries")).json()["items"]
    assert {one["subject"] for one in log if one["action"] == "getSenderSuggestions"} == {jef, str(question)}


async def test_the_second_line_sees_who_it_is_and_no_more(
    office: Office, agent: Client, anonymous: Client, people: People
) -> None:
    await customer(agent, "Jef", JEF)
    await office.mailbox(department_id=people.departments["burgerzaken"])
    question = (await office.take(letter()))["question_id"]
    expert = anonymous.as_user(people.tokens["mobility"])
    (hit,) = (await expert.get(f"/questions/{question}/senderSuggestions")).json()["items"]
    assert hit["displayName"] == "Jef Maes"
    assert "contactPoints" not in hit


async def test_a_person_says_whose_it_is(office: Office, agent: Client) -> None:
    jef, other = await customer(agent, "Jef", JEF), await customer(agent, "Ander", "ander@voorbeeld.be")
    await office.mailbox()
    row = await office.take(letter())
    question = row["question_id"]
    reference = (await agent.get(f"/questions/{question}")).json()["reference"]
    await office.take(letter(f"[{reference}]", "Van mij.", From="Vreemde <vreemd@elders.example>"))
    got = await identify(agent, question, jef)
    assert got.status_code == 200, got.text
    view: dict[str, Any] = got.json()
    assert (view["customerId"], view["identity"], view["timeline"][-1]["type"]) == (jef, "claimed", "identified")
    contacts = [(await agent.get(f"/contacts/{one}")).json().get("customerId") for one in view["contactIds"]]
    assert contacts == [jef, None], "the contact of a stranger is not the customer's"
    history = (await agent.get(f"/customers/{jef}/history")).json()
    assert str(question) in str(history)
    assert (await identify(agent, question, jef)).json()["version"] == view["version"]
    taken = await identify(agent, question, other)
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:problem-type:onthaal:alreadyIdentified")
    stale = await agent.post(f"/questions/{question}/identify", json={"customerId": jef}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_nobody_is_made_up(office: Office, agent: Client, people: People) -> None:
    await office.mailbox()
    question = (await office.take(letter()))["question_id"]
    assert (await identify(agent, question, str(people.users["agent"]))).status_code == 400


async def test_a_sensitive_question_suggests_nothing_to_others(office: Office, agent: Client, people: People) -> None:
    await office.mailbox(department_id=people.departments["sociaal-huis"])
    question = (await office.take(letter()))["question_id"]
    assert (await agent.get(f"/questions/{question}/senderSuggestions")).status_code == 404
    answer = await agent.post(
        f"/questions/{question}/identify", json={"customerId": str(question)}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 404
