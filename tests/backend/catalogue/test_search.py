"""Finding products over HTTP: as citizens ask for them, page after page, in their language, safe to show."""

import asyncio
import contextlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from backend.app import Platform, create_litestar, development_issuer
from backend.catalogue.index.service import TOPIC
from backend.kit.boundary import Boundary
from backend.kit.db import Database
from backend.kit.metrics import observe
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.backend.catalogue.conftest import Stream, run_city_fields, run_import, snapshot
from tests.conftest import OUTER, SHARED, Client
from tests.people import People, add_people

pytestmark = pytest.mark.anyio

LPDC = SHARED / "data" / "lpdc" / "ldes"
SCRIPT = "<script>alert(1)</script>"


async def search(client: Client, **parameters: Any) -> dict[str, Any]:
    response = await client.get("/products", params=parameters)
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json()
    return page


async def found(client: Client, **parameters: Any) -> list[str]:
    return [hit["title"] for hit in (await search(client, **parameters))["items"]]


async def first(client: Client, query: str, **parameters: Any) -> dict[str, Any]:
    hit: dict[str, Any] = (await search(client, q=query, limit=1, **parameters))["items"][0]
    return hit


def issue(response: httpx.Response) -> tuple[str, str]:
    assert response.headers["content-type"] == "application/problem+json"
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


@pytest.mark.skipif(not LPDC.exists(), reason="../shared/data/lpdc is not here")
async def test_the_real_catalogue_is_searched(platform: Platform, agent: Client) -> None:
    await run_import(platform, LPDC / "lochristi-page-0.json")
    assert "Belgisch paspoort" in (await found(agent, q="reispas"))[:2]
    assert (await found(agent, q="pasport "))[0] == "Belgisch paspoort"
    assert "grofvuil" in (await found(agent, q="grof vuil"))[0].lower()
    assert (await found(agent, q="trouwen"))[0] == "Huwelijk"
    assert (await search(agent, limit=1))["total"] == 339


@pytest.mark.usefixtures("demo")
async def test_a_hit_says_what_it_is_and_why_it_is_there(agent: Client, people: People) -> None:
    hit = await first(agent, "paspoort")
    assert hit["productNumber"] == "1001"
    assert hit["departmentId"] == str(people.departments["burgerzaken"])
    assert (hit["hasHelpSheets"], hit["hasTransaction"]) == (True, True)
    assert hit["matched"][0]["typed"] == "paspoort"
    assert "<mark>" in hit["snippet"]
    assert hit["highlights"][hit["snippetField"]] == hit["snippet"]
    assert hit["score"] > 0
    page = await search(agent, q="pasport aanvragen ")
    assert page["suggestion"] == "paspoort aanvragen"
    assert page["total"] == len(page["items"]) or page["next"]


async def test_internal_instructions_are_not_searched(platform: Platform, stream: Stream, agent: Client) -> None:
    await run_import(platform, stream.write([snapshot(1), snapshot(2)]))
    fields = {"externalId": "urn:product:1", "internalInstructions": "Zeppelin", "firstLineInformation": "Luchtballon"}
    assert await run_city_fields(platform, [fields]) == 1
    assert await found(agent, q="zeppelin ") == []
    assert await found(agent, q="luchtballon ") == ["Product 1"]


@pytest.mark.parametrize("query", ["zeppelinvliegbrevet", "???", "…", "日本語"])
@pytest.mark.usefixtures("demo")
async def test_who_finds_nothing_is_offered_a_person(agent: Client, query: str) -> None:
    page = await search(agent, q=query)
    assert (page["items"], page["total"], page["offerContactForm"]) == ([], 0, True)
    assert "offerContactForm" not in await search(agent, q="paspoort")
    assert "offerContactForm" not in await search(agent, q="q", typing=True), "one letter is no question yet"


# facets and filters


