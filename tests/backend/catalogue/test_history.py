"""The history of a product: every change with who and why, nothing twice, and the way back."""

from typing import Any

import httpx
import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.catalogue.history.service import ImportHistory
from backend.catalogue.imports.schemas import ImportReport
from backend.catalogue.rules import ProductFacts, fact_changes
from backend.kit.db import UnitOfWork, encode_json
from tests.backend.catalogue.conftest import Stream, run_import, snapshot
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


@pytest.fixture
async def editor(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["editor"])


@pytest.fixture
async def product(demo: ImportReport, editor: Client) -> str:
    assert demo.created
    (hit, *_) = (await editor.get("/products", params={"q": "paspoort"})).json()["items"]
    return f"/products/{hit['id']}"


async def change(editor: Client, path: str, **fields: Any) -> dict[str, Any]:
    seen = await editor.get(path)
    response = await editor.patch(path, json=fields, headers={"If-Match": seen.headers["etag"]})
    assert response.status_code == 200, response.text
    view: dict[str, Any] = response.json()
    return view


async def revert(editor: Client, path: str, version: int, *, match: str = "", **more: Any) -> httpx.Response:
    match = match or (await editor.get(path)).headers["etag"]
    headers = {"If-Match": match, "Idempotency-Key": more.pop("key", str(uuid7()))}
    return await editor.post(f"{path}/revert", json={"version": version, **more}, headers=headers)


async def history(editor: Client, path: str, **parameters: Any) -> list[dict[str, Any]]:
    response = await editor.get(f"{path}/changes", params=parameters)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def test_a_change_says_who_why_and_what(editor: Client, people: People, product: str) -> None:
    was = (await editor.get(product)).json()
    faq = [{"question": "Kan het met spoed?", "answer": "Ja."}]
    await change(editor, product, faq=faq, internalInstructions=None, reason="Gevraagd door Burgerzaken")
    await change(editor, product, published=False)
    second, first = await history(editor, product)
    assert second["fields"] == [{"field": "published", "before": True, "after": False}]
    assert (first["version"], first["kind"], first["reason"]) == (3, "city", "Gevraagd door Burgerzaken")
    assert first["actor"] == {"id": str(people.users["editor"]), "name": "Editor"}
    assert sorted(first["fields"], key=lambda one: str(one["field"])) == [
        {"field": "faq", "before": was["faq"], "after": faq},
        {"field": "internalInstructions", "before": was["internalInstructions"]},
    ]
    assert (await editor.get(f"/products/{uuid7()}/changes")).status_code == 404


async def test_pages_go_back_in_time(editor: Client, product: str) -> None:
    for number in range(5):
        await change(editor, product, flow=f"stroom-{number}")
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await editor.get(f"{product}/changes", params={"limit": 2, **cursor})).json()
        seen += [one["version"] for one in page["items"]]
        if "next" not in page:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [7, 6, 5, 4, 3]
    assert (await editor.get(f"{product}/changes", params={"cursor": "x"})).status_code == 400


async def test_back_to_how_it_was(editor: Client, people: People, product: str) -> None:
    start = (await editor.get(product)).json()
    third = await change(editor, product, firstLineInformation="Drie", flow="drie", published=False)
    await change(
        editor, product, firstLineInformation="Vier", departmentId=str(people.departments["mobiliteit"]), faq=[]
    )
    await change(editor, product, transactionUrl=None, helpSheets=[])

    def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
        return {**one, "version": 0} == {**other, "version": 0}

    back = await revert(editor, product, 3, reason="Was beter")
    assert (back.status_code, back.headers["etag"]) == (200, '"6"'), back.text
    assert same(back.json(), third)
    newest = (await history(editor, product))[0]
    assert (newest["version"], newest["kind"], newest["reason"]) == (6, "revert", "Was beter")
    assert {one["field"] for one in newest["fields"]} == {
        "firstLineInformation",
        "departmentId",
        "faq",
        "transactionUrl",
        "helpSheets",
    }
    again = await revert(editor, product, 2)
    assert same(again.json(), start)
    forth = await revert(editor, product, 5)
    assert (forth.json()["firstLineInformation"], "faq" in forth.json()) == ("Vier", False)
    assert same((await editor.get(product)).json(), forth.json())


