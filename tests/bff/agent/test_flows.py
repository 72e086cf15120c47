"""Guided questions at the desk: asked, kept with a question, written by editors; each as who is logged in."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.kit.reach import EVERYTHING
from tests.backend.assistant.authoring import document
from tests.backend.assistant.taking import GUESTS, PERMIT, SECRET, party, publish
from tests.bff.agent.conftest import Desk, contact, register, wrap_up
from tests.samples import PERSON

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
HOME = {"street": "Dorpsstraat", "number": "1", "postcode": "9999", "municipality": "Zonderwater"}


@pytest.fixture
async def flow(desk: Desk) -> str:
    """A published flow; the database keeps those of other tests."""
    slug = f"feest-{uuid4().hex[:12]}"
    await publish(desk.platform, {**party(), "flow": slug})
    return slug


def call(desk: Desk, flow: str, **answers: Any) -> Json:
    """A contact of which the question was clarified with a flow."""
    made = contact(desk.people.departments["burgerzaken"])
    del made["questions"][0]["departmentId"]
    made["questions"][0]["flow"] = {"flow": flow, "version": 1, "answers": answers}
    return made


async def change(client: httpx.AsyncClient, method: str, path: str, version: int, body: Json) -> httpx.Response:
    return await client.request(method, path, json=body, headers={"If-Match": f'"{version}"'})


async def test_a_flow_is_taken_with_a_customer_and_goes_with_the_question(desk: Desk, flow: str) -> None:
    agent = desk["agent"]
    customer = {**PERSON, "addresses": [HOME]}
    made = await agent.post("/customers", json=customer, headers={"Idempotency-Key": uuid4().hex})
    who = made.json()["id"]
    view = (await agent.post(f"/flows/{flow}/guided", json={"answers": {"gasten": 80}, "customerId": who})).json()
    given = {one["id"]: one["value"] for one in view["questions"] if "value" in one}
    assert given == GUESTS, "what we know of this customer is filled in"
    assert (view["questions"][1]["note"], view["next"]) == (SECRET, "tent")
    async with desk.platform.database.begin(EVERYTHING) as uow:
        await uow.execute("SET LOCAL ROLE onthaal_auditor")
        sql = "SELECT actor, fields FROM audit_entry WHERE action = 'takeGuidedStep' AND subject = $1"
        (look,) = await uow.fetch(sql, made.json()["id"])
    assert (look["actor"], look["fields"]) == (desk.people.users["agent"], ["addresses", "kind"])

    body = call(desk, flow, **PERMIT)
    del body["customer"]
    kept = await wrap_up(agent, {**body, "customerId": who})
    assert kept.status_code == 201, kept.text
    question = (await agent.get(f"/questions/{kept.json()['contact']['questions'][0]['id']}")).json()
    assert (question["assistance"]["outcome"], question["assistance"]["mode"]) == ("vergunning", "agent")
    assert question["departmentId"] == str(desk.people.departments["mobiliteit"]), "routed by what the outcome says"
    assert (question["customerId"], len(question["structuredAnswers"])) == (who, 5)


async def test_an_answer_that_is_none_is_told_with_its_place(desk: Desk, flow: str) -> None:
    for body, place in (
        (call(desk, flow, wie="niemand"), "answers.wie"),
        (call(desk, flow, kleur="rood"), "answers.kleur"),
        (call(desk, "nooit"), "flow"),
    ):
        refused = await wrap_up(desk["agent"], body)
        assert refused.status_code == 400
        assert [one["name"] for one in refused.json()["issues"]] == [f"contact.questions[0].flow.{place}"]


async def test_a_flow_is_put_at_a_question_that_exists(desk: Desk, flow: str) -> None:
    agent, question = desk["agent"], await register(desk, "burgerzaken")
    path = f"/questions/{question['id']}/flow"
    now = (await agent.get(f"/questions/{question['id']}")).json()["version"]
    body = {"flow": flow, "version": 1, "answers": GUESTS, "notKnown": ["tent"]}
    assert (await agent.post(path, json=body)).status_code == 428
    done = await change(agent, "POST", path, now, body)
    assert done.status_code == 200, done.text
    kept = done.json()["assistance"]
    assert (kept["openQuestion"], kept["notKnown"]) == ("tent", ["Komt er een tent?"])
    assert done.headers["etag"] == f'"{now + 1}"'
    assert (await change(agent, "POST", path, now, body)).status_code == 412, "somebody was before"
    assert done.json()["timeline"][-1]["actorId"] == str(desk.people.users["agent"])


async def test_editors_write_and_a_second_one_publishes(desk: Desk) -> None:
    editor, reviewer, slug = desk["editor"], desk["administrator"], f"verhuis-{uuid4().hex[:12]}"
    made = await editor.post(
        "/flowVersions", json={"document": document(slug)}, headers={"Idempotency-Key": uuid4().hex}
    )
    assert made.status_code == 201, made.text
    path = f"/flowVersions/{made.json()['id']}"
    changed = await change(editor, "PUT", path, 1, {"document": document(slug, title="Ik verhuis binnenkort")})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"'), changed.text
    assert (await change(editor, "PUT", path, 1, {"document": document(slug)})).status_code == 412
    assert (await editor.post(f"{path}/check")).json()["ready"] is True
    tried = await editor.post(f"{path}/preview", json={"answers": {"gezin": 6}})
    assert tried.json()["step"]["outcome"]["id"] == "groot"
    assert (await editor.get(f"{path}/graph")).json()["mermaid"].startswith("flowchart")
    assert (await change(editor, "POST", f"{path}/submit", 2, {})).status_code == 200
    own = await change(editor, "POST", f"{path}/publish", 3, {})
    assert (own.status_code, own.json()["type"].rpartition(":")[2]) == (409, "secondReviewerNeeded")
    assert (await desk["agent"].get(f"/flows/{slug}")).status_code == 404
    done = await change(reviewer, "POST", f"{path}/publish", 3, {})
    assert done.status_code == 200, done.text
    assert (await desk["agent"].get(f"/flows/{slug}")).json()["title"] == "Ik verhuis binnenkort"
    exported = await editor.get(f"{path}/document")
    assert exported.headers["content-disposition"] == f'attachment; filename="{slug}-1.json"'
    assert exported.json()["tests"] == document(slug)["tests"]
    figures = await editor.get("/flowStatistics", params={"flow": slug, "from": "2026-01-01", "to": "2026-01-31"})
    assert figures.json()["totals"]["started"] == 0


async def test_each_does_what_the_role_allows(desk: Desk, flow: str) -> None:
    guided = f"/flows/{flow}/guided"
    body, key = {"document": document("rol")}, {"Idempotency-Key": uuid4().hex}
    for who, asked, status in (
        ("nobody", guided, 403),
        ("editor", guided, 403),
        ("auditor", guided, 403),
        ("expert", guided, 200),
        ("agent", "/flowVersions", 403),
    ):
        sent = {} if asked == guided else body
        assert (await desk[who].post(asked, json=sent, headers=key)).status_code == status, (who, asked)
    assert (await desk["nobody"].get(f"/flows/{flow}")).status_code == 401
    assert (await desk["nobody"].post(guided, json={}, headers={"X-CSRF": "1"})).status_code == 401
    for headers in ({"X-CSRF": ""}, {"Origin": "https://elders.example"}):
        refused = await desk["editor"].post("/flowVersions", json=body, headers={**key, **headers})
        assert refused.status_code == 403, headers
    for path in (f"/flows/{flow}/handover", f"/flows/{flow}/summary"):
        assert (await desk["agent"].post(path, json={}, headers=key)).status_code == 404, "is for citizens"
    assert (await desk["agent"].get(f"/own/flows/{flow}/answers")).status_code == 404
