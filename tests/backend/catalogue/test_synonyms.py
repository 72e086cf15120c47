"""Synonyms over HTTP: what the city changes is checked, can be tried first, and is in every search at once."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform, create_litestar, development_issuer
from backend.catalogue.index.service import ProductIndex
from backend.catalogue.index.service import products as index
from backend.catalogue.rules.synonyms import shipped, shipped_id
from backend.catalogue.synonyms.schemas import SynonymGroupCreate
from backend.catalogue.synonyms.service import Previews, SynonymService, TransferService, decisions
from backend.catalogue.synonyms.service import preview as preview_service
from backend.catalogue.vocabulary import service as vocabulary
from backend.kit.boundary import Boundary
from backend.kit.changes import ChangeFeed
from backend.kit.db import Database, UnitOfWork
from backend.kit.metrics import observe
from backend.kit.problems import ProblemError
from backend.settings import Settings
from tests.backend.catalogue.conftest import Stream, run_import, snapshot
from tests.conftest import Client
from tests.description import DescriptionCheck
from tests.people import People, add_people

pytestmark = pytest.mark.anyio

LISTED = {
    "afval": ["huisvuil", "vuilnis", "restafval"],
    "feest": ["fuif", "feest"],
    "reispas": ["reispas", "paspoort"],
}
WASTE = f"/catalogue/synonyms/{shipped_id('afval')}"
KEY = {"Idempotency-Key": "synonyms-0001"}


@pytest.fixture(autouse=True)
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small shipped list."""
    ship(monkeypatch, LISTED)


def ship(monkeypatch: pytest.MonkeyPatch, groups: dict[str, list[str]]) -> None:
    monkeypatch.setattr(vocabulary, "shipped_synonyms", lambda: shipped(groups))


@pytest.fixture
def editor(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["editor"])


@pytest.fixture
async def products(platform: Platform, stream: Stream) -> None:
    names = ("Huisvuil", "Reispas", "Fuif", "Speelplein", "Trouwen", "Kinderopvang")
    await run_import(platform, stream.write([snapshot(number, name) for number, name in enumerate(names)]))


async def found(client: Client, query: str) -> list[str]:
    response = await client.get("/products", params={"q": query})
    assert response.status_code == 200, response.text
    return [hit["title"] for hit in response.json()["items"]]


async def listing(client: Client, **parameters: Any) -> dict[str, Any]:
    response = await client.get("/catalogue/synonyms", params=parameters)
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json()
    return page


async def add(client: Client, *phrases: str, key: str = "synonyms-0001", **more: Any) -> httpx.Response:
    body = {"phrases": list(phrases), **more}
    return await client.post("/catalogue/synonyms", json=body, headers={"Idempotency-Key": key})


async def change(client: Client, path: str, version: int = 0, **body: Any) -> httpx.Response:
    return await client.patch(path, json=body, headers={"If-Match": f'"{version}"'})


async def remove(client: Client, path: str, version: int = 0) -> httpx.Response:
    return await client.delete(path, headers={"If-Match": f'"{version}"'})