@pytest.mark.usefixtures("demo")
async def test_facets_count_and_filter(agent: Client, people: People) -> None:
    everything = await search(agent)
    facets = everything["facets"]
    assert set(facets) == {"theme", "audience", "type", "departmentId", "hasHelpSheets", "hasTransaction"}
    theme, count = max(facets["theme"].items(), key=lambda pair: pair[1])
    assert 0 < count < everything["total"]
    assert (await search(agent, theme=theme))["total"] == count
    civil = str(people.departments["burgerzaken"])
    own = await search(agent, department=civil, limit=100)
    assert own["total"] == facets["departmentId"][civil] == len(own["items"])
    assert {hit["departmentId"] for hit in own["items"]} == {civil}
    for flag in ("true", "false"):
        some = await search(agent, hasHelpSheets=flag, limit=100)
        assert some["total"] == facets["hasHelpSheets"].get(flag, 0)
        assert {hit["hasHelpSheets"] for hit in some["items"]} <= {flag == "true"}
        some = await search(agent, q="aanvragen", hasTransaction=flag, limit=100)
        assert {hit["hasTransaction"] for hit in some["items"]} <= {flag == "true"}
    assert await found(agent, q="paspoort", theme="bestaatNiet") == []
    assert await found(agent, theme="bestaatNiet") == []


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("query", ["", "aanvragen"])
async def test_a_chosen_facet_keeps_its_other_codes(agent: Client, query: str) -> None:
    before = await search(agent, q=query)
    code = min(before["facets"]["theme"], key=before["facets"]["theme"].__getitem__)
    chosen = await search(agent, q=query, theme=code)
    assert set(chosen["facets"]["theme"]) == set(before["facets"]["theme"]), "as if it were not chosen"
    assert chosen["facets"]["theme"][code] == chosen["total"]
    assert sum(chosen["facets"]["type"].values()) <= chosen["total"], "the others are counted with it"
    both = await search(agent, q=query, theme=code, type=next(iter(chosen["facets"]["type"])))
    assert both["facets"]["type"] == chosen["facets"]["type"]


@pytest.mark.usefixtures("demo")
async def test_the_department_is_for_staff(anonymous: Client, people: People) -> None:
    integrator = anonymous.as_user(people.tokens["integrator"])
    page = await search(integrator, q="paspoort")
    assert "departmentId" not in page["items"][0]
    assert "departmentId" not in page["facets"]
    refused = await integrator.get("/products", params={"department": str(people.departments["burgerzaken"])})
    assert refused.status_code == 403


# numbers, pages


async def test_the_number_of_a_product_finds_it_first(platform: Platform, stream: Stream, agent: Client) -> None:
    pages = [
        snapshot(1, "Huis 1001 op de Markt 1001", productnummer="7"),
        snapshot(2, "Reispas", productnummer="1001"),
        snapshot(3, "Jaarmarkt", beschrijving={"nl": "<p>Kraam 1001, zie ook 1001 en 1001.</p>"}),
    ]
    await run_import(platform, stream.write(pages))
    for typed in ("1001", " 1001 "):
        page = await search(agent, q=typed)
        assert page["items"][0]["title"] == "Reispas"
        assert page["total"] == len(page["items"]) == 3
    assert (await found(agent, q="reispas 1001"))[0] == "Reispas"
    assert (await found(agent, q="1002")) == []


async def collected(client: Client, limit: int, **parameters: Any) -> list[str]:
    titles: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = await search(client, limit=limit, **parameters, **more)
        titles += [hit["title"] for hit in page["items"]]
        if "next" not in page:
            assert len(titles) == page["total"]
            return titles
        more = {"cursor": page["next"]}


@pytest.mark.usefixtures("demo")
async def test_without_a_question_all_products_come_by_title(agent: Client) -> None:
    titles = await collected(agent, 25)
    assert len(titles) == len(set(titles))
    assert titles == sorted(titles, key=str.casefold)


@pytest.mark.usefixtures("demo")
async def test_results_go_on_on_the_next_page(agent: Client) -> None:
    whole = await found(agent, q="aanvragen", limit=100)
    assert len(whole) > 6
    assert await collected(agent, 3, q="aanvragen") == whole
    assert await collected(agent, len(whole), q="aanvragen") == whole


