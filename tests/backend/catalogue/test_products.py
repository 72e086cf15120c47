"""Products over HTTP: read in the city's form, changed by editors only."""

import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.catalogue.imports.schemas import ImportReport
from backend.catalogue.products.schemas import KnownData, ProductMail
from backend.catalogue.products.service import ProductService, referenced
from backend.kit.access import Principal
from backend.kit.db import UnitOfWork
from backend.kit.problems import ProblemError
from tests.backend.catalogue.conftest import Stream, run_city_fields, run_import, snapshot
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio


async def found(client: Client, **parameters: Any) -> list[str]:
    response = await client.get("/products", params=parameters)
    assert response.status_code == 200, response.text
    return [hit["title"] for hit in response.json()["items"]]


async def first(client: Client, query: str) -> dict[str, Any]:
    hit: dict[str, Any] = (await client.get("/products", params={"q": query, "limit": 1})).json()["items"][0]
    return hit


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


def _alike(language: str, *texts: str) -> dict[str, str]:
    return dict(zip(("nl", language), texts, strict=False))


async def test_every_text_says_in_which_language_it_is(platform: Platform, agent: Client, stream: Stream) -> None:
    one = snapshot(
        1,
        naam=_alike("fr", "Zwembad", "Piscine"),
        beschrijving={"nl": "<p>Zwemmen.</p>"},
        kosten=[
            {"naam": _alike("fr", "Kind", "Enfant"), "beschrijving": _alike("fr", "1 euro", "1 euro")},
            {"naam": _alike("fr", "Oud", "Vieux"), "beschrijving": {"nl": "2 euro"}},
        ],
        voorwaarden=[{"naam": _alike("fr", "Bad", "Bain"), "bewijs": [{"naam": _alike("fr", "Kaart", "Carte")}]}],
        procedures=[{"naam": {"en": "Swim"}}],
    )
    await run_import(platform, stream.write([one]))
    fields = {"externalId": "urn:product:1", "firstLineInformation": "x", "internalInstructions": "y"}
    assert await run_city_fields(platform, [fields]) == 1
    path = f"/products/{(await first(agent, 'zwembad '))['id']}"
    french = (await agent.get(path, params={"language": "fr"})).json()
    assert (french["language"], french["name"]) == ("fr", "Piscine")
    assert french["textLanguages"] == {
        "name": ["fr"],
        "description": ["nl"],
        "conditions": ["fr"],
        "procedures": ["en"],
        "costs": ["fr", "nl"],
        "firstLineInformation": ["nl"],
    }
    assert french["untranslated"] == ["description", "procedures", "costs", "firstLineInformation"]
    dutch = (await agent.get(path)).json()
    assert (dutch["language"], dutch["untranslated"]) == ("nl", ["procedures"])


async def test_je_or_u_as_asked_or_as_the_city_does(platform: Platform, agent: Client, stream: Stream) -> None:
    texts = {"nl": "Iemand", "nl-BE-x-informal": "Je", "nl-BE-x-formal": "U"}
    await run_import(platform, stream.write([snapshot(1, beschrijving=texts), snapshot(2, beschrijving={"nl": "X"})]))
    for hit in (await agent.get("/products")).json()["items"]:
        read = [
            (await agent.get(f"/products/{hit['id']}", params=asked)).json()
            for asked in ({}, {"form": "informal"}, {"form": "formal"})
        ]
        assert [one["form"] for one in read] == ["informal", "informal", "formal"]
        assert [one["descriptionText"] for one in read] in (["Je", "Je", "U"], ["X", "X", "X"])
        assert "untranslated" not in read[2]
    assert (await agent.get(f"/products/{hit['id']}", params={"form": "gij"})).status_code == 400


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("role", ["agent", "lead", "expert", "social", "editor", "administrator", "auditor"])
async def test_staff_see_whom_to_turn_to(anonymous: Client, people: People, role: str) -> None:
    client = anonymous.as_user(people.tokens[role])
    product = (await client.get(f"/products/{(await first(client, 'paspoort'))['id']}")).json()
    assert product["department"] == {
        "id": product["departmentId"],
        "code": "burgerzaken",
        "name": "Burgerzaken",
        "email": "burgerzaken@stad.example",
        "active": True,
    }
    assert (product["published"], bool(product["internalInstructions"])) == (True, True)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("roles", [{"customer"}, {"integrator"}, {"customer", "integrator"}, set(), {"nobody"}])
