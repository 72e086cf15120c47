"""Versions: drafted, changed, reviewed by a second person, published for good, retired; and what is refused."""

import json
from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from backend.app import Platform
from backend.assistant.rules import decode
from backend.kit.db import UnitOfWork
from tests.backend.assistant.authoring import create, document, put_in, replace, step
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


@pytest.fixture
async def editor(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["editor"])


@pytest.fixture
async def reviewer(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["administrator"])


async def kinds(client: Client, version: dict[str, Any]) -> list[tuple[str, str | None]]:
    """What happened, the newest first, with the reason."""
    items = (await client.get(f"/flowVersions/{version['id']}/history")).json()["items"]
    return [(one["kind"], one.get("reason")) for one in items]


async def test_a_new_flow_begins_with_a_draft_of_ones_own_department(editor: Client, people: People) -> None:
    made = await create(editor, {"flow": "trouwen", "title": "Trouwen"})
    assert (made["flow"], made["number"], made["status"], made["current"]) == ("trouwen", 1, "draft", False)
    assert made["departmentId"] == str(people.departments["onthaal"])
    assert made["document"]["title"] == "Trouwen"
    assert made["document"]["version"] == 1
    decode(json.dumps(made["document"]))
    other = await create(
        editor, {"flow": "parkeren", "title": "Parkeren", "departmentId": str(people.departments["mobiliteit"])}
    )
    assert other["owner"] == "Mobiliteit"


async def test_a_flow_has_one_version_in_the_making(editor: Client) -> None:
    first = await create(editor, {"document": document()})
    for body in ({"document": document()}, {"copyOf": first["id"]}):
        refused = await editor.post("/flowVersions", json=body, headers={"Idempotency-Key": f"k-{uuid4()}"})
        assert refused.status_code == 409
        assert refused.json()["type"].endswith(":draftExists")
        assert first["id"] in refused.json()["detail"]
    refused = await editor.post(
        "/flowVersions", json={"flow": "verhuizen", "title": "X"}, headers={"Idempotency-Key": "flow-exists"}
    )
    assert refused.json()["type"].endswith(":flowExists")


async def test_the_same_call_makes_one_draft(editor: Client) -> None:
    headers = {"Idempotency-Key": "once-upon-a-time"}
    first, again = [await editor.post("/flowVersions", json={"document": document()}, headers=headers) for _ in "12"]
    assert first.json()["id"] == again.json()["id"]
    assert len((await editor.get("/flowVersions")).json()["items"]) == 1


async def test_an_import_comes_out_as_it_went_in(editor: Client, people: People) -> None:
    given = document(
        intro={"nl": "Kort", "fr": "Bref"},
        lists={"scholen": ["a", "b"]},
        facts=[{"id": "met_veel", "expr": "gezin > 3", "why": "Een groot gezin"}],
        answers_in="session",
        valid_from="2026-01-01",
    )
    made = await create(editor, {"document": {**given, "version": 17, "status": "published"}})
    assert (made["number"], made["status"], made["validFrom"]) == (1, "draft", "2026-01-01")
    assert made["departmentId"] == str(people.departments["burgerzaken"]), "the department that the document names"
    exported = await editor.get(f"/flowVersions/{made['id']}/document")
    assert exported.headers["content-disposition"] == 'attachment; filename="verhuizen-1.json"'
    assert exported.json() == {**given, "version": 1, "status": "draft"}
    again = await create(editor, {"document": {**exported.json(), "flow": "verhuizen-twee"}})
    second = (await editor.get(f"/flowVersions/{again['id']}/document")).json()
    assert second == {**exported.json(), "flow": "verhuizen-twee"}


async def test_every_fault_of_form_is_named_and_nothing_is_saved(editor: Client) -> None:
    made = await create(editor, {"document": document()})
    wrong = document(kleur="blauw")
    del wrong["questions"][0]["title"]
    wrong["outcomes"][1]["kind"] = "misschien"
    headers = {"If-Match": '"1"'}
    refused = await editor.put(f"/flowVersions/{made['id']}", json={"document": wrong}, headers=headers)
    assert refused.status_code == 400
    places = {issue["name"]: issue["detail"] for issue in refused.json()["issues"]}
    assert places.keys() == {"document", "document/questions/0", "document/outcomes/1/kind"}
    assert "kleur" in places["document"]
    assert (await editor.get(f"/flowVersions/{made['id']}")).json()["version"] == 1
    refused = await editor.post("/flowVersions", json={"document": {}}, headers={"Idempotency-Key": "no-flow-at-all"})
    assert refused.status_code == 400


