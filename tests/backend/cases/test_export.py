"""The document for the customer: everything, nobody's name, nothing that is shielded, logged with its purpose."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.app import Platform
from backend.cases.export.rules import NOTICE
from backend.contacts.voice.rules import link
from backend.kit.db import UnitOfWork
from tests.backend.cases.conftest import Json, Register, key
from tests.backend.contacts.test_life import do
from tests.conftest import Client
from tests.guides import MOVING, MOVING_TOLD, Signpost
from tests.people import USERS, People

pytestmark = pytest.mark.anyio

PERSON = {
    "names": {"given": "An", "family": "Peeters"},
    "birthDate": "1985-07-30",
    "identifiers": [{"type": "ssin", "value": "85.07.30-033.28"}],
    "addresses": [{"street": "Kerkstraat", "postcode": "9080", "municipality": "Lochristi", "undisclosed": True}],
}


async def export(client: Client, customer: str, **body: Any) -> Json:
    response = await client.post(f"/customers/{customer}/export", json={"purpose": "accessRequest", **body})
    assert response.status_code == 200, response.text
    made: Json = response.json()
    return made


@pytest.fixture
def lead(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["lead"])


@pytest.fixture
def auditor(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["auditor"])


async def test_it_holds_everything_and_names_no_employee(
    agent: Client, lead: Client, auditor: Client, people: People, create: Register, register: Register
) -> None:
    customer = (await create(**PERSON))["id"]
    contact = await register("Reispas", customerId=customer, notes="Belt vaak", caller={"phone": "0470 12 34 56"})
    question = contact["questions"][0]
    tag = (await agent.get(f"/questions/{question['id']}")).headers["etag"]
    noted = {"text": "Voorzichtig mee"}
    await agent.post(f"/questions/{question['id']}/notes", json=noted, headers={"If-Match": tag})
    for maker in (lead, auditor):
        made = await export(maker, customer)
        assert made["customer"]["displayName"] == "An Peeters"
        assert made["contacts"][0]["notes"] == "Belt vaak"
        assert made["contacts"][0]["caller"] == {"phone": "+32470123456"}
        assert made["contacts"][0]["references"] == [question["reference"]]
        (asked,) = made["questions"]
        assert (asked["text"], asked["department"]) == ("Tekst van Reispas", "Onthaal")
        assert "Voorzichtig mee" in [one.get("text") for one in asked["messages"]]
        assert [one["type"] for one in asked["events"]] == ["registered", "noted"]
        assert {one["field"] for entry in made["changes"] for one in entry["change"]["facts"]} == {
            "names",
            "identifiers",
            "addresses",
        }
        used = {(one["action"], one["department"]) for one in made["consultations"]}
        assert {("createCustomer", "Onthaal"), ("getQuestion", "Onthaal"), ("noteQuestion", "Onthaal")} <= used
        assert made["complete"] is True
        for user in USERS:
            assert str(people.users[user]) not in str(made), f"{user} is an employee"


async def test_it_holds_guided_questions(
    platform: Platform, agent: Client, lead: Client, create: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "guide", lambda _work: Signpost())
    customer = (await create(**PERSON))["id"]
    body = {"channel": "phone", "customerId": customer, "questions": [{"subject": "Verhuis", "flow": MOVING}]}
    assert (await agent.post("/contacts", json=body, headers=key())).status_code == 201
    (asked,) = (await export(lead, customer, purpose="transfer"))["questions"]
    assert asked["structuredAnswers"] == MOVING_TOLD
    assert (asked["assistance"]["title"], asked["assistance"]["outcome"]) == ("Verhuizen", "u_aangifte")
    assert [one["answer"] for one in asked["assistance"]["path"]] == ["Binnen de stad", "9031"]


async def test_what_is_shielded_is_in_the_export_of_its_own_department(
    anonymous: Client, people: People, lead: Client, auditor: Client, create: Register, register: Register
) -> None:
    customer = (await create(**PERSON))["id"]
    await register("Leefloon", customerId=customer, department="sociaal-huis", notes="Heel persoonlijk")
    await register("Reispas", customerId=customer)
    social = anonymous.as_user(people.tokens["social"])
    assert (await social.get(f"/customers/{customer}")).status_code == 200
    made = await export(lead, customer)
    assert made["notice"] == NOTICE
    for secret in ("Leefloon", "Heel persoonlijk", "Sociaal"):
        assert secret not in str(made)
    assert [one["subject"] for one in made["questions"]] == ["Reispas"]
    by_officer = await export(auditor, customer)
    assert "Leefloon" not in str(by_officer)
    assert "Sociaal-Huis" in {one["department"] for one in by_officer["consultations"]}


@pytest.mark.parametrize("reveal", [False, True])
async def test_what_is_masked_is_clear_only_when_asked_and_logged(
    lead: Client, auditor: Client, create: Register, *, reveal: bool
) -> None:
    customer = (await create(**PERSON))["id"]
    made = await export(lead, customer, reveal=reveal)
    shown = str(made)
    for clear in ("85073003328", "1985-07-30", "Kerkstraat"):
        assert (clear in shown) is reveal
    found = (await auditor.get("/audit/entries", params={"subject": customer})).json()["items"]
    revealed = [one for one in found if one["action"] == "revealCustomer"]
    assert [one["purpose"] for one in revealed] == ["legalObligation"] * reveal
    (entry,) = [one for one in found if one["action"] == "exportCustomer" and one["fields"] == ["export"]]
    assert entry["purpose"] == "accessRequest"


async def test_to_take_elsewhere_it_is_what_the_customer_told(
    agent: Client, lead: Client, create: Register, register: Register
) -> None:
    customer = (await create(**PERSON))["id"]
    question = (await register("Reispas", customerId=customer, notes="Belt vaak"))["questions"][0]["id"]
    tag = (await agent.get(f"/questions/{question}")).headers["etag"]
    await agent.post(f"/questions/{question}/notes", json={"text": "Voorzichtig mee"}, headers={"If-Match": tag})
    made = await export(lead, customer, purpose="transfer")
    assert "consultations" not in made
    assert "Belt vaak" not in str(made)
    assert "Voorzichtig mee" not in str(made)
    assert made["questions"][0]["text"] == "Tekst van Reispas"


async def test_it_goes_over_the_whole_file_and_leaves_out_data_of_others(
    agent: Client, lead: Client, create: Register, register: Register
) -> None:
    an, twin, daughter = [(await create(names={"given": name}))["id"] for name in ("An", "Anna", "Lies")]
    await register("Van An", customerId=an)
    await register("Van Anna", customerId=twin)
    await register("Voor moeder", customerId=daughter, onBehalfOfId=an, caller={"phone": "0470 99 99 99"})
    body = {"mergedId": twin, "survivorVersion": 1, "mergedVersion": 1}
    assert (await agent.post(f"/customers/{an}/merges", json=body, headers=key())).status_code == 201
    made = await export(lead, twin)
    assert {one["subject"] for one in made["questions"]} == {"Van An", "Van Anna", "Voor moeder"}
    assert sum(one.get("onBehalf", False) for one in made["contacts"]) == 1
    assert "+32470999999" not in str(made)


async def test_files_calls_appointments_and_what_the_customer_said_of_the_answer(
    agent: Client,
    lead: Client,
    people: People,
    platform: Platform,
    uow: UnitOfWork,
    create: Register,
    register: Register,
) -> None:
    customer = (await create(**PERSON))["id"]
    made = await register("Reispas", customerId=customer, caller={"email": "an@voorbeeld.be"})
    question = made["questions"][0]["id"]
    start = datetime.now(UTC) + timedelta(days=3)
    period = {"start": start.isoformat(), "end": (start + timedelta(minutes=30)).isoformat()}
    for verb, body in (
        ("claim", None),
        ("callAttempts", {"outcome": "voicemail", "note": "Klonk gehaast"}),
        ("appointments", {**period, "place": "Stadhuis, loket 4"}),
    ):
        assert (await do(agent, question, verb, body)).status_code == 200, verb
    tag = (await agent.get(f"/questions/{question}")).headers["etag"]
    headers = {"If-Match": tag, **key()}
    file = {"file": ("pas.txt", b"Mijn oude pas")}
    assert (await agent.post(f"/questions/{question}/attachments", files=file, headers=headers)).status_code == 201
    assert (await do(agent, question, "answer", {"text": "Vijf werkdagen."})).status_code == 200
    row = await uow.fetchrow("SELECT id, created_at FROM message WHERE purpose = 'answer'")
    assert row is not None
    token = link("https://stad.example", platform.keys, row["id"], row["created_at"]).split("#")[1]
    said = await agent.post("/satisfaction", json={"token": token, "solved": True, "score": 5})
    assert said.status_code == 200, said.text
    for purpose in ("accessRequest", "transfer"):
        (asked,) = (await export(lead, customer, purpose=purpose))["questions"]
        (call,), (met,), (kept,) = asked["calls"], asked["appointments"], asked["files"]
        note = "Klonk gehaast" if purpose == "accessRequest" else None
        assert (call["outcome"], call.get("note")) == ("voicemail", note)
        assert (met["place"], datetime.fromisoformat(met["start"])) == ("Stadhuis, loket 4", start)
        assert (kept["name"], kept["size"]) == ("pas.txt", 13)
        assert [one["opinion"] for one in asked["events"] if "opinion" in one] == [{"solved": True, "score": 5}]
        for user in USERS:
            assert str(people.users[user]) not in str(asked), f"{user} is an employee"


async def test_who_may_not_gets_nothing(anonymous: Client, people: People, lead: Client, create: Register) -> None:
    customer = (await create(names={"given": "An"}))["id"]
    for name in ("agent", "expert", "editor", "administrator", "integrator"):
        other = anonymous.as_user(people.tokens[name])
        response = await other.post(f"/customers/{customer}/export", json={"purpose": "accessRequest"})
        assert response.status_code == 403
    unknown = "01990000-0000-7000-8000-000000000000"
    assert (await lead.post(f"/customers/{unknown}/export", json={"purpose": "accessRequest"})).status_code == 404
    assert (await lead.post(f"/customers/{customer}/export", json={"purpose": "curiosity"})).status_code == 400


async def test_consultations_that_were_cut_off_are_told(
    agent: Client, lead: Client, create: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = (await create(**PERSON))["id"]
    monkeypatch.setattr("backend.cases.export.service.MOST", 15)
    assert (await export(lead, customer))["complete"]
    for _ in range(15):
        await agent.get(f"/customers/{customer}")
    made = await export(lead, customer)
    assert len(made["consultations"]) == 15
    assert not made["complete"]
