"""What happens at the edges of shielding: passing on, carrying over, leaving, linked files, letters that died."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.kit.db import UnitOfWork, encode_json
from backend.kit.reach import EVERYTHING
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

FULL = {"names", "identifiers", "addresses", "contactPoints", "preferredChannel"}


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


@pytest.fixture
async def hidden(agent: Client, people: People) -> dict[str, Any]:
    """A new sensitive question of somebody unknown."""
    asked = {"subject": "Opvang", "departmentId": str(people.departments["sociaal-huis"])}
    body = {"channel": "phone", "caller": {"email": "iemand@voorbeeld.be"}, "questions": [asked]}
    made: dict[str, Any] = (await agent.post("/contacts", json=body, headers=key())).json()
    return {"contact": made["id"], **made["questions"][0]}


async def test_who_passes_a_question_on_sees_it_a_last_time(
    agent: Client, anonymous: Client, people: People, registered: dict[str, Any]
) -> None:
    expert = anonymous.as_user(people.tokens["expert"])
    path = f"/questions/{registered['questions'][0]['id']}"
    body = {"departmentId": str(people.departments["sociaal-huis"]), "reason": "Hoort bij het Sociaal Huis"}
    passed = await expert.post(f"{path}/forward", json=body, headers={"If-Match": '"1"'})
    assert passed.status_code == 200
    assert passed.json()["confidentiality"] == "sensitive"
    assert [one["type"] for one in passed.json()["timeline"]] == ["registered", "forwarded"]
    assert [one["purpose"] for one in passed.json()["messages"]] == ["acknowledgement", "recap"]
    for client in (expert, agent):
        assert (await client.get(path)).status_code == 404
    social = anonymous.as_user(people.tokens["social"])
    assert len((await social.get(path)).json()["timeline"]) == 2


async def test_an_application_carries_what_the_customer_says_about_a_shielded_question(
    anonymous: Client, people: People, hidden: dict[str, Any]
) -> None:
    body = {"channel": "webForm", "followUps": [{"questionId": hidden["id"], "text": "Het is dringend."}]}
    integrator = anonymous.as_user(people.tokens["integrator"])
    carried = await integrator.post("/contacts", json=body, headers=key())
    assert carried.status_code == 201
    assert carried.json()["questions"] == []
    social = anonymous.as_user(people.tokens["social"])
    page = (await social.get(f"/questions/{hidden['id']}")).json()
    assert page["messages"][-1]["text"] == "Het is dringend."
    assert len(page["contactIds"]) == 2


async def test_a_colleague_cannot_tell_from_a_follow_up_that_it_exists(agent: Client, hidden: dict[str, Any]) -> None:
    answers = []
    for question in (hidden["id"], str(uuid4())):
        body = {"channel": "phone", "followUps": [{"questionId": question, "text": "Nog iets."}]}
        answers.append(await agent.post("/contacts", json=body, headers=key()))
    assert answers[0].status_code == 404
    assert [one.json()["detail"] for one in answers] == [answers[0].json()["detail"]] * 2


async def test_whoever_leaves_gives_shielded_questions_back(
    anonymous: Client, people: People, hidden: dict[str, Any]
) -> None:
    """The administrator who ends the membership sees none of it."""
    social = anonymous.as_user(people.tokens["social"])
    path = f"/questions/{hidden['id']}"
    assert (await social.post(f"{path}/claim", headers={"If-Match": '"1"'})).status_code == 200
    administrator = anonymous.as_user(people.tokens["administrator"])
    user = f"/users/{people.users['social']}"
    left = await administrator.put(f"{user}/memberships", json={"items": []}, headers={"If-Match": '"1"'})
    assert left.status_code == 200
    back = {"items": [{"departmentId": str(people.departments["sociaal-huis"]), "roles": ["expert"]}]}
    await administrator.put(f"{user}/memberships", json=back, headers={"If-Match": left.headers["etag"]})
    page = (await social.get(path)).json()
    assert (page["timeline"][-1]["type"], "assigneeId" in page) == ("released", False)


async def test_another_role_in_the_department_is_not_enough(
    anonymous: Client, people: People, hidden: dict[str, Any], platform: Platform
) -> None:
    """An agent who edits products of the Sociaal Huis does not read its questions."""
    async with platform.database.transaction(EVERYTHING) as uow:
        await uow.execute(
            "INSERT INTO membership (department_id, user_id, roles) VALUES ($1, $2, '{productEditor}')",
            people.departments["sociaal-huis"], people.users["agent2"],
        )  # fmt: skip
    both = anonymous.as_user(people.tokens["agent2"])
    assert (await both.get(f"/questions/{hidden['id']}")).status_code == 404
    department = str(people.departments["sociaal-huis"])
    assert (await both.get("/worklists/department", params={"department": department})).status_code == 403


async def test_a_link_with_one_member_is_a_link_with_the_file(
    agent: Client, anonymous: Client, people: People, registered: dict[str, Any]
) -> None:
    person = {"kind": "person", "names": {"given": "Lien", "family": "De Smedt"}}
    other = (await agent.post("/customers", json=person, headers=key())).json()["id"]
    mobility, expert = (anonymous.as_user(people.tokens[name]) for name in ("mobility", "expert"))
    assert not FULL & set((await expert.get(f"/customers/{other}")).json())
    merge = {"mergedId": registered["customerId"], "survivorVersion": 1, "mergedVersion": 1, "reason": "Dezelfde"}
    merged = await agent.post(f"/customers/{other}/merges", json=merge, headers=key())
    assert merged.status_code == 201, merged.text
    for one in (other, registered["customerId"]):
        assert set((await expert.get(f"/customers/{one}")).json()) >= FULL
        assert not FULL & set((await mobility.get(f"/customers/{one}")).json())
    hits = {}
    for name, client in (("expert", expert), ("mobility", mobility)):
        found = (await client.post("/customers/query", json={"name": "De Smedt"})).json()["items"]
        hits[name] = {one["id"]: "contactPoints" in one for one in found}
    assert hits == {"expert": {other: True}, "mobility": {other: False}}


async def test_a_contact_with_the_department_is_a_link(agent: Client, anonymous: Client, people: People) -> None:
    person = {"kind": "person", "names": {"given": "Piet", "family": "Jans"}}
    customer = (await agent.post("/customers", json=person, headers=key())).json()["id"]
    mobility = anonymous.as_user(people.tokens["mobility"])
    assert (
        await mobility.patch(f"/customers/{customer}", json={"language": "fr"}, headers={"If-Match": '"1"'})
    ).status_code == 403
    asked = {"subject": "Afval", "departmentId": str(people.departments["onthaal"])}
    body = {"channel": "counter", "customerId": customer, "questions": [asked]}
    assert (await mobility.post("/contacts", json=body, headers=key())).status_code == 201
    changed = await mobility.patch(f"/customers/{customer}", json={"language": "fr"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200


async def test_letters_that_died_do_not_tell(
    anonymous: Client, people: People, hidden: dict[str, Any], registered: dict[str, Any], uow: UnitOfWork
) -> None:
    """A team lead does not see them; the administrator who keeps the system going sees that there is one."""
    letters = {}
    for name, question in (("open", registered["questions"][0]["id"]), ("hidden", hidden["id"])):
        message = await uow.fetchval("SELECT id FROM message WHERE question_id = $1 LIMIT 1", UUID(question))
        letters[name] = str(uuid7())
        await uow.execute(
            "INSERT INTO outbox (id, topic, ids, dead_at) VALUES ($1, 'contacts.sendMessage', $2::jsonb, now())",
            UUID(letters[name]), encode_json({"message": message}),
        )  # fmt: skip
    lead, administrator = (anonymous.as_user(people.tokens[name]) for name in ("lead", "administrator"))
    shown = {one["id"]: "ids" in one for one in (await lead.get("/dead-letters")).json()["items"]}
    assert shown == {letters["open"]: True}
    shown = {one["id"]: "ids" in one for one in (await administrator.get("/dead-letters")).json()["items"]}
    assert shown == {letters["open"]: True, letters["hidden"]: False}
    again = (await administrator.post(f"/dead-letters/{letters['hidden']}/replay")).json()
    assert "ids" not in again


async def test_a_link_to_nothing_is_asked_once_for_a_page_of_hits(
    agent: Client, anonymous: Client, people: People, registered: dict[str, Any]
) -> None:
    """Who sees everything costs no question at all: an agent's search stays as quick as it was."""
    asked = {"name": "De Smet"}
    found = (await agent.post("/customers/query", json=asked)).json()["items"][0]
    assert found["id"] == registered["customerId"]
    assert "contactPoints" in found
    mobility = anonymous.as_user(people.tokens["mobility"])
    far = (await mobility.post("/customers/query", json=asked)).json()["items"][0]
    assert set(far) <= {"id", "kind", "displayName", "status", "foundBy"}