async def test_a_draft_may_be_half_done(editor: Client) -> None:
    half = document()
    half["questions"][0]["next"] = [{"if": "gezinnen > 3", "goto": "nergens"}]
    made = await create(editor, {"document": half})
    conditions = made["conditions"]
    assert [(one["path"], one["fault"]) for one in conditions] == [("/questions/0/next/0/if", "name")]


async def test_rows_become_conditions_and_conditions_rows(editor: Client) -> None:
    made = await create(editor, {"document": document()})
    (condition,) = made["conditions"]
    assert condition["cel"] == "gezin >= 5"
    rows = condition["rows"]
    assert rows == {"match": "all", "rows": [{"kind": "row", "question": "gezin", "operator": "atLeast", "value": 5}]}
    changed = document()
    changed["questions"][0]["next"][0]["if"] = {
        "match": "any",
        "rows": [{**rows["rows"][0], "value": 7}, {**rows["rows"][0], "operator": "equals", "value": 1}],
    }
    kept = await replace(editor, made, changed)
    assert kept["document"]["questions"][0]["next"][0]["if"] == "gezin >= 7 || gezin == 1"
    assert kept["version"] == 2
    assert (await editor.get(f"/flowVersions/{made['id']}/history")).json()["items"][0]["parts"] == ["questions.gezin"]
    changed["questions"][0]["next"][0]["if"] = {"match": "all", "rows": [{**rows["rows"][0], "question": "kinderen"}]}
    refused = await editor.put(f"/flowVersions/{made['id']}", json={"document": changed}, headers={"If-Match": '"2"'})
    assert refused.status_code == 400
    assert refused.json()["issues"][0]["name"] == "document/questions/0/next/0/if"


async def test_what_is_already_so_is_no_change(editor: Client) -> None:
    made = await create(editor, {"document": document()})
    kept = await replace(editor, made, document())
    assert kept["version"] == 1
    assert await kinds(editor, made) == [("created", None)]


async def test_a_version_stays_with_its_flow(editor: Client) -> None:
    made = await create(editor, {"document": document()})
    url, headers = f"/flowVersions/{made['id']}", {"If-Match": '"1"'}
    refused = await editor.put(url, json={"document": document("anders")}, headers=headers)
    assert refused.status_code == 400
    assert refused.json()["issues"][0]["name"] == "document/flow"


async def test_a_change_of_what_somebody_else_changed_is_refused(editor: Client, reviewer: Client) -> None:
    made = await create(editor, {"document": document()})
    await replace(reviewer, made, document(title="Verhuizen"))
    url, body = f"/flowVersions/{made['id']}", {"document": document(title="Anders")}
    assert (await editor.put(url, json=body, headers={"If-Match": '"1"'})).status_code == 412
    assert (await editor.put(url, json=body)).status_code == 428
    assert (await editor.delete(url, headers={"If-Match": '"1"'})).status_code == 412


async def test_a_draft_can_be_thrown_away_and_its_number_is_not_given_again(editor: Client) -> None:
    made = await create(editor, {"document": document()})
    gone = await editor.delete(f"/flowVersions/{made['id']}", headers={"If-Match": '"1"'})
    assert gone.status_code == 204
    assert (await editor.get(f"/flowVersions/{made['id']}")).status_code == 404
    again = await create(editor, {"document": document()})
    assert again["number"] == 2
    history = (await editor.get(f"/flowVersions/{again['id']}/history")).json()["items"]
    assert [(one["number"], one["kind"]) for one in history] == [(2, "created"), (1, "removed"), (1, "created")]
    assert history[0]["actor"]["name"] == "Editor"


