"""Products over HTTP: found as citizens ask for them, read in the city's form, changed by editors only."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.catalogue.imports.schemas import ImportReport
from backend.catalogue.products.schemas import ProductMail
from backend.catalogue.products.service import ProductService
from backend.kit.db import UnitOfWork
from backend.kit.problems import ProblemError
from tests.backend.catalogue.conftest import Stream, run_city_fields, run_import, snapshot
from tests.conftest import SHARED, Client
from tests.people import People

pytestmark = pytest.mark.anyio

LPDC = SHARED / "data" / "lpdc" / "ldes"


async def found(client: Client, **parameters: Any) -> list[str]:
    response = await client.get("/products", params=parameters)
    assert response.status_code == 200, response.text
    return [hit["title"] for hit in response.json()["items"]]


async def first(client: Client, query: str) -> dict[str, Any]:
    hit: dict[str, Any] = (await client.get("/products", params={"q": query, "limit": 1})).json()["items"][0]
    return hit


def issue(response: httpx.Response) -> tuple[str, str]:
    (one,) = response.json()["issues"]
    return one["type"].rpartition(":")[2], one["name"]


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("paspoort", "Reispas aanvragen"),
        ("reispass ", "Reispas aanvragen"),
        ("grofvuil", "Grofvuil aan huis laten ophalen"),
        ("waar kan ik mijn oude matras laten ophalen?", "Grofvuil aan huis laten ophalen"),
        ("GROFVUI", "Grofvuil aan huis laten ophalen"),
    ],
)
async def test_citizens_find_what_they_mean(agent: Client, query: str, title: str) -> None:
    assert (await found(agent, q=query))[0] == title


@pytest.mark.usefixtures("demo")
async def test_a_hit_says_what_it_is_and_why_it_is_there(agent: Client, people: People) -> None:
    hit = await first(agent, "paspoort")
    assert hit["productNumber"] == "1001"
    assert hit["departmentId"] == str(people.departments["burgerzaken"])
    assert (hit["hasHelpSheets"], hit["hasTransaction"]) == (True, True)
    assert hit["matched"][0]["typed"] == "paspoort"
    assert "<mark>" in hit["snippet"]
    assert hit["score"] > 0
    page = (await agent.get("/products", params={"q": "pasport aanvragen "})).json()
    assert page["suggestion"] == "paspoort aanvragen"
    assert page["total"] == len(page["items"]) or page["next"]


@pytest.mark.usefixtures("demo")
async def test_facets_count_and_filter(agent: Client, people: People) -> None:
    everything = (await agent.get("/products")).json()
    facets = everything["facets"]
    assert set(facets) == {"theme", "audience", "type", "departmentId"}
    theme, count = max(facets["theme"].items(), key=lambda pair: pair[1])
    assert 0 < count < everything["total"]
    filtered = (await agent.get("/products", params={"theme": theme})).json()
    assert (filtered["total"], filtered["facets"]["theme"][theme]) == (count, count)
    civil = str(people.departments["burgerzaken"])
    own = (await agent.get("/products", params={"department": civil, "limit": 100})).json()
    assert own["total"] == facets["departmentId"][civil] == len(own["items"])
    assert {hit["departmentId"] for hit in own["items"]} == {civil}
    asked = (await agent.get("/products", params={"q": "aanvragen", "department": civil, "type": "bewijs"})).json()
    assert asked["facets"]["type"] == {"bewijs": asked["total"]}
    assert await found(agent, q="paspoort", theme="bestaatNiet") == []


@pytest.mark.usefixtures("demo")
async def test_without_a_question_all_products_come_by_title(agent: Client) -> None:
    titles: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await agent.get("/products", params={"limit": 25, **cursor})).json()
        titles += [hit["title"] for hit in page["items"]]
        if "next" not in page:
            break
        cursor = {"cursor": page["next"]}
    assert len(titles) == len(set(titles)) == page["total"]
    assert titles == sorted(titles, key=str.casefold)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"query": "paspoort"}, ("unknownInput", "query")),
        ({"limit": 0}, ("schemaViolation", "limit")),
        ({"department": "x"}, ("schemaViolation", "department")),
        ({"q": "x", "cursor": "x"}, ("invalidInput", "cursor")),
        ({"cursor": "x"}, ("invalidInput", "cursor")),
    ],
)
async def test_wrong_parameters_are_refused(
    agent: Client, parameters: dict[str, Any], expected: tuple[str, str]
) -> None:
    response = await agent.get("/products", params=parameters)
    assert (response.status_code, issue(response)) == (400, expected)


@pytest.mark.skipif(not LPDC.exists(), reason="../shared/data/lpdc is not here")
async def test_the_real_catalogue_is_searched(platform: Platform, agent: Client) -> None:
    await run_import(platform, LPDC / "lochristi-page-0.json")
    assert "Belgisch paspoort" in (await found(agent, q="reispas"))[:2]
    assert (await found(agent, q="pasport "))[0] == "Belgisch paspoort"
    assert "grofvuil" in (await found(agent, q="grof vuil"))[0].lower()
    assert (await found(agent, q="trouwen"))[0] == "Huwelijk"
    page = (await agent.get("/products", params={"limit": 1})).json()
    assert page["total"] == 339


@pytest.mark.usefixtures("demo")
async def test_a_product_in_the_form_of_the_city(agent: Client) -> None:
    hit = await first(agent, "paspoort")
    response = await agent.get(f"/products/{hit['id']}")
    product = response.json()
    assert response.headers["etag"] == '"2"'
    assert (product["name"], product["status"], product["version"]) == ("Reispas aanvragen", "published", 2)
    assert "<p>" in product["description"]
    assert "<" not in product["descriptionText"]
    assert "kun je" in product["descriptionText"]
    assert product["conditions"][0]["evidence"]["description"].startswith("<ul>")
    assert product["faq"][0].keys() == {"question", "answer"}
    assert "{name}" in product["transactionUrl"]
    assert product["internalInstructions"]
    assert (await agent.get(f"/products/{hit['id']}", params={"language": "xx"})).status_code == 400
    assert (await agent.get(f"/products/{uuid7()}")).status_code == 404


async def test_another_language_where_there_is_one(platform: Platform, agent: Client, stream: Stream) -> None:
    await run_import(platform, stream.write([snapshot(1, naam={"nl": "Reispas", "en": "Passport"})]))
    hit = await first(agent, "passport")
    assert hit["title"] == "Reispas"
    product = (await agent.get(f"/products/{hit['id']}", params={"language": "en"})).json()
    assert (product["name"], product["descriptionText"]) == ("Passport", "Over product 1.")


@pytest.mark.usefixtures("demo")
async def test_what_is_internal_does_not_leave_the_house(anonymous: Client, people: People) -> None:
    integrator = anonymous.as_user(people.tokens["integrator"])
    page = (await integrator.get("/products", params={"q": "paspoort"})).json()
    hit = page["items"][0]
    assert hit["title"] == "Reispas aanvragen"
    assert "departmentId" not in hit
    assert "departmentId" not in page["facets"]
    product = (await integrator.get(f"/products/{hit['id']}")).json()
    assert product["firstLineInformation"]
    assert {"internalInstructions", "departmentId"}.isdisjoint(product)
    assert "spoedmoment" not in json.dumps(page) + json.dumps(product)
    civil = {"department": str(people.departments["burgerzaken"])}
    assert (await integrator.get("/products", params=civil)).status_code == 403


async def test_internal_instructions_are_not_searched(platform: Platform, stream: Stream, agent: Client) -> None:
    await run_import(platform, stream.write([snapshot(1), snapshot(2)]))
    fields = {"externalId": "urn:product:1", "internalInstructions": "Zeppelin", "firstLineInformation": "Luchtballon"}
    assert await run_city_fields(platform, [fields]) == 1
    assert await found(agent, q="zeppelin ") == []
    assert await found(agent, q="luchtballon ") == ["Product 1"]


@pytest.mark.usefixtures("demo")
async def test_an_editor_changes_what_is_the_citys(anonymous: Client, people: People) -> None:
    editor, agent = (anonymous.as_user(people.tokens[name]) for name in ("editor", "agent"))
    hit = await first(editor, "paspoort")
    path, seen = f"/products/{hit['id']}", await editor.get(f"/products/{hit['id']}")
    change = {
        "departmentId": str(people.departments["mobiliteit"]),
        "faq": [{"question": "Kan het met de zeppelin?", "answer": "Nee."}],
        "internalInstructions": None,
        "transactionUrl": "https://loket.example/a?n={name}",
    }
    changed = await editor.patch(path, json=change, headers={"If-Match": seen.headers["etag"]})
    assert changed.status_code == 200, changed.text
    product = changed.json()
    assert (product["departmentId"], product["faq"]) == (change["departmentId"], change["faq"])
    assert "internalInstructions" not in product
    assert product["helpSheets"] == seen.json()["helpSheets"]
    assert changed.headers["etag"] == '"3"'
    assert (await agent.get(path)).json() == product
    auditor = anonymous.as_user(people.tokens["auditor"])
    (entry,) = (await auditor.get("/audit/entries", params={"action": "changeProduct"})).json()["items"]
    assert (entry["actor"], entry["subject"]) == (str(people.users["editor"]), hit["id"])
    assert sorted(entry["fields"]) == ["department_id", "faq", "internal_instructions", "transaction_url"]
    assert (await found(agent, q="zeppelin "))[0] == "Reispas aanvragen"
    assert (await first(agent, "zeppelin "))["departmentId"] == change["departmentId"]
    stale = await editor.patch(path, json={"flow": None}, headers={"If-Match": seen.headers["etag"]})
    assert stale.status_code == 412
    assert (await editor.patch(path, json={"flow": None})).status_code == 428
    refused = await agent.patch(path, json={"flow": None}, headers={"If-Match": '"3"'})
    assert refused.status_code == 403


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    "change",
    [
        {"departmentId": str(uuid7())},
        {"transactionUrl": "javascript:alert(1)"},
        {"transactionUrl": "https://loket.example/{onbekend}"},
        {"transactionUrl": "https://{name}.example/"},
        {"helpSheets": [{"title": "x", "url": "ftp://x"}]},
        {"name": "Een product van elders"},
    ],
)
async def test_wrong_changes_are_refused(anonymous: Client, people: People, change: dict[str, Any]) -> None:
    editor = anonymous.as_user(people.tokens["editor"])
    hit = await first(editor, "paspoort")
    path = f"/products/{hit['id']}"
    assert (await editor.patch(path, json=change, headers={"If-Match": '"2"'})).status_code == 400
    assert (await editor.get(path)).headers["etag"] == '"2"'


async def test_a_product_without_city_fields_can_get_them(
    platform: Platform, stream: Stream, anonymous: Client, people: People
) -> None:
    await run_import(platform, stream.write([snapshot(1)]))
    editor = anonymous.as_user(people.tokens["editor"])
    hit = await first(editor, "product")
    path = f"/products/{hit['id']}"
    nothing = await editor.patch(path, json={}, headers={"If-Match": '"1"'})
    assert (nothing.status_code, nothing.headers["etag"]) == (200, '"1"')
    changed = await editor.patch(path, json={"guidingQuestions": [" Hoe? ", ""]}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["guidingQuestions"], changed.headers["etag"]) == (["Hoe?"], '"2"')
    assert await run_city_fields(platform, [{"externalId": "urn:product:1", "firstLineInformation": "x"}]) == 0


async def test_a_withdrawn_product_can_be_read_but_not_found(platform: Platform, stream: Stream, agent: Client) -> None:
    await run_import(platform, stream.write([snapshot(1, "Zwembad"), snapshot(2)]))
    hit = await first(agent, "zwembad")
    await run_import(platform, stream.write([snapshot(2)]))
    assert await found(agent, q="zwembad") == []
    assert await found(agent) == ["Product 2"]
    assert (await agent.get(f"/products/{hit['id']}")).json()["status"] == "withdrawn"


async def mail_of(platform: Platform, uow: UnitOfWork, product: UUID, known: dict[str, str]) -> ProductMail:
    service = ProductService(platform.work(uow, None, "test", "test"), platform.products)
    return await service.mail_text(product, "nl", known)


async def test_the_texts_of_a_mail(demo: ImportReport, platform: Platform, uow: UnitOfWork) -> None:
    assert demo.created
    product = await uow.fetchval("SELECT id FROM product WHERE product_number = '1001'")
    mail = await mail_of(platform, uow, product, {"name": "An & Jo", "reference": "7XK2"})
    assert (mail.name, mail.help_sheets[0].title) == ("Reispas aanvragen", "Online een afspraak maken voor een reispas")
    assert mail.first_line_information
    assert "<p>" in mail.description_html
    assert "<" not in mail.description_text
    assert mail.transaction_url == (
        "https://loket.zonderwater.example/afspraak/reispas?naam=An%20%26%20Jo&referentie=7XK2"
    )
    bare = await mail_of(platform, uow, product, {})
    assert bare.transaction_url == "https://loket.zonderwater.example/afspraak/reispas"
    with pytest.raises(ProblemError, match="No such product"):
        await mail_of(platform, uow, uuid7(), {})


async def test_who_is_responsible(platform: Platform, uow: UnitOfWork, stream: Stream, people: People) -> None:
    await run_import(platform, stream.write([snapshot(1), snapshot(2)]))
    await run_city_fields(platform, [{"externalId": "urn:product:1", "department": "mobiliteit"}])
    ids = [row["id"] for row in await uow.fetch("SELECT id FROM product ORDER BY external_id")]
    service = ProductService(platform.work(uow, None, "test", "test"), platform.products)
    assert await service.responsible([*ids, ids[0]]) == {ids[0]: people.departments["mobiliteit"], ids[1]: None}
    assert await service.responsible([]) == {}
    with pytest.raises(ProblemError) as refused:
        await service.responsible([ids[0], uuid7()])
    assert refused.value.status == 400