async def test_citizens_and_unknown_roles_see_nothing_internal(
    platform: Platform, uow: UnitOfWork, roles: set[str]
) -> None:
    who = Principal(id=uuid7(), name="", roles=frozenset(roles), departments={})
    service = ProductService(platform.work(uow, who, "getProduct", "test"), platform.products)
    product = await uow.fetchval("SELECT id FROM product WHERE product_number = '1001'")
    view = msgspec.to_builtins(await service.get(product))
    assert {"internalInstructions", "departmentId", "department", "published"}.isdisjoint(view)
    assert "internalInstructions" not in json.dumps(view)
    await uow.execute("UPDATE product_city SET published = false WHERE product_id = $1", product)
    with pytest.raises(ProblemError, match="No such product"):
        await service.get(product)
    with pytest.raises(ProblemError, match="No such product"):
        await service.fill(product, KnownData())


@pytest.mark.usefixtures("demo")
async def test_what_is_known_goes_into_the_transaction_link(
    anonymous: Client, people: People, capsys: pytest.CaptureFixture[str]
) -> None:
    integrator = anonymous.as_user(people.tokens["integrator"])
    path = f"/products/{(await first(integrator, 'paspoort'))['id']}/transactionLink"
    start = "https://loket.zonderwater.example/afspraak/reispas"
    for known, query in (
        ({}, ""),
        ({"name": "Lien De Smet", "reference": "7XK2"}, "?naam=Lien%20De%20Smet&referentie=7XK2"),
        ({"givenName": "Lien", "familyName": " De Smet "}, "?naam=Lien%20De%20Smet"),
        ({"name": "   ", "email": "l&x=1@b.be"}, "?email=l%26x%3D1%40b.be"),
        ({"name": "//evil.example/#"}, "?naam=%2F%2Fevil.example%2F%23"),
    ):
        filled = await integrator.post(path, json=known)
        assert (filled.status_code, filled.json()) == (200, {"url": start + query}), filled.text
    auditor = anonymous.as_user(people.tokens["auditor"])
    entries = await auditor.get("/audit/entries", params={"action": "fillTransactionLink"})
    assert entries.json()["items"][-2]["fields"] == ["name", "reference"]
    assert "Smet" not in entries.text + "".join(capsys.readouterr())


async def test_a_transaction_link_that_cannot_be(platform: Platform, stream: Stream, agent: Client) -> None:
    await run_import(platform, stream.write([snapshot(1)]))
    path = f"/products/{(await first(agent, 'product'))['id']}/transactionLink"
    assert (await agent.post(path, json={})).status_code == 404
    assert (await agent.post(f"/products/{uuid7()}/transactionLink", json={})).status_code == 404
    for body in ({"ssin": "85073003328"}, {"name": ""}, {"name": "x" * 201}, {"name": 1}, {"name": "a\x00b"}):
        assert (await agent.post(path, json=body)).status_code == 400, body


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


async def test_a_product_is_found_by_what_others_call_it(platform: Platform, stream: Stream) -> None:
    await run_import(platform, stream.write([snapshot(1, productnummer="1181"), snapshot(2)]))
    await run_city_fields(platform, [{"externalId": "urn:product:2", "transactionUrl": "https://stad.example/x"}])
    async with platform.database.transaction() as uow:
        await uow.execute("UPDATE product_city SET published = false")
        by_name = await referenced(uow, ["urn:product:2"])
        hidden = by_name["urn:product:2"]
        asked = ["ipdc:1181", str(hidden.id), "ipdc:none", "1181", "x' OR true --"]
        found = await referenced(uow, asked)
        assert await referenced(uow, []) == {}
    assert set(found) == {"ipdc:1181", str(hidden.id)}
    assert (hidden.published, hidden.has_transaction) == (False, True)
    assert (found["ipdc:1181"].published, found["ipdc:1181"].has_transaction) == (True, False)
    assert found["ipdc:1181"].name == {"nl": "Product 1"}