async def test_versions_are_found_by_flow_and_status(editor: Client, uow: UnitOfWork) -> None:
    for slug in ("aap", "noot", "mies"):
        await put_in(uow, document(slug))
    made = await create(editor, {"document": document("noot", title={"nl": "Nootjes", "fr": "Noix"})})
    assert made["languages"] == ["nl"], "no question is in French"
    found = (await editor.get("/flowVersions?flow=noot")).json()["items"]
    assert [(one["number"], one["status"], one["current"], one["title"]) for one in found] == [
        (2, "draft", False, "Nootjes"),
        (1, "published", True, "Ik verhuis"),
    ]
    first = (await editor.get("/flowVersions?status=published&limit=2")).json()
    rest = (await editor.get("/flowVersions", params={"status": "published", "cursor": first["next"]})).json()
    assert [one["flow"] for one in first["items"] + rest["items"]] == ["mies", "noot", "aap"]
    assert (await editor.get("/flowVersions?status=weg")).status_code == 400


async def test_retiring_gives_way_to_the_version_before(editor: Client, uow: UnitOfWork, platform: Platform) -> None:
    await put_in(uow, document(title="Eerste"))
    newest = await put_in(uow, document(title="Tweede"))
    url = f"/flowVersions/{newest}"
    assert (await editor.post(f"{url}/return", json={"reason": "Fout"}, headers={"If-Match": '"1"'})).status_code == 409
    retired = await step(editor, {"id": newest, "version": 1}, "retire", {"reason": "Wet is veranderd"})
    assert (retired["status"], retired["current"], retired["version"]) == ("retired", False, 2)
    served = await platform.flows.current("verhuizen", date(2026, 12, 1))
    assert served is not None
    assert served.program.flow.title == "Eerste"
    assert await kinds(editor, {"id": newest}) == [("retired", "Wet is veranderd")]
    again = await editor.post(f"{url}/retire", json={"reason": "Nog eens"}, headers={"If-Match": '"2"'})
    assert again.json()["type"].endswith(":wrongStatus")


@pytest.mark.parametrize(
    "change",
    [
        'document = document || \'{"title": "Anders"}\'',
        "status = 'draft', published_at = NULL",
        "valid_from = '2020-01-01'",
        "review_by = NULL",
    ],
)
@pytest.mark.parametrize("status", ["published", "retired"])
async def test_the_database_keeps_what_was_published(uow: UnitOfWork, status: str, change: str) -> None:
    version = await put_in(uow, document(), status=status)
    with pytest.raises(asyncpg.RestrictViolationError):
        await uow.execute(f"UPDATE flow_version SET {change} WHERE id = $1", version)


@pytest.mark.parametrize("status", ["review", "published", "retired"])
async def test_the_database_keeps_what_is_no_draft(uow: UnitOfWork, status: str) -> None:
    version = await put_in(uow, document(), status=status)
    with pytest.raises(asyncpg.RestrictViolationError):
        await uow.execute("DELETE FROM flow_version WHERE id = $1", version)


async def test_one_thing_to_begin_with_and_a_title(editor: Client) -> None:
    bodies = [
        {},
        {"flow": "trouwen"},
        {"flow": "trouwen", "title": "T", "document": document()},
        {"copyOf": str(uuid4())},
        {"flow": "trouwen", "title": "T", "departmentId": str(uuid4())},
    ]
    for body in bodies:
        refused = await editor.post("/flowVersions", json=body, headers={"Idempotency-Key": f"k-{uuid4()}"})
        assert refused.status_code == 400, body


async def test_a_flow_that_was_thrown_away_begins_anew_and_its_history_can_be_read(
    editor: Client, people: People
) -> None:
    first, second = people.departments["mobiliteit"], people.departments["burgerzaken"]
    made = await create(editor, {"flow": "parkeren", "title": "Parkeren", "departmentId": str(first)})
    gone = await editor.delete(f"/flowVersions/{made['id']}", headers={"If-Match": '"1"'})
    assert gone.status_code == 204
    assert [kind for kind, _ in await kinds(editor, made)] == ["removed", "created"]
    again = await create(editor, {"flow": "parkeren", "title": "Parkeren", "departmentId": str(second)})
    assert (again["number"], again["departmentId"]) == (2, str(second))
    unknown = await editor.get(f"/flowVersions/{uuid4()}/history")
    assert unknown.status_code == 404
