from typing import Any
from uuid import uuid4

import pytest

from backend.kit.db import encode_json
from backend.kit.reach import EVERYTHING
from bff.agent.relayed import RELAYED
from bff.core.relay import described
from tests.bff.agent.conftest import Desk, contact, register, wrap_up

pytestmark = pytest.mark.anyio


async def screen(desk: Desk, who: str, path: str) -> dict[str, Any]:
    """A screen, and its parts by name."""
    response = await desk[who].get(f"/screens/{path}")
    assert response.status_code == 200, response.text
    parts: dict[str, Any] = response.json()
    return parts


@pytest.mark.parametrize(
    ("who", "parts"),
    [
        ("expert", {"me", "mine", "counts", "dueSoon", "escalated", "news", "drafts", "contributions"}),
        ("agent", {"me", "mine", "counts", "dueSoon", "escalated", "news", "drafts", "contributions"}),
        ("editor", {"me"}),
        ("auditor", {"me"}),
    ],
)
async def test_the_day_starts_with_what_is_the_persons(desk: Desk, who: str, parts: set[str]) -> None:
    shown = await screen(desk, who, "start")
    assert set(shown) == parts
    assert shown["me"]["id"] == str(desk.people.users[who])


async def test_own_work_and_drafts_are_on_the_first_screen(desk: Desk, question: dict[str, Any]) -> None:
    expert, draft = desk["expert"], uuid4()
    claimed = await expert.post(f"/questions/{question['id']}/claim", headers={"If-Match": '"1"'})
    assert claimed.status_code == 200, claimed.text
    kept = await expert.put(
        f"/contactDrafts/{draft}", json={"title": "Bezig", "content": {}}, headers={"If-Match": '"0"'}
    )
    assert kept.status_code == 200, kept.text
    shown = await screen(desk, "expert", "start")
    assert question["id"] in [one["id"] for one in shown["mine"]["items"]]
    assert [one["title"] for one in shown["drafts"]["items"]] == ["Bezig"]
    assert shown["counts"]


async def test_the_customer_screen_shows_doubles_to_who_decides_on_them(desk: Desk, question: dict[str, Any]) -> None:
    customer = question["customerId"]
    parts = {"customer", "representations", "openQuestions", "cases", "history"}
    shown = (await screen(desk, "agent", f"customers/{customer}"))["overview"]
    assert set(shown) == {*parts, "suggestions"}
    assert [one["id"] for one in shown["openQuestions"]] == [question["id"]]
    assert set((await screen(desk, "expert", f"customers/{customer}"))["overview"]) == parts
    refused = await desk["editor"].get(f"/screens/customers/{customer}")
    assert refused.status_code == 403
    assert (await desk["agent"].get(f"/screens/customers/{uuid4()}")).status_code == 404


async def test_a_screen_asks_for_nothing_that_the_person_may_not_see(desk: Desk, question: dict[str, Any]) -> None:
    """Otherwise the audit log would fill with refusals that nobody asked for."""
    await screen(desk, "expert", f"customers/{question['customerId']}")
    async with desk.platform.database.begin(EVERYTHING) as uow:
        await uow.execute("SET LOCAL ROLE onthaal_auditor")
        denied = await uow.fetchval(
            "SELECT count(*) FROM audit_entry WHERE outcome = 'denied' AND action = 'listCustomerSuggestions'"
        )
    assert denied == 0


async def test_the_question_screen_helps_who_can_answer(desk: Desk, question: dict[str, Any]) -> None:
    response = await desk["expert"].get(f"/screens/questions/{question['id']}")
    assert set(response.json()) == {"overview"}
    assert set(response.json()["overview"]) == {"question", "known", "templates"}
    assert response.headers["etag"] == f'"{response.json()["overview"]["question"]["version"]}"'
    shown = await screen(desk, "agent", f"questions/{question['id']}")
    assert set(shown["overview"]) == {"question"}
    assert shown["customer"]["customer"]["id"] == question["customerId"]


async def test_the_version_of_a_screen_is_that_of_a_change(desk: Desk, question: dict[str, Any]) -> None:
    shown = await desk["expert"].get(f"/screens/questions/{question['id']}")
    claim = f"/questions/{question['id']}/claim"
    first = await desk["expert"].post(claim, headers={"If-Match": shown.headers["etag"]})
    assert first.status_code == 200
    late = await desk["expert2"].post(claim, headers={"If-Match": shown.headers["etag"]})
    assert (late.status_code, late.headers["content-type"]) == (412, "application/problem+json")
    assert (await desk["expert2"].post(claim)).status_code == 428


async def test_the_worklist_screen(desk: Desk, question: dict[str, Any]) -> None:
    shown = await screen(desk, "expert", "worklists/unassigned")
    assert set(shown) == {"questions", "counts", "views"}
    assert question["id"] in [one["id"] for one in shown["questions"]["items"]]
    assert (await desk["expert"].get("/screens/worklists/anything")).status_code in {400, 404}