@pytest.mark.usefixtures("demo")
async def test_a_cursor_is_of_one_query_and_tells_nobody_which(agent: Client) -> None:
    cursor = (await search(agent, q="aanvragen", limit=1))["next"]
    assert await found(agent, q="aanvragen", limit=1, cursor=cursor)
    assert cursor != (await search(agent, q="aanvraag", limit=1))["next"], "the place is the same, the query is not"
    for other in ({"q": "paspoort"}, {"q": "aanvragen", "type": "toelating"}, {"q": ""}, {"q": "aanvragen "}):
        response = await agent.get("/products", params={**other, "limit": 1, "cursor": cursor})
        assert (response.status_code, issue(response)) == (400, ("invalidInput", "cursor")), other


# what is shown


async def test_the_text_that_answers_is_shown(platform: Platform, stream: Stream, agent: Client) -> None:
    text: dict[str, Any] = {"beschrijving": {"nl": "<p>Een reisdocument. Neem het mee naar de balie.</p>"}}
    await run_import(platform, stream.write([snapshot(1, "Reispas", **text), snapshot(2, "Rijbewijs")]))
    faq = [
        {"question": "Wat kost een reispas?", "answer": "65 euro."},
        {"question": "Mag mijn buurman hem afhalen?", "answer": "Ja, met een volmacht voor de reispas."},
    ]
    first_line = "Kom naar de balie met een pasfoto."
    fields = {"externalId": "urn:product:1", "faq": faq, "firstLineInformation": first_line}
    assert await run_city_fields(platform, [fields]) == 1
    hit = await first(agent, "volmacht reispas ")
    assert hit["faq"] == {"place": 1, "question": "Mag mijn buurman hem afhalen?"}
    assert hit["snippetField"] == "faq"
    assert "met een <mark>volmacht</mark>" in hit["snippet"]
    hit = await first(agent, "pasfoto ")
    assert (hit["snippetField"], "faq" in hit) == ("firstLineInformation", False)
    assert hit["snippet"] == "Kom naar de balie met een <mark>pasfoto</mark>."
    assert hit["highlights"]["firstLineInformation"] == hit["snippet"]
    hit = await first(agent, "balie ")
    assert hit["snippetField"] == "firstLineInformation", "shorter and surer than the description"
    hit = await first(agent, "reisdocument ")
    assert (hit["snippetField"], "<mark>reisdocument</mark>" in hit["snippet"].lower()) == ("description", True)
    hit = await first(agent, "reispas ")
    assert "faq" not in hit, "who types the name of a product wants the product"
    assert hit["highlights"]["title"] == "<mark>Reispas</mark>"


async def test_texts_of_others_are_shown_as_text(platform: Platform, stream: Stream, agent: Client) -> None:
    hostile = f"Kermis {SCRIPT} & <img src=x onerror=alert(1)>"
    await run_import(platform, stream.write([snapshot(1, "Kermis", beschrijving={"nl": f"<p>Foor {SCRIPT}</p>"})]))
    async with platform.database.transaction() as uow:  # an import would have cleaned it
        await uow.execute(
            "UPDATE product SET version = version + 1,"
            " facts = jsonb_set(facts, '{name}', jsonb_build_object('nl', $1::text))",
            hostile,
        )
    fields = {
        "externalId": "urn:product:1",
        "faq": [{"question": f"Suikerspin {SCRIPT}?", "answer": f"Ja {SCRIPT}"}],
        "firstLineInformation": f"Botsauto {SCRIPT}",
    }
    assert await run_city_fields(platform, [fields]) == 1
    for query in ("kermis ", "suikerspin ", "botsauto ", "foor ", "script ", "alert", "", SCRIPT, f"kermis {SCRIPT}"):
        for language in ("nl", "fr"):
            for hit in (await search(agent, q=query, language=language))["items"]:
                for html in (hit["snippet"], *hit.get("highlights", {}).values()):
                    bare = html.replace("<mark>", "").replace("</mark>", "")
                    assert not {"<", ">"} & set(bare), html
                assert hit["title"] == hostile, "plain text, for the screen to escape"