async def preview(client: Client, **body: Any) -> dict[str, Any]:
    response = await client.post("/catalogue/synonyms/preview", json=body)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def details(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 400, response.text
    return {issue["name"]: issue["detail"] for issue in response.json()["issues"]}


async def test_the_list_is_the_shipped_one_until_the_city_decides(editor: Client) -> None:
    page = await listing(editor)
    assert page["total"] == 3
    assert [(one["phrases"][0], one["origin"], one["version"]) for one in page["items"]] == [
        ("fuif", "shipped", 0),
        ("huisvuil", "shipped", 0),
        ("reispas", "shipped", 0),
    ]
    assert [one["key"] for one in (await listing(editor, q="PASPÓORT"))["items"]] == ["reispas"]
    assert (await listing(editor, q="de"))["items"] == []


async def test_the_list_goes_page_by_page(editor: Client) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await listing(editor, limit=2, **cursor)
        assert page["total"] == 3
        seen += [one["key"] for one in page["items"]]
        if "next" not in page:
            break
        cursor = {"cursor": page["next"]}
    assert seen == ["feest", "afval", "reispas"]


@pytest.mark.usefixtures("products")
async def test_a_new_group_is_tidy_and_in_the_next_search(editor: Client) -> None:
    assert await found(editor, "brol") == []
    response = await add(editor, " Brol ", "HUISVUIL", note="In de Seefhoek")
    assert response.status_code == 201, response.text
    made = response.json()
    assert (made["phrases"], made["origin"], made["version"]) == (["brol", "huisvuil"], "city", 1)
    assert made["note"] == "In de Seefhoek"
    assert await found(editor, "brol") == ["Huisvuil"]
    assert (await add(editor, " Brol ", "HUISVUIL", note="In de Seefhoek")).json() == made, "a retry adds nothing"
    assert [one["id"] for one in (await listing(editor, origin="city"))["items"]] == [made["id"]]


async def test_everything_that_is_wrong_is_told_at_once(editor: Client) -> None:
    response = await add(editor, "x", "Fuif", "fuiven", "<i>bal</i>", "de het")
    assert list(details(response)) == ["phrases[0]", "phrases[2]", "phrases[3]", "phrases[4]"]
    assert (await listing(editor))["total"] == 3


async def test_a_group_within_another_is_refused_and_named(editor: Client) -> None:
    response = await add(editor, "Vuilnis", "de restafval")
    assert response.status_code == 409
    problem = response.json()
    assert problem["type"] == "urn:problem-type:onthaal:synonymGroupContained"
    assert str(shipped_id("afval")) in problem["detail"]
    assert "huisvuil, vuilnis, restafval" in problem["detail"]


@pytest.mark.usefixtures("products")
async def test_a_shipped_group_becomes_the_citys_text_and_follows_no_release(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await found(editor, "vuilnis") == ["Huisvuil"]
    response = await change(editor, WASTE, phrases=["Huisvuil", "smeerlapperij"])
    assert response.status_code == 200, response.text
    assert response.headers["etag"] == '"1"'
    assert response.json()["origin"] == "changed"
    assert response.json()["shipped"] == ["huisvuil", "vuilnis", "restafval"]
    assert await found(editor, "smeerlapperij") == ["Huisvuil"]
    assert await found(editor, "vuilnis") == []
    ship(monkeypatch, {"afval": ["huisvuil", "rommel"], "feest": ["fuif", "dansavond"]})
    assert [one["phrases"] for one in (await listing(editor))["items"]] == [
        ["fuif", "dansavond"],
        ["huisvuil", "smeerlapperij"],
    ]


@pytest.mark.usefixtures("products")
async def test_a_removed_group_can_be_restored(editor: Client) -> None:
    response = await remove(editor, WASTE)
    assert (response.status_code, response.headers["etag"]) == (200, '"1"')
    assert await found(editor, "vuilnis") == []
    held = (await editor.get(WASTE)).json()
    assert held == response.json()
    assert (held["origin"], held["version"], held["phrases"]) == ("removed", 1, ["huisvuil", "vuilnis", "restafval"])
    assert [one["key"] for one in (await listing(editor, origin="removed"))["items"]] == ["afval"]
    assert (await remove(editor, WASTE, 1)).headers["etag"] == '"1"', "it is gone already"
    response = await change(editor, WASTE, 1, restored=True)
    assert (response.json()["origin"], response.json()["version"]) == ("shipped", 2)
    assert await found(editor, "vuilnis") == ["Huisvuil"]


async def test_a_version_never_counts_twice(editor: Client) -> None:
    """Somebody who read version 1 may not overwrite another version 1."""
    assert (await change(editor, WASTE, phrases=["huisvuil", "eerste"])).headers["etag"] == '"1"'
    assert (await change(editor, WASTE, 1, restored=True)).headers["etag"] == '"2"'
    assert (await change(editor, WASTE, 2, phrases=["huisvuil", "tweede"])).headers["etag"] == '"3"'
    assert (await change(editor, WASTE, 1, phrases=["huisvuil", "derde"])).status_code == 412


async def test_new_phrases_bring_a_removed_group_back(editor: Client) -> None:
    await remove(editor, WASTE)
    assert (await change(editor, WASTE, 1, note="Nog eens bekijken")).json()["origin"] == "removed"
    assert (await change(editor, WASTE, 2, phrases=["huisvuil", "brol"])).json()["origin"] == "changed"


async def test_the_shipped_text_is_no_choice_of_the_city(editor: Client) -> None:
    response = await change(editor, WASTE, phrases=LISTED["afval"], note="Zo is het goed")
    assert (response.json()["origin"], response.json()["note"]) == ("shipped", "Zo is het goed")
    assert (await change(editor, WASTE, 1, phrases=LISTED["afval"])).headers["etag"] == '"1"', "nothing changed"
    assert "note" not in (await change(editor, WASTE, 1, note=None)).json()


async def test_what_shipped_may_stay_when_the_city_adds_to_it(editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ship(monkeypatch, {"brandweer": ["12", "brandweer", "brandweren"]})
    path = f"/catalogue/synonyms/{shipped_id('brandweer')}"
    assert (await change(editor, path, phrases=["12", "brandweer", "brandweren", "pompiers", "112"])).status_code == 200
    assert list(details(await change(editor, path, 1, phrases=["12", "13", "brandweer"]))) == ["phrases[1]"]


async def test_a_group_of_the_city_is_gone_for_good(editor: Client) -> None:
    path = f"/catalogue/synonyms/{(await add(editor, 'brol', 'rommel')).json()['id']}"
    response = await change(editor, path, 1, restored=True)
    assert (response.status_code, response.json()["type"].rpartition(":")[2]) == (409, "notShipped")
    assert details(await change(editor, WASTE, phrases=["brol", "huisvuil"], restored=True)) == {
        "restored": "Not together with phrases."
    }
    assert (await remove(editor, path, 2)).status_code == 412
    assert (await remove(editor, path, 1)).status_code == 204
    assert (await editor.get(path)).status_code == 404
    assert (await remove(editor, path, 1)).status_code == 404
    assert (await change(editor, path, 1, note="weg")).status_code == 404


async def test_a_change_needs_what_was_read(editor: Client) -> None:
    assert (await editor.patch(WASTE, json={})).status_code == 428
    assert (await editor.delete(WASTE)).status_code == 428
    assert (await change(editor, WASTE, 7, phrases=["huisvuil", "brol"])).status_code == 412


async def test_only_editors_see_and_change_them(anonymous: Client, people: People) -> None:
    agent = anonymous.as_user(people.tokens["agent"])
    for response in (
        await agent.get("/catalogue/synonyms"),
        await agent.get(WASTE),
        await add(agent, "brol", "rommel"),
        await change(agent, WASTE, note="x"),
        await remove(agent, WASTE),
        await agent.post("/catalogue/synonyms/preview", json={"phrases": ["brol", "rommel"]}),
    ):
        assert response.status_code == 403, response.text


async def test_every_change_is_in_the_audit_log(editor: Client, people: People) -> None:
    made = (await add(editor, "brol", "rommel")).json()["id"]
    await change(editor, WASTE, note="Nakijken")
    await change(editor, WASTE, 1, phrases=["huisvuil", "vuil"])
    await remove(editor, f"/catalogue/synonyms/{made}", 1)
    auditor = editor.as_user(people.tokens["auditor"])
    rows = (await auditor.get("/audit/entries", params={"actor": str(people.users["editor"])})).json()["items"]
    assert [(row["action"], row["subjectKind"], row["subject"], row["fields"]) for row in reversed(rows)] == [
        ("createSynonymGroup", "synonymGroup", made, ["phrases", "note"]),
        ("changeSynonymGroup", "synonymGroup", str(shipped_id("afval")), ["note"]),
        ("changeSynonymGroup", "synonymGroup", str(shipped_id("afval")), ["phrases", "note"]),
        ("removeSynonymGroup", "synonymGroup", made, ["removed"]),
    ]


@pytest.mark.usefixtures("products")
async def test_a_preview_tells_which_queries_change_and_saves_nothing(editor: Client, uow: UnitOfWork) -> None:
    await uow.execute(
        """INSERT INTO search_entry (id, at, terms, audience, results)
           SELECT gen_random_uuid(), now() - hours * interval '1 hour', 'oude brol', 'citizen', 0
             FROM (VALUES (1), (2)) AS searched(hours)"""
    )
    answer = await preview(editor, phrases=["BROL", "huisvuil"], queries=["waar met mijn brol?", "reispas", "Reispas "])
    assert answer["phrases"] == ["brol", "huisvuil"]
    changes = {one["query"]: one for one in answer["changes"]}
    assert set(changes) == {"waar met mijn brol?", "brol", "oude brol"}
    assert changes["brol"]["before"] == []
    assert [one["title"] for one in changes["brol"]["after"]] == ["Huisvuil"]
    assert (answer["compared"], answer["unchanged"]) == (5, 2), "reispas is one query, however it is typed"
    assert [one["code"] for one in answer["warnings"]] == ["chain"]
    assert await found(editor, "brol") == []
    assert (await listing(editor))["total"] == 3


@pytest.mark.usefixtures("products")
async def test_a_preview_of_another_text_or_of_the_end_of_a_group(editor: Client) -> None:
    waste = str(shipped_id("afval"))
    gone = await preview(editor, id=waste, removed=True)
    assert "phrases" not in gone or gone["phrases"] == []
    assert [one["query"] for one in gone["changes"]] == ["vuilnis", "restafval"]
    other = await preview(editor, id=waste, phrases=["huisvuil", "vuilnis", "brol"])
    assert [one["query"] for one in other["changes"]] == ["brol", "restafval"]
    await remove(editor, WASTE)
    back = await preview(editor, id=waste, restored=True)
    assert [one["query"] for one in back["changes"]] == ["vuilnis", "restafval"]
    assert (await preview(editor, id=waste, removed=True))["changes"] == []


@pytest.mark.usefixtures("products")
async def test_a_preview_warns(editor: Client) -> None:
    nothing = await preview(editor, phrases=["zwembad", "zwemmen"])
    assert [(one["code"], one["name"]) for one in nothing["warnings"]] == [("nothingFound", "phrases")]
    common = await preview(editor, phrases=["over product", "huisvuil", "vuilnis", "restafval"])
    assert [(one["code"], one["name"]) for one in common["warnings"]] == [
        ("veryCommon", "phrases[0]"),
        ("chain", "phrases[1]"),
        ("chain", "phrases[2]"),
        ("chain", "phrases[3]"),
        ("containsGroup", "phrases"),
    ]


@pytest.mark.usefixtures("products")
async def test_a_share_counts_every_form_of_every_word(platform: Platform) -> None:
    shelf = await platform.products.shelf()
    shares = {phrase: round(shelf.share(phrase) * 6) for phrase in ("fuiven", "over product", "over de fuif", "ski")}
    assert shares == {"fuiven": 1, "over product": 6, "over de fuif": 1, "ski": 0}


async def test_a_preview_refuses_what_saving_refuses(editor: Client) -> None:
    path = "/catalogue/synonyms/preview"
    assert details(await editor.post(path, json={"phrases": ["x", "fuif"]})).keys() == {"phrases[0]"}
    assert (await editor.post(path, json={"phrases": ["vuilnis", "huisvuil"]})).status_code == 409
    unknown = str(uuid7())
    for body, name in (
        ({"id": unknown, "removed": True}, "id"),
        ({"removed": True}, "id"),
        ({"id": str(shipped_id("afval")), "removed": True, "restored": True}, "id"),
        ({"id": str(shipped_id("afval")), "removed": True, "phrases": ["brol", "fuif"]}, "removed"),
        ({"id": str(shipped_id("afval")), "restored": True, "phrases": ["brol", "fuif"]}, "restored"),
        ({}, "phrases"),
        ({"id": str(shipped_id("afval"))}, "phrases"),
    ):
        assert details(await editor.post(path, json=body)).keys() == {name}, body


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What a slow preview waits for; opened in the end, whatever happens."""
    event = threading.Event()
    yield event
    event.set()


async def test_previews_are_made_one_at_a_time(gate: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_service, "WAIT_SECONDS", 0.02)
    previews = Previews()
    slow = asyncio.create_task(previews.run(lambda: gate.wait(10)))
    await asyncio.sleep(0)
    with pytest.raises(ProblemError) as refused:
        await previews.run(lambda: True)
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "2"})
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    with pytest.raises(ProblemError):
        await previews.run(lambda: True)  # its caller went away, its thread did not
    gate.set()
    monkeypatch.setattr(preview_service, "WAIT_SECONDS", 5)
    assert await previews.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await previews.run(lambda: 1 // 0)
    assert await previews.run(lambda: 8) == 8, "a fault does not block the next"


async def test_few_may_wait_for_a_preview(gate: threading.Event) -> None:
    previews = Previews()
    tasks = [asyncio.create_task(previews.run(lambda: gate.wait(10))) for _ in range(preview_service.MOST_WAITING + 1)]
    for _ in tasks:
        await asyncio.sleep(0)  # each begins to wait
    with pytest.raises(ProblemError):
        await previews.run(lambda: True)
    gate.set()
    assert await asyncio.gather(*tasks) == [True] * len(tasks)


@pytest.mark.usefixtures("products")
async def test_a_change_that_nobody_announced_is_seen_in_time(
    platform: Platform, editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when as many groups with as many versions are there as before."""
    deaf = ProductIndex(platform.database, ChangeFeed(), form="informal")
    first = (await add(editor, "brol", "huisvuil")).json()["id"]
    assert ("brol", "huisvuil") in (await deaf.shelf()).synonyms
    await remove(editor, f"/catalogue/synonyms/{first}", 1)
    await add(editor, "rommel", "huisvuil", key="synonyms-0002")
    assert ("brol", "huisvuil") in (await deaf.shelf()).synonyms, "within two seconds nothing is asked"
    monkeypatch.setattr(index, "CHECK_SECONDS", 0.0)
    shelf = await deaf.shelf()
    assert shelf.synonyms[-1] == ("rommel", "huisvuil")
    assert ("brol", "huisvuil") not in shelf.synonyms
    assert await deaf.shelf() is shelf


@asynccontextmanager
async def serving(database_url: str, settings: Settings, description: DescriptionCheck) -> AsyncIterator[Client]:
    """An editor's client of a platform with real commits."""
    async with Database(database_url) as database:
        platform = Platform(settings, database)
        async with database.transaction() as uow:
            people = await add_people(uow, development_issuer(settings))
        litestar = create_litestar(platform)
        async with (
            litestar.lifespan(),
            Client(Boundary(litestar, observe=observe), description, people.tokens["editor"]) as client,
        ):
            yield client


async def test_another_process_finds_it_at_once(
    own_database: str, settings: Settings, stream: Stream, description: DescriptionCheck
) -> None:
    async with serving(own_database, settings, description) as editor, Database(own_database) as database:
        other = Platform(settings, database)
        heard = asyncio.Event()
        other.feed.on(index.TOPIC, heard.set)
        async with other.running():
            async with asyncio.timeout(5):
                await heard.wait()  # it listens: from now on it hears what is committed
            await run_import(other, stream.write([snapshot(1, "Huisvuil")]))
            assert (await other.products.shelf()).search("brol", limit=1, filters={}).hits == []
            for body, hits in ((["brol", "huisvuil"], 1), (["brol", "fuif"], 0)):
                heard.clear()
                path = f"/catalogue/synonyms/{shipped_id('feest')}"
                version = (await editor.get(path)).json()["version"]
                assert (await change(editor, path, version, phrases=body)).status_code == 200
                async with asyncio.timeout(2):
                    await heard.wait()
                    shelf = await other.products.shelf()
                assert len(shelf.search("brol", limit=1, filters={}).hits) == hits


async def test_two_editors_cannot_add_the_same_group(own_database: str, settings: Settings) -> None:
    async with Database(own_database) as database:
        platform = Platform(settings, database)

        async def create() -> None:
            async with database.transaction() as uow:
                service = SynonymService(platform.work(uow, None, "test", "test"))
                await service.create(SynonymGroupCreate(phrases=["brol", "rommel"]))

        outcomes = await asyncio.gather(create(), create(), create(), return_exceptions=True)
        assert sorted(getattr(one, "kind", "made") or "" for one in outcomes) == [
            "made",
            *["synonymGroupContained"] * 2,
        ]


async def bring(platform: Platform, groups: dict[str, list[str]] | str) -> tuple[int, int, int]:
    text = groups if isinstance(groups, str) else json.dumps(groups)
    async with platform.database.transaction() as uow:
        got = await TransferService(platform.work(uow, None, "test", "test")).bring(text.encode(), "json")
    return got.created, got.changed, got.unchanged


async def test_an_export_comes_back_unchanged(platform: Platform, editor: Client, uow: UnitOfWork) -> None:
    await add(editor, "brol", "rommel", note="Seefhoek")
    await change(editor, WASTE, phrases=["huisvuil", "smeerlapperij"])
    service = TransferService(platform.work(uow, None, "test", "test"))
    text = await service.export("json")
    assert [phrases[0] for phrases in json.loads(text).values()] == ["huisvuil", "fuif", "reispas", "brol"]
    assert await bring(platform, text) == (0, 0, 4)
    assert list(json.loads(await service.export("json", ["changed"]))) == ["afval"]
    (city,) = json.loads(await service.export("json", ["city"]))
    assert await bring(platform, {city: ["brol", "rommel", "troep"]}) == (0, 1, 0)
    held = (await editor.get(f"/catalogue/synonyms/{city}")).json()
    assert (held["phrases"], held["note"]) == (["brol", "rommel", "troep"], "Seefhoek")


async def test_an_import_adds_changes_and_brings_back(platform: Platform, editor: Client) -> None:
    await remove(editor, WASTE)
    many = {
        "afval": LISTED["afval"],
        "feest": ["Fuif", "td"],
        "eigen": ["brol", "rommel"],
        "zelfde": ["paspoorten", "reispas"],
    }
    assert await bring(platform, many) == (1, 2, 1)
    assert await bring(platform, many) == (0, 0, 4)
    assert {one["key"]: one["origin"] for one in (await listing(editor))["items"] if "key" in one} == {
        "afval": "shipped",
        "feest": "changed",
        "reispas": "shipped",
    }


async def test_an_import_is_refused_whole_with_every_fault(platform: Platform, editor: Client) -> None:
    waste = str(shipped_id("afval"))
    many = {
        "goed": ["brol", "rommel"],
        "kort": ["x", "y2"],
        "deel": ["vuilnis", "huisvuil"],
        "een": ["td", "bal"],
        "twee": ["bal", "td"],
        "afval": ["huisvuil", "vuilnis", "restafval", "brol"],
        waste: ["huisvuil", "vuil"],
    }
    with pytest.raises(ProblemError) as refused:
        await bring(platform, many)
    assert [(one.name, one.detail) for one in refused.value.issues] == [
        (f'"{waste}"', 'The same group as "afval".'),
        ('"kort": phrases[0]', "A phrase has 2 to 60 characters, not 1."),
        ('"deel"', 'All of it is already in "afval".'),
        ('"een"', 'All of it is already in "twee".'),
        ('"twee"', 'All of it is already in "een".'),
    ]
    with pytest.raises(ProblemError) as unread:
        await bring(platform, "[]")
    assert [(one.name, one.detail) for one in unread.value.issues] == [
        ("the file", "Expected an object: key -> list of phrases.")
    ]
    assert (await listing(editor, origin="city"))["total"] == 0


async def test_a_city_cannot_decide_without_end(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "MOST_DECISIONS", 1)
    with pytest.raises(ProblemError, match="at most"):
        await bring(platform, {"een": ["brol", "rommel"], "twee": ["bal", "td"]})