async def test_contact_and_monitor_screens(desk: Desk) -> None:
    assert set(await screen(desk, "agent", "contact")) == {"drafts", "ringing", "departments"}
    assert set(await screen(desk, "lead", "monitor")) == {"monitor", "questions"}
    assert (await desk["expert"].get("/screens/monitor")).status_code == 403


async def test_the_product_screen(desk: Desk) -> None:
    product = uuid4()
    facts = {"externalId": str(product), "snapshotId": "s", "name": {"nl": "Reispas"}}
    async with desk.platform.database.transaction(EVERYTHING) as uow:
        await uow.execute(
            """INSERT INTO product (id, source, external_id, snapshot_id, facts, content_hash, generated_at, status,
                                    imported_at, created_at)
               VALUES ($1, 'test', $2, 's', $3, '\\x00', now(), 'published', now(), now())""",
            product, str(product), encode_json(facts),
        )  # fmt: skip
        await uow.execute("INSERT INTO product_city (product_id) VALUES ($1)", product)
    await desk.platform.products.warm()
    assert set(await screen(desk, "agent", f"products/{product}")) == {"product"}
    edited = await desk["editor"].get(f"/screens/products/{product}")
    assert set(edited.json()) == {"product", "changes"}
    assert edited.headers["etag"]


async def test_wrapping_up_registers_once_and_drops_the_draft(desk: Desk) -> None:
    agent, draft, key = desk["agent"], uuid4(), str(uuid4())
    await agent.put(f"/contactDrafts/{draft}", json={"content": {"notes": "x"}}, headers={"If-Match": '"0"'})
    body = contact(desk.people.departments["burgerzaken"])
    first = await wrap_up(agent, body, draft, key)
    assert (first.status_code, first.json()["draftRemoved"]) == (201, True)
    assert (await agent.get(f"/contactDrafts/{draft}")).status_code == 404
    again = await wrap_up(agent, body, draft, key)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_fault_of_the_contact_comes_back_with_its_place(desk: Desk) -> None:
    agent, draft = desk["agent"], uuid4()
    await agent.put(f"/contactDrafts/{draft}", json={"content": {}}, headers={"If-Match": '"0"'})
    body = contact(desk.people.departments["burgerzaken"])
    del body["questions"][0]["subject"]
    refused = await wrap_up(agent, body, draft)
    assert refused.status_code == 400
    assert [issue["name"] for issue in refused.json()["issues"]] == ["contact.questions[0]"]
    assert (await agent.get(f"/contactDrafts/{draft}")).status_code == 200, "nothing typed is lost"
    keyless = await agent.post("/screens/wrapUp", json={"contact": body})
    assert keyless.status_code == 400


@pytest.mark.parametrize("headers", [{"X-CSRF": ""}, {"X-CSRF": "1", "Origin": "https://evil.example"}])
async def test_a_change_from_another_site_is_refused(desk: Desk, headers: dict[str, str]) -> None:
    for method, path in (("POST", "/screens/wrapUp"), ("PUT", f"/contactDrafts/{uuid4()}"), ("POST", "/me/telephone")):
        response = await desk["agent"].request(method, path, json={}, headers=headers)
        assert response.status_code == 403, path


async def test_nobody_gets_anything_without_a_session(desk: Desk) -> None:
    for path in ("/screens/start", "/events", "/me", f"/questions/{uuid4()}"):
        assert (await desk["nobody"].get(path)).status_code == 401, path


async def test_a_file_goes_through(desk: Desk, question: dict[str, Any]) -> None:
    path = f"/questions/{question['id']}/attachments"
    sent = await desk["agent"].post(
        path, files={"file": ("plan.txt", b"Een plan.")}, headers={"Idempotency-Key": str(uuid4())}
    )
    assert sent.status_code == 201, sent.text
    assert len((await desk["agent"].get(path)).json()["items"]) == 1


def test_every_operation_that_staff_may_do_is_offered() -> None:
    """Nothing that a role of staff has in the policy table is missing, except what is asked in another way."""
    from backend.identity.rules import OPERATIONS, STAFF

    elsewhere = {"getChanges", "previewRouting", "getCustomerOverview", "getQuestionOverview"}
    for_staff = {name for name, row in OPERATIONS.items() if set(row) & set(STAFF)}
    assert for_staff - set(RELAYED) - elsewhere == set()
    assert set(RELAYED) <= set(described())
    assert set(RELAYED) <= for_staff, "a colleague could do nothing with these"


async def test_registering_elsewhere_is_seen_there(desk: Desk) -> None:
    question = await register(desk, "mobiliteit")
    assert (await desk["mobility"].get(f"/screens/questions/{question['id']}")).status_code == 200