async def test_in_the_language_asked_for(platform: Platform, stream: Stream, agent: Client) -> None:
    both: dict[str, Any] = {
        "naam": {"nl": "Reispas", "fr": "Passeport belge"},
        "beschrijving": {"nl": "<p>Om te reizen.</p>", "fr": "<p>Le passeport sert à voyager &amp; plus.</p>"},
    }
    title_only: dict[str, Any] = {"naam": {"nl": "Rijbewijs", "fr": "Permis de conduire"}}
    pages = [snapshot(1, **both), snapshot(2, **title_only), snapshot(3, "Huwelijk")]
    await run_import(platform, stream.write(pages))
    hit = await first(agent, "passeport", language="fr")
    assert (hit["title"], hit["language"], hit["snippetLanguage"]) == ("Passeport belge", "fr", "fr")
    assert hit["highlights"]["title"] == "<mark>Passeport</mark> belge"
    assert hit["snippet"] == "Le <mark>passeport</mark> sert à voyager &amp; plus."
    hit = await first(agent, "permis", language="fr")
    assert (hit["title"], hit["language"], hit["snippetLanguage"]) == ("Permis de conduire", "fr", "nl")
    hit = await first(agent, "huwelijk", language="fr")
    assert (hit["title"], hit["language"]) == ("Huwelijk", "nl")
    assert (await first(agent, "passeport"))["title"] == "Reispas"
    assert sorted(await found(agent, language="fr")) == ["Huwelijk", "Passeport belge", "Permis de conduire"]


# bad input


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"query": "paspoort"}, ("unknownInput", "query")),
        ({"limit": 0}, ("schemaViolation", "limit")),
        ({"limit": 101}, ("schemaViolation", "limit")),
        ({"department": "x"}, ("schemaViolation", "department")),
        ({"language": "it"}, ("schemaViolation", "language")),
        ({"typing": "maybe"}, ("schemaViolation", "typing")),
        ({"hasTransaction": "null"}, ("invalidInput", "hasTransaction")),
        ({"q": "x" * 501}, ("schemaViolation", "q")),
        ({"q": "x", "cursor": "x"}, ("invalidInput", "cursor")),
        ({"cursor": "x"}, ("invalidInput", "cursor")),
        ({"q": ["paspoort", "kermis"]}, ("invalidInput", "q")),
        ({"theme": ["a", "b"]}, ("invalidInput", "theme")),
    ],
)
async def test_wrong_parameters_are_refused(
    agent: Client, parameters: dict[str, Any], expected: tuple[str, str]
) -> None:
    response = await agent.get("/products", params=parameters)
    assert (response.status_code, issue(response)) == (400, expected)


@pytest.mark.parametrize("raw", ["%00", "a%00b", "%1b", "%ed%a0%80", "%ff", "%e2%80%ae", "%0d"])
async def test_what_no_person_types_is_refused(agent: Client, raw: str) -> None:
    response = await agent.get(f"/products?q={raw}")
    assert response.status_code == 400, response.text
    assert response.json()["issues"][0]["in"] == "query"


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    "query", ["x" * 500, "a " * 250, "'\"; DROP TABLE product --", "%", "\\", "🎉", "\t\n", "-" * 500]
)
async def test_strange_queries_are_answered(agent: Client, query: str) -> None:
    page = await search(agent, q=query)
    assert page["total"] >= len(page["items"])


# how it is done


class Statements:
    """Statements on one connection, as PostgreSQL's driver saw them."""

    def __init__(self, connection: Any) -> None:
        self.seen: list[str] = []
        connection.add_query_logger(lambda record: self.seen.append(record.query))