async def test_going_back_asks_for_the_version_and_happens_once(
    editor: Client, anonymous: Client, people: People, product: str
) -> None:
    await change(editor, product, flow="drie")
    first = await revert(editor, product, 2, key="back-to-two-1")
    replayed = await revert(editor, product, 2, match='"3"', key="back-to-two-1")
    assert (first.headers["etag"], replayed.headers["etag"]) == ('"4"', '"4"')
    assert replayed.headers["idempotency-replayed"] == "true"
    assert replayed.json() == first.json()
    assert (await revert(editor, product, 1, match='"4"', key="back-to-two-1")).status_code == 422
    assert (await revert(editor, product, 2, match='"3"')).status_code == 412
    without = await editor.post(f"{product}/revert", json={"version": 2}, headers={"Idempotency-Key": "back-to-two-2"})
    assert without.status_code == 428
    same = await revert(editor, product, 4)
    assert (same.status_code, same.headers["etag"]) == (200, '"4"')
    assert len(await history(editor, product)) == 2
    for version in (1, 5, 0):
        refused = await revert(editor, product, version)
        assert (refused.status_code, refused.json()["issues"][0]["name"]) == (400, "version"), version
    auditor = anonymous.as_user(people.tokens["auditor"])
    (entry,) = (await auditor.get("/audit/entries", params={"action": "revertProduct"})).json()["items"]
    assert (entry["fields"], entry["subject"]) == (["flow"], product.rpartition("/")[2])


async def test_not_back_to_a_department_that_is_gone(
    platform: Platform, editor: Client, people: People, product: str
) -> None:
    await change(editor, product, departmentId=str(people.departments["mobiliteit"]))
    async with platform.database.transaction() as uow:
        await uow.execute("UPDATE department SET active = false WHERE code = 'burgerzaken'")
    refused = await revert(editor, product, 2)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem-type:onthaal:departmentInactive")
    assert (await editor.get(product)).headers["etag"] == '"3"'


async def test_a_change_that_fails_leaves_nothing(editor: Client, product: str) -> None:
    seen = (await editor.get(product)).json()
    headers = {"If-Match": '"2"'}
    body = {"flow": "drie", "departmentId": str(uuid7())}
    assert (await editor.patch(product, json=body, headers=headers)).status_code == 400
    assert (await editor.get(product)).json() == seen
    assert await history(editor, product) == []


def facts(**more: Any) -> ProductFacts:
    return ProductFacts(external_id="x", snapshot_id="s1", name={"nl": "Zwembad"}, **more)


def test_only_what_a_reader_sees_has_changed() -> None:
    held = facts(keywords=("bad",), description={"nl": "kort"}, product_number="1")
    assert fact_changes(held, held) == ({}, {})
    again = facts(keywords=("bad",), description={"nl": "kort"}, product_number="1")
    assert fact_changes(held, ProductFacts(**{**_fields(again), "snapshot_id": "s2"})) == ({}, {})
    fresh = facts(keywords=tuple(f"woord{number}" for number in range(100)), description={"nl": "x" * 300})
    before, after = fact_changes(held, fresh)
    assert before == {"keywords": ("bad",), "description": {"nl": "kort"}, "productNumber": "1"}
    assert after == {"keywords": "…", "description": {"nl": "x" * 200 + " …"}, "productNumber": None}


def _fields(one: ProductFacts) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


async def test_a_synchronisation_writes_down_what_changed(
    platform: Platform, uow: UnitOfWork, stream: Stream, editor: Client
) -> None:
    await run_import(platform, stream.write([snapshot(1), snapshot(2), snapshot(3)]))
    ids = {row["external_id"]: row["id"] for row in await uow.fetch("SELECT id, external_id FROM product")}
    path = f"/products/{ids['urn:product:1']}"
    await change(editor, path, flow="verhuizen")
    told = ImportHistory(platform.work(uow, None, "test", "test"))
    await told.before(list(ids.values()))
    fresh = ProductFacts(external_id="urn:product:1", snapshot_id="s2", name={"nl": "Anders"})
    await uow.execute(
        "UPDATE product SET facts = $2::jsonb, version = version + 1 WHERE id = $1",
        ids["urn:product:1"],
        encode_json(fresh),
    )
    await uow.execute(
        "UPDATE product SET status = 'withdrawn', version = version + 1 WHERE id = $1", ids["urn:product:2"]
    )
    assert await told.after() == 2
    assert await told.after() == 0
    newest, older = await history(editor, path)
    assert (newest["version"], newest["kind"], older["kind"], "actor" in newest) == (3, "import", "city", False)
    assert {one["field"]: (one.get("before"), one.get("after")) for one in newest["fields"]} == {
        "name": ({"nl": "Product 1"}, {"nl": "Anders"}),
        "description": ({"nl": "<p>Over product 1.</p>"}, None),
    }
    (gone,) = await history(editor, f"/products/{ids['urn:product:2']}")
    assert gone["fields"] == [{"field": "status", "before": "published", "after": "withdrawn"}]
    assert await history(editor, f"/products/{ids['urn:product:3']}") == []
    back = await revert(editor, path, 1)
    assert ("flow" in back.json(), back.json()["name"]) == (False, "Anders")
