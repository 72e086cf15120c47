"""Editors change what is the city's: looked at first, refused with reasons, seen by everybody at once, never half."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform, development_issuer
from backend.catalogue.editing.schemas import ProductPatch
from backend.catalogue.editing.service import EditingService
from backend.catalogue.imports.schemas import ImportReport
from backend.catalogue.index.service import TOPIC
from backend.catalogue.products.service import ProductService
from backend.kit.access import Principal
from backend.kit.db import Database
from backend.kit.problems import ProblemError
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.backend.catalogue.conftest import Stream, run_city_fields, run_import, snapshot
from tests.conftest import Client
from tests.people import People, add_people

pytestmark = pytest.mark.anyio

MOST_SECONDS = 2


@pytest.fixture
async def editor(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["editor"])


@pytest.fixture
async def product(demo: ImportReport, editor: Client) -> str:
    """The path of the product that the demo city says most about."""
    assert demo.created
    (hit, *_) = (await editor.get("/products", params={"q": "paspoort"})).json()["items"]
    return f"/products/{hit['id']}"


@pytest.fixture
async def plain(platform: Platform, stream: Stream, editor: Client) -> str:
    """The path of a product that the city says nothing about; quicker than the demo."""
    await run_import(platform, stream.write([snapshot(1)]))
    (hit,) = (await editor.get("/products")).json()["items"]
    return f"/products/{hit['id']}"


async def change(editor: Client, path: str, **fields: Any) -> httpx.Response:
    seen = await editor.get(path)
    return await editor.patch(path, json=fields, headers={"If-Match": seen.headers["etag"]})


async def titles(client: Client, query: str) -> list[str]:
    return [hit["title"] for hit in (await client.get("/products", params={"q": query})).json()["items"]]


def faults(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return {one["name"]: one["detail"] for one in response.json()["issues"]}


async def test_a_product_can_be_taken_away_from_citizens(
    anonymous: Client, agent: Client, people: People, editor: Client, product: str
) -> None:
    integrator = anonymous.as_user(people.tokens["integrator"])
    assert (await integrator.get(product)).status_code == 200
    hidden = await change(editor, product, published=False, reason="Dienst staakt")
    assert (hidden.status_code, hidden.json()["published"]) == (200, False)
    assert "Reispas aanvragen" not in await titles(editor, "paspoort")
    assert (await agent.get(product)).json()["published"] is False
    assert (await integrator.get(product)).status_code == 404
    assert (await integrator.post(f"{product}/transactionLink", json={})).status_code == 404
    assert (await agent.post(f"{product}/transactionLink", json={})).status_code == 200
    question = {"subject": "Reispas", "text": "Hoe lang duurt het?", "productId": product.rpartition("/")[2]}
    asked = await agent.post(
        "/contacts",
        json={"channel": "phone", "questions": [question]},
        headers={"Idempotency-Key": "unpublished-0001"},
    )
    assert asked.status_code == 201, asked.text
    assert asked.json()["questions"][0]["departmentId"] == str(people.departments["burgerzaken"])
    assert (await change(editor, product, published=True)).status_code == 200
    assert (await integrator.get(product)).status_code == 200
    assert "Reispas aanvragen" in await titles(editor, "paspoort")


async def test_what_is_already_so_is_no_change(editor: Client, product: str) -> None:
    seen = await editor.get(product)
    same = {name: seen.json()[name] for name in ("faq", "helpSheets", "departmentId", "transactionUrl", "published")}
    tidier = {"firstLineInformation": f"  {seen.json()['firstLineInformation']}\n", "flow": None}
    again = await change(editor, product, **same, **tidier, reason="Niets nieuws")
    assert (again.status_code, again.headers["etag"], again.json()) == (200, seen.headers["etag"], seen.json())
    assert (await editor.get(f"{product}/changes")).json()["items"] == []


async def test_texts_are_kept_tidy(editor: Client, product: str) -> None:
    fields = {
        "firstLineInformation": "  Kost < 5 euro, mail <loket@stad.example> of <https://stad.example/x>.\r\n ",
        "internalInstructions": "   ",
        "faq": [{"question": " Mag het? ", "answer": " Ja, als a<b. "}],
    }
    changed = (await change(editor, product, **fields)).json()
    assert changed["firstLineInformation"] == "Kost < 5 euro, mail <loket@stad.example> of <https://stad.example/x>."
    assert "internalInstructions" not in changed
    assert changed["faq"] == [{"question": "Mag het?", "answer": "Ja, als a<b."}]


async def test_questions_of_the_form_are_changed_seen_and_brought_back(
    editor: Client, anonymous: Client, plain: str, people: People
) -> None:
    asked = [
        {"key": "wanneer", "label": " Wanneer vertrek je? ", "kind": "date", "required": True},
        {"key": "wie", "label": "Voor wie?", "kind": "choice", "options": ["Volwassene ", "Kind"], "help": " Kies. "},
    ]
    changed = (await change(editor, plain, contactFormQuestions=asked)).json()
    tidy = [
        {"key": "wanneer", "label": "Wanneer vertrek je?", "kind": "date", "required": True},
        {"key": "wie", "label": "Voor wie?", "kind": "choice", "options": ["Volwassene", "Kind"], "help": "Kies."},
    ]
    assert changed["contactFormQuestions"] == tidy
    agent = anonymous.as_user(people.tokens["agent"])
    assert (await agent.get(plain)).json()["contactFormQuestions"] == tidy
    emptied = await change(editor, plain, contactFormQuestions=[])
    assert "contactFormQuestions" not in emptied.json()
    headers = {"If-Match": emptied.headers["etag"], "Idempotency-Key": "form-questions-back"}
    back = await editor.post(f"{plain}/revert", json={"version": changed["version"]}, headers=headers)
    assert back.json()["contactFormQuestions"] == tidy


@pytest.mark.parametrize(
    ("fields", "name", "said"),
    [
        ({"firstLineInformation": "<script>alert(1)</script>"}, "firstLineInformation", "no HTML"),
        ({"internalInstructions": "Zie <img src=x onerror=alert(1)>"}, "internalInstructions", "no HTML"),
        ({"faq": [{"question": "A?", "answer": "<b>ja</b>"}]}, "faq[0].answer", "no HTML"),
        ({"faq": [{"question": "  ", "answer": "ja"}]}, "faq[0].question", "Only spaces"),
        ({"contactFormQuestions": [{"key": "a", "label": "<b>x</b>"}]}, "contactFormQuestions[0].label", "no HTML"),
        ({"contactFormQuestions": [{"key": "a", "label": " "}]}, "contactFormQuestions[0].label", "Only spaces"),
        ({"contactFormQuestions": [{"key": "a", "label": "x"}] * 2}, "contactFormQuestions[1].key", "The same key"),
        (
            {"contactFormQuestions": [{"key": "a", "label": "x"}, {"key": "b", "label": " x"}]},
            "contactFormQuestions[1].label",
            "The same label",
        ),
        (
            {"contactFormQuestions": [{"key": "a", "label": "x", "kind": "choice"}]},
            "contactFormQuestions[0].options",
            "only a choice",
        ),
        (
            {"contactFormQuestions": [{"key": "a", "label": "x", "options": ["ja"]}]},
            "contactFormQuestions[0].options",
            "only a choice",
        ),
        (
            {"contactFormQuestions": [{"key": "a", "label": "x", "kind": "choice", "options": ["ja", "ja "]}]},
            "contactFormQuestions[0].options",
            "twice",
        ),
        ({"guidingQuestions": ["<a href='javascript:x'>x</a>"]}, "guidingQuestions[0]", "no HTML"),
        ({"helpSheets": [{"title": "<i>x</i>", "url": "https://a.be"}]}, "helpSheets[0].title", "no HTML"),
        ({"helpSheets": [{"title": "x", "url": "javascript:alert(1)"}]}, "helpSheets[0].url", "matching"),
        ({"helpSheets": [{"title": "x", "url": "https://a.be@evil.example/"}]}, "helpSheets[0].url", "@"),
        ({"transactionUrl": "javascript:alert(1)"}, "transactionUrl", "matching"),
        ({"transactionUrl": "data:text/html,x"}, "transactionUrl", "matching"),
        ({"transactionUrl": "https://a.be/{onbekend}"}, "transactionUrl", "{onbekend} is no placeholder"),
        ({"transactionUrl": "https://{name}.be/"}, "transactionUrl", "may not stand in the host"),
        ({"transactionUrl": "https://127.0.0.1/"}, "transactionUrl", "name of a host"),
        ({"faq": [{"question": "Q?", "answer": "A"}] * 51}, "faq", "length <= 50"),
        ({"firstLineInformation": "x" * 20_001}, "firstLineInformation", "length <= 20000"),
        ({"internalInstructions": "a\x00b"}, "internalInstructions", "U+0000"),
        ({"departmentId": str(uuid7())}, "departmentId", "No such active department"),
        ({"published": "false"}, "published", "bool"),
        ({"published": None}, "published", "bool"),
        ({"name": "Van elders"}, "name", "unknown field"),
        ({"reason": "x"}, "reason", "length >= 3"),
    ],
)
async def test_rubbish_is_refused_with_its_place(
    editor: Client, plain: str, fields: dict[str, Any], name: str, said: str
) -> None:
    found = faults(await change(editor, plain, **fields))
    assert name in found
    assert said in found[name]
    assert (await editor.get(plain)).headers["etag"] == '"1"'


async def test_every_fault_is_told_at_once(editor: Client, plain: str) -> None:
    fields = {"firstLineInformation": "<b>x</b>", "transactionUrl": "https://a.be/{x}", "flow": "verhuizen"}
    assert set(faults(await change(editor, plain, **fields))) == {"firstLineInformation", "transactionUrl"}


async def test_ten_megabytes_are_too_much(editor: Client, plain: str) -> None:
    body = b'{"firstLineInformation":"' + b"x" * 10_000_000 + b'"}'
    headers = {"If-Match": '"2"', "Content-Type": "application/json"}
    for method, path in (("PATCH", plain), ("POST", f"{plain}/preview"), ("POST", f"{plain}/transactionLink")):
        refused = await editor.request(method, path, content=body, headers=headers)
        assert (refused.status_code, refused.headers["content-type"]) == (413, "application/problem+json")


async def test_a_fault_from_before_does_not_block_something_else(
    platform: Platform, stream: Stream, editor: Client
) -> None:
    await run_import(platform, stream.write([snapshot(1)]))
    assert await run_city_fields(platform, [{"externalId": "urn:product:1", "firstLineInformation": "<p>Oud</p>"}])
    (hit,) = (await editor.get("/products", params={"q": "product"})).json()["items"]
    path = f"/products/{hit['id']}"
    assert (await change(editor, path, flow="verhuizen")).status_code == 200
    preview = (await editor.post(f"{path}/preview", json={"published": False})).json()
    assert ("markup", False) in {(one["code"], one["blocking"]) for one in preview["warnings"]}
    assert set(faults(await change(editor, path, firstLineInformation="<p>Nieuw</p>"))) == {"firstLineInformation"}


async def test_looking_first_saves_nothing(editor: Client, people: People, product: str) -> None:
    seen = await editor.get(product)
    fields = {
        "firstLineInformation": "Nieuw",
        "internalInstructions": "Alleen voor ons",
        "departmentId": str(people.departments["mobiliteit"]),
        "faq": [{"question": "Mag het?", "answer": "Ja"}, {"question": "mag HÉT", "answer": "Nee"}],
        "helpSheets": [{"title": "x", "url": "http://stad.example/x"}],
    }
    preview = (await editor.post(f"{product}/preview", json=fields)).json()
    staff, citizen = preview["staff"], preview["citizen"]
    assert (staff["firstLineInformation"], citizen["firstLineInformation"]) == ("Nieuw", "Nieuw")
    assert (staff["internalInstructions"], staff["department"]["code"]) == ("Alleen voor ons", "mobiliteit")
    assert {"internalInstructions", "departmentId", "department", "published"}.isdisjoint(citizen)
    assert {(one["code"], one["field"]) for one in preview["warnings"]} == {
        ("faqDouble", "faq[1].question"),
        ("notHttps", "helpSheets[0].url"),
    }
    assert not any(one["blocking"] for one in preview["warnings"])
    assert (await editor.get(product)).json() == seen.json()
    assert (await editor.get(f"{product}/changes")).json()["items"] == []


async def test_looking_first_says_what_would_be_refused(
    platform: Platform, editor: Client, people: People, product: str
) -> None:
    async with platform.database.transaction() as uow:
        await uow.execute("UPDATE department SET active = false WHERE code = 'mobiliteit'")
    fields = {
        "departmentId": str(people.departments["mobiliteit"]),
        "transactionUrl": "http://loket.example/{rijksregisternummer}",
        "firstLineInformation": "<b>x</b>",
        "published": False,
    }
    preview = (await editor.post(f"{product}/preview", json=fields)).json()
    assert "citizen" not in preview
    assert preview["staff"]["published"] is False
    assert [(one["code"], one["blocking"]) for one in preview["warnings"]] == [
        ("markup", True),
        ("template", True),
        ("departmentInactive", True),
        ("notHttps", False),
        ("unpublished", False),
        ("unpublishedWithLinks", False),
    ]
    assert set(faults(await change(editor, product, **fields))) == {"firstLineInformation", "transactionUrl"}
    one = {"departmentId": fields["departmentId"]}
    assert set(faults(await change(editor, product, **one))) == {"departmentId"}
    nowhere = await editor.post(f"{product}/preview", json={"departmentId": str(uuid7())})
    assert set(faults(nowhere)) == {"departmentId"}
    assert (await editor.post(f"/products/{uuid7()}/preview", json={})).status_code == 404


async def test_what_is_hidden_and_why(platform: Platform, stream: Stream, editor: Client, agent: Client) -> None:
    pages = [
        snapshot(1, "Zwembad"),
        snapshot(2, "Markt", eindeDienstVerlening="2020-01-01T00:00:00Z"),
        snapshot(3, "IJsbaan", startDienstVerlening="2399-01-01T00:00:00Z"),
        snapshot(4, "Kermis"),
        snapshot(5, "Bibliotheek"),
    ]
    await run_import(platform, stream.write(pages))
    (hit,) = (await editor.get("/products", params={"q": "zwembad "})).json()["items"]
    assert (await change(editor, f"/products/{hit['id']}", published=False)).status_code == 200
    await run_import(platform, stream.write([pages[0], pages[1], pages[2], pages[4]]))
    listed: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await editor.get("/catalogue/hiddenProducts", params={"limit": 3, **cursor})).json()
        listed += page["items"]
        if "next" not in page:
            break
        cursor = {"cursor": page["next"]}
    assert {one["title"]: one["reasons"] for one in listed} == {
        "Zwembad": ["unpublished"],
        "Markt": ["noLongerOffered"],
        "IJsbaan": ["notYetOffered"],
        "Kermis": ["withdrawn"],
    }
    assert len(listed) == 4
    shown = (await editor.get("/products", params={"limit": 100})).json()
    assert {one["title"] for one in shown["items"]} == {"Bibliotheek"}
    assert (await agent.get("/catalogue/hiddenProducts")).status_code == 403


async def test_only_editors_edit(anonymous: Client, people: People, plain: str) -> None:
    for name in ("agent", "lead", "expert", "auditor", "integrator"):
        client = anonymous.as_user(people.tokens[name])
        headers = {"If-Match": '"2"', "Idempotency-Key": "not-for-you-1"}
        calls = [
            client.patch(plain, json={"flow": None}, headers=headers),
            client.post(f"{plain}/preview", json={}),
            client.post(f"{plain}/revert", json={"version": 1}, headers=headers),
            client.get(f"{plain}/changes"),
        ]
        for call in calls:
            assert (await call).status_code == 403, name


async def test_a_frequent_question_leads_to_its_product(editor: Client, agent: Client, plain: str) -> None:
    faq = [{"question": "Wat als mijn luchtballon lekt?", "answer": "Bel de ballonwacht."}]
    assert (await change(editor, plain, faq=faq)).status_code == 200
    (hit,) = (await agent.get("/products", params={"q": "luchtballon lek"})).json()["items"][:1]
    assert f"/products/{hit['id']}" == plain
    assert "<mark>" in hit["snippet"]
    assert "luchtballon" in hit["snippet"]
    assert (await agent.get(plain)).json()["faq"] == faq


@asynccontextmanager
async def process(settings: Settings, url: str) -> AsyncIterator[Platform]:
    """A process of its own on a database with real commits."""
    async with Database(url, role=APPLICATION) as database:
        platform = Platform(settings, database)
        async with platform.running():
            yield platform


async def arrange(platform: Platform, folder: Path) -> tuple[Principal, UUID]:
    """An editor and a product."""
    await run_import(platform, Stream(folder).write([snapshot(1, "Zwembad")]))
    async with platform.database.transaction() as uow:
        people = await add_people(uow, development_issuer(platform.settings))
        product = await uow.fetchval("SELECT id FROM product")
    roles = frozenset({"productEditor"})
    return Principal(id=people.users["editor"], name="Editor", roles=roles, departments={}), product


async def test_of_two_editors_one_wins(settings: Settings, own_database: str, tmp_path: Path) -> None:
    async with process(settings, own_database) as platform:
        editor, product = await arrange(platform, tmp_path)
        met = asyncio.Barrier(5)

        async def edit(number: int) -> str:
            async with platform.database.begin() as uow:
                work = platform.work(uow, editor, "changeProduct", "test")
                await ProductService(work, platform.products).get(product)
                await met.wait()
                patch = ProductPatch(first_line_information=f"Van {number}")
                try:
                    await EditingService(work, platform.products).change(product, patch, 1)
                except ProblemError as error:
                    return str(error.status)
                await uow.commit()
                return f"Van {number}"

        ends = await asyncio.gather(*(edit(number) for number in range(5)))
        won = [one for one in ends if one != "412"]
        assert len(won) == 1, ends
        async with platform.database.begin() as uow:
            work = platform.work(uow, editor, "getProduct", "test")
            view = await ProductService(work, platform.products).get(product)
            assert (view.first_line_information, view.version) == (won[0], 2)
            assert await uow.fetchval("SELECT count(*) FROM product_change") == 1


async def test_other_processes_see_a_change_within_two_seconds(
    settings: Settings, own_database: str, tmp_path: Path
) -> None:
    async with process(settings, own_database) as here, process(settings, own_database) as there:
        (editor, one), heard = await arrange(here, tmp_path), asyncio.Event()

        async def found(query: str) -> list[str]:
            shelf = await there.products.shelf()
            return [shelf.entries[hit.id].document.title for hit in shelf.search(query, limit=5, filters={}).hits]

        async def edit(expected: int, patch: ProductPatch) -> None:
            async with asyncio.timeout(MOST_SECONDS):
                heard.clear()
                async with here.database.transaction() as uow:
                    work = here.work(uow, editor, "changeProduct", "test")
                    await EditingService(work, here.products).change(one, patch, expected)
                await heard.wait()

        async with asyncio.timeout(MOST_SECONDS):
            while not there.feed.connected:
                await there.database.ready()
        there.feed.on(TOPIC, heard.set)
        assert await found("luchtballon ") == []
        await edit(1, ProductPatch(first_line_information="Met luchtballon"))
        assert await found("luchtballon ") == ["Zwembad"]
        await edit(2, ProductPatch(published=False))
        assert await found("zwembad ") == []
        await edit(3, ProductPatch(published=True))
        assert await found("zwembad ") == ["Zwembad"]