@pytest.mark.usefixtures("demo")
async def test_a_search_takes_two_statements(platform: Platform, agent: Client) -> None:
    pooled: Any = platform.database
    counted = Statements(pooled.pooled.driver_connection)
    await search(agent, q="paspoort")

    async def statements(**parameters: Any) -> list[str]:
        await platform.products.shelf()
        counted.seen.clear()
        await search(agent, **parameters)
        return [sql.strip() for sql in counted.seen if "SAVEPOINT" not in sql and OUTER not in sql]

    assert await statements(q="paspoort", typing=True) == []
    (written,) = await statements(q="paspoort")
    assert written.startswith("INSERT INTO search_entry")
    translated, _ = await statements(q="paspoort", language="fr")
    assert translated.startswith("SELECT id, facts")
    assert await statements(q="paspoort", type="bewijs") == [], "a filter is no other question: it is not counted"


async def test_a_process_is_warm_before_its_first_search(platform: Platform, stream: Stream) -> None:
    await run_import(platform, stream.write([snapshot(1)]))
    assert platform.products._shelf is None
    async with create_litestar(platform).lifespan():
        assert platform.products._shelf is not None
        assert await platform.products.ready()


async def listening(platform: Platform) -> None:
    """Until changes are heard: a process that stops while it is still connecting leaves half a connection."""
    told = asyncio.Event()
    platform.feed.on(TOPIC, told.set)
    async with asyncio.timeout(20):
        while not platform.feed.connected:
            told.clear()
            await told.wait()


class Cable:
    """A TCP connection to the socket of PostgreSQL that can be cut and mended."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._carried: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._carried:
            task.cancel()
        await asyncio.gather(*self._carried, return_exceptions=True)
        self._carried.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carried.add(task)
        far_reader, far_writer = await asyncio.open_unix_connection(self._socket)
        try:
            await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
        except asyncio.CancelledError:
            pass  # the server of streams would call it a failure
        finally:
            for one in (writer, far_writer):
                one.close()
                with contextlib.suppress(OSError):
                    await one.wait_closed()

    @staticmethod
    async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.write_eof()


async def test_without_postgresql_the_answer_is_a_clean_503(
    own_database: str, settings: Settings, stream: Stream
) -> None:
    parts = urlsplit(own_database)
    folder = parse_qs(parts.query)["host"][0]
    cable = Cable(f"{folder}/.s.PGSQL.5432")
    await cable.mend()
    address = f"postgresql+asyncpg://{parts.username}@127.0.0.1:{cable.port}{parts.path}"
    async with Database(address, role=APPLICATION) as database:
        platform = Platform(settings, database)
        async with database.transaction() as uow:
            people = await add_people(uow, development_issuer(settings))
        await run_import(platform, stream.write([snapshot(1, "Reispas")]))
        litestar = create_litestar(platform)
        app: Any = Boundary(litestar, observe=observe)
        headers = {"Authorization": f"Bearer {people.tokens['agent']}"}
        transport = httpx.ASGITransport(app=app)
        async with (
            litestar.lifespan(),
            httpx.AsyncClient(transport=transport, base_url="http://core", headers=headers) as client,
        ):
            assert (await client.get("/products?q=reispas")).json()["total"] == 1
            await cable.cut()
            for typing in ("true", "false", "true"):
                away = await client.get(f"/products?q=reispas&typing={typing}")
                assert (away.status_code, away.headers["retry-after"]) == (503, "2")
                assert away.headers["content-type"] == "application/problem+json"
                assert away.json().keys() == {"type", "title", "status", "instance", "detail"}
            await cable.mend()
            assert (await client.get("/products?q=reispas")).json()["total"] == 1
            await listening(platform)
    await cable.cut()


@pytest.mark.parametrize(("name", "value"), [("hasHelpSheets", "misschien"), ("type", "x" * 61), ("department", "x")])
async def test_a_wrong_parameter_is_named_as_it_was_sent(agent: Client, name: str, value: str) -> None:
    response = await agent.get("/products", params={name: value})
    assert (response.status_code, response.json()["issues"][0]["name"]) == (400, name)
