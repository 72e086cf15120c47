"""Our own stream: only ever added to, in order, without gaps; what nobody may see does not go out."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from backend.app import Platform, create_litestar
from backend.catalogue.publication.controllers import FOREVER, SHORTLY
from backend.catalogue.publication.schemas import SnapshotPage, SnapshotShape
from backend.catalogue.publication.service import PAGE_SIZE, PublicationService, appending
from backend.catalogue.rules.publication import PUBLISH, moments
from backend.kit.boundary import Boundary
from backend.kit.db import Database, UnitOfWork
from backend.kit.metrics import observe
from backend.kit.outbox import Dispatcher
from backend.settings import Settings
from backend.worker import handlers, sweeps
from tests.backend.catalogue.conftest import DEMO, Stream, run_import, snapshot
from tests.backend.commands.program import onthaal
from tests.conftest import Client
from tests.description import DescriptionCheck
from tests.people import People

pytestmark = pytest.mark.anyio

PATH = "/doc/instancesnapshot"
HIDE, SHOW = (
    f"""INSERT INTO product_city (product_id, published) SELECT id, {shown} FROM product WHERE external_id = $1
            ON CONFLICT (product_id) DO UPDATE SET published = {shown}, version = product_city.version + 1"""
    for shown in (False, True)
)
OLDEST = """
SELECT DISTINCT ON (external_id) external_id, facts->'name'->>'nl' AS name FROM product ORDER BY external_id, id
"""
LATER = {"generatedAtTime": "2025-04-01T10:00:00Z"}


async def publish(platform: Platform) -> int:
    async with platform.database.transaction() as uow:
        return await PublicationService(platform.work(uow, None, "test", "test"), platform.stream).publish()


async def members(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Every member, read page after page along the relations."""
    found: list[dict[str, Any]] = []
    address: str | None = PATH
    while address:
        page = (await client.get(address)).raise_for_status().json()
        found += page["member"]
        forward = [one["node"] for one in page["view"]["relation"] if one["@type"].startswith("Greater")]
        address = PATH + "?" + forward[0].partition("?")[2] if forward else None
    return found


async def test_a_page_has_the_form_of_the_example(
    platform: Platform, anonymous: Client, stream: Stream, uow: UnitOfWork
) -> None:
    await run_import(platform, stream.write([snapshot(number) for number in range(2 * PAGE_SIZE + 1)]))
    assert await publish(platform) == 2 * PAGE_SIZE + 1
    here, contexts = platform.settings.address + PATH, platform.settings.contexts_url
    first, page, last = [(await anonymous.get(f"{PATH}?pageNumber={number}")).json() for number in range(3)]
    assert (await anonymous.get(PATH)).json() == first
    assert list(page) == ["@context", "@id", "@type", "timestampPath", "versionOfPath", "view", "member"]
    shown = {name: value for name, value in page.items() if name != "member"}
    assert shown == {
        "@context": [f"{contexts}/ipdc-lpdc-im.jsonld", f"{contexts}/ldes.jsonld"],
        "@id": f"{here}?pageNumber=1",
        "@type": "EventStream",
        "timestampPath": "generatedAtTime",
        "versionOfPath": "isVersionOf",
        "view": {
            "@id": f"{here}?pageNumber=1",
            "@type": "Node",
            "relation": [
                {
                    "node": f"{here}?pageNumber=0",
                    "path": "generatedAtTime",
                    "@type": "LessThanOrEqualToRelation",
                },
                {
                    "node": f"{here}?pageNumber=2",
                    "path": "generatedAtTime",
                    "@type": "GreaterThanOrEqualToRelation",
                },
            ],
        },
    }
    assert [len(one["member"]) for one in (first, page, last)] == [PAGE_SIZE, PAGE_SIZE, 1]
    assert [len(one["view"]["relation"]) for one in (first, page, last)] == [1, 2, 1]
    times = [one["generatedAtTime"] for one in await members(anonymous)]
    assert times == sorted(set(times)), "they rise, so whoever resumes after one of them misses none"
    assert times[-1] <= datetime.now(UTC).isoformat()
    rows = await uow.fetch("SELECT number FROM product_snapshot ORDER BY number")
    assert [row["number"] for row in rows] == list(range(2 * PAGE_SIZE + 1))


@pytest.mark.usefixtures("demo")
async def test_a_member_is_the_whole_product_under_its_own_id(platform: Platform, anonymous: Client) -> None:
    assert await publish(platform) == 64
    found = await members(anonymous)
    source = json.loads(DEMO.read_text())["member"]
    by_id = {one["isVersionOf"]: one for one in source}
    new = {"@id", "generatedAtTime"}
    for one in found:
        theirs = by_id.pop(one["isVersionOf"])
        assert {name for name in one if name not in new} == {name for name in theirs if name not in new}
        same = ("naam", "creatie", "laatstGewijzigd", "aangemaaktDoor", "type", "productnummer", "contactgegevens")
        assert {name: one.get(name) for name in same} == {name: theirs.get(name) for name in same}
        shape = msgspec.convert(one, SnapshotShape)
        assert json.loads(msgspec.json.encode(shape)).keys() == one.keys(), "the description has every key"
        alone = await anonymous.get(one["@id"].removeprefix(platform.settings.address))
        assert alone.json() == {"@context": f"{platform.settings.contexts_url}/ipdc-lpdc-im.jsonld", **one}
        assert alone.headers["cache-control"] == FOREVER
    assert not by_id


async def test_only_what_a_reader_sees_is_published_again(
    platform: Platform, anonymous: Client, stream: Stream, uow: UnitOfWork
) -> None:
    await run_import(platform, stream.write([snapshot(1), snapshot(2)]))
    assert await publish(platform) == 2
    assert await publish(platform) == 0
    await uow.execute(
        """INSERT INTO product_city (product_id, first_line_information, internal_instructions)
           SELECT id, 'geheim-1', 'geheim-2' FROM product"""
    )
    assert await publish(platform) == 0
    await run_import(platform, stream.write([snapshot(1, **LATER, laatstGewijzigd="2025-04-01"), snapshot(2)]))
    assert await publish(platform) == 0, "it was published again elsewhere, nothing else"
    later = {"generatedAtTime": "2025-05-01T10:00:00Z"}
    await run_import(platform, stream.write([snapshot(1, "Nieuw", **later), snapshot(2)]))
    assert await publish(platform) == 1
    found = await members(anonymous)
    assert [one["naam"]["nl"] for one in found] == ["Product 1", "Product 2", "Nieuw"]
    assert "geheim" not in json.dumps(found)
    assert await uow.fetchval("SELECT product_version FROM product_snapshot WHERE number = 2") == 3


async def test_what_the_city_hides_is_archived_and_comes_back(
    platform: Platform, anonymous: Client, stream: Stream, uow: UnitOfWork
) -> None:
    await run_import(platform, stream.write([snapshot(1), snapshot(2)]))
    await uow.execute(HIDE, "urn:product:2")
    assert await publish(platform) == 1, "what was never published stays so"
    await uow.execute(HIDE, "urn:product:1")
    assert await publish(platform) == 1
    await run_import(platform, stream.write([snapshot(1, "Nog niet klaar", **LATER), snapshot(2)]))
    assert await publish(platform) == 0, "a text nobody may see does not go out"
    await uow.execute(SHOW, "urn:product:1")
    assert await publish(platform) == 1
    shown = [(one["naam"]["nl"], one.get("gearchiveerd")) for one in await members(anonymous)]
    assert shown == [("Product 1", None), ("Product 1", True), ("Nog niet klaar", None)]


async def test_what_its_source_withdraws_is_archived_and_comes_back(
    platform: Platform, anonymous: Client, stream: Stream
) -> None:
    last = 0
    shown = []
    for page in (
        [snapshot(1), snapshot(2)],
        [snapshot(2)],
        [snapshot(1), snapshot(2, gearchiveerd=True, **LATER)],
        [snapshot(1), snapshot(2, generatedAtTime="2025-05-01T10:00:00Z")],
    ):
        await run_import(platform, stream.write(page))
        await publish(platform)
        found = await members(anonymous)
        shown.append(sorted((one["isVersionOf"][-1], one.get("gearchiveerd", False)) for one in found[last:]))
        last = len(found)
    assert shown == [[("1", False), ("2", False)], [("1", True)], [("1", False), ("2", True)], [("2", False)]]


async def test_a_product_of_two_sources_is_one_product(platform: Platform, anonymous: Client, stream: Stream) -> None:
    page = stream.write([snapshot(1)])
    await run_import(platform, page, name="one")
    await run_import(platform, page, name="two")
    assert await publish(platform) == 1
    await run_import(platform, stream.write([snapshot(2)]), name="one")
    assert await publish(platform) == 1, "only the new one: the other source still has product 1"
    assert [one["isVersionOf"] for one in await members(anonymous)] == ["urn:product:1", "urn:product:2"]


async def test_facts_that_cannot_be_read_do_not_stop_the_others(
    platform: Platform, anonymous: Client, stream: Stream, uow: UnitOfWork
) -> None:
    await run_import(platform, stream.write([snapshot(number) for number in range(4)]))
    await uow.execute("UPDATE product SET facts = '{}' WHERE external_id = 'urn:product:0'")
    assert await publish(platform) == 3
    assert await publish(platform) == 0
    assert len(await members(anonymous)) == 3


async def test_an_empty_stream_is_a_page(platform: Platform, anonymous: Client) -> None:
    assert await publish(platform) == 0
    page = await anonymous.get(PATH)
    assert (page.status_code, page.json()["member"], page.json()["view"]["relation"]) == (200, [], [])
    assert (await anonymous.get(f"{PATH}?pageNumber=1")).status_code == 404


async def test_a_full_page_never_changes_and_the_last_one_only_grows(
    platform: Platform, anonymous: Client, stream: Stream
) -> None:
    await run_import(platform, stream.write([snapshot(number) for number in range(PAGE_SIZE)]))
    await publish(platform)
    last = await anonymous.get(PATH)
    assert last.headers["content-type"] == "application/ld+json"
    assert last.headers["cache-control"] == SHORTLY
    again = await anonymous.get(PATH, headers={"If-None-Match": f'"x", W/{last.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", last.headers["etag"])
    assert (await anonymous.get(f"{PATH}?pageNumber=1")).status_code == 404, "nothing is on it yet"
    await run_import(platform, stream.write([snapshot(number) for number in range(PAGE_SIZE + 1)]))
    await publish(platform)
    full = await anonymous.get(PATH, headers={"If-None-Match": last.headers["etag"]})
    assert (full.status_code, full.headers["cache-control"]) == (200, FOREVER), "it has a next page now"
    assert full.json()["member"] == last.json()["member"]
    await run_import(platform, stream.write([snapshot(number, "Anders", **LATER) for number in range(PAGE_SIZE)]))
    await publish(platform)
    assert (await anonymous.get(PATH)).content == full.content
    assert len(await members(anonymous)) == 2 * PAGE_SIZE + 2


async def test_ids_come_from_the_configuration_never_from_the_request(
    platform: Platform, anonymous: Client, stream: Stream
) -> None:
    await run_import(platform, stream.write([snapshot(1)]))
    await publish(platform)
    page = await anonymous.get(PATH, headers={"Host": "kwaad.example", "X-Forwarded-Host": "kwaad.example"})
    assert "kwaad" not in page.text
    assert page.json()["@id"].startswith(platform.settings.address)
    assert Settings(public_url="https://onthaal.stad.example/").address == "https://onthaal.stad.example"


@pytest.mark.parametrize(
    ("query", "status"),
    [("pageNumber=-1", 400), ("pageNumber=een", 400), ("page=1", 400), ("pageNumber=1&pageNumber=2", 400)],
)
async def test_a_page_that_cannot_be(anonymous: Client, query: str, status: int) -> None:
    assert (await anonymous.get(f"{PATH}?{query}")).status_code == status
    assert (await anonymous.get(f"{PATH}/{uuid4()}")).status_code == 404


async def test_an_import_publishes_through_the_outbox(
    platform: Platform, anonymous: Client, people: People, stream: Stream, uow: UnitOfWork
) -> None:
    await run_import(platform, stream.write([snapshot(1)]))
    assert people
    await uow.execute("UPDATE outbox SET available_at = now()")  # the clock of this test's transaction stands still
    dispatcher = Dispatcher(platform.database, handlers(platform))
    effects = [one for one in await dispatcher.lease(100) if one.topic == PUBLISH]
    assert len(effects) == 1
    assert await dispatcher.run(effects[0])
    assert len(await members(anonymous)) == 1
    await uow.execute(HIDE, "urn:product:1")
    await dict(sweeps(platform))["publication"](uow)
    assert [one.get("gearchiveerd") for one in await members(anonymous)] == [None, True], "a lost effect is swept up"


async def test_much_goes_in_parts(
    platform: Platform, stream: Stream, uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appending, "MOST", 20)
    monkeypatch.setattr(appending, "_CHUNK", 10)
    await run_import(platform, stream.write([snapshot(number) for number in range(45)]))
    waiting = "SELECT count(*) FROM outbox WHERE topic = $1"
    before = await uow.fetchval(waiting, PUBLISH)
    assert [await publish(platform) for _ in range(4)] == [20, 20, 5, 0]
    assert await uow.fetchval(waiting, PUBLISH) == before + 2, "an effect for each time that something remained"


def test_moments_rise_whatever_the_clock_does() -> None:
    now = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
    whole, step = now.replace(microsecond=123_000), timedelta(milliseconds=1)
    assert moments(now, None, 3) == [whole - 2 * step, whole - step, whole]
    assert moments(now, whole - timedelta(hours=1), 2) == [whole - step, whole]
    ahead = whole + timedelta(hours=1)
    assert moments(now, ahead, 2) == [ahead + step, ahead + 2 * step]


async def reader(client: httpx.AsyncClient, done: asyncio.Event) -> AsyncIterator[dict[str, Any]]:
    """Reads on from the last member it saw, as a consumer of a stream does; every page once more while it grows."""
    number, seen = 0, 0
    while True:
        finished = done.is_set()
        page = await client.get(f"{PATH}?pageNumber={number}")
        fresh = page.json()["member"][seen:]
        for one in fresh:
            yield one
        seen += len(fresh)
        if any(one["@type"].startswith("Greater") for one in page.json()["view"]["relation"]):
            number, seen = number + 1, 0
        elif finished and not fresh:
            return


async def test_a_reader_misses_nothing_while_several_write(
    own_database: str, settings: Settings, description: DescriptionCheck, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rounds, products, done = 8, 23, asyncio.Event()

    def page(turn: int) -> Path:
        at = f"2025-06-{turn + 1:02}T10:00:00Z"
        folder = Stream(tmp_path_factory.mktemp("turn"))
        return folder.write([snapshot(number, f"Beurt {turn}", generatedAtTime=at) for number in range(products)])

    async with Database(own_database) as database:
        platform = Platform(settings, database)

        async def write(turns: range) -> None:
            for turn in turns:
                await run_import(platform, page(turn), name=f"source-{turn % 2}")
                await asyncio.gather(*(publish(platform) for _ in range(3)))

        async def write_all() -> None:
            await asyncio.gather(write(range(0, rounds, 2)), write(range(1, rounds, 2)))
            done.set()

        app = create_litestar(platform)
        async with app.lifespan(), Client(Boundary(app, observe=observe), description) as client:
            writing = asyncio.create_task(write_all())
            heard = [one async for one in reader(client, done)]
            await writing
            assert heard == await members(client), "in the same order, each once"
        async with database.begin() as uow:
            numbers = [row["number"] for row in await uow.fetch("SELECT number FROM product_snapshot ORDER BY number")]
            rows = await uow.fetch(OLDEST)
    assert numbers == list(range(len(heard)))
    latest = {one["isVersionOf"]: one["naam"]["nl"] for one in heard}
    assert latest == {row["external_id"]: row["name"] for row in rows}
    assert set(latest.values()) <= {f"Beurt {rounds - 2}", f"Beurt {rounds - 1}"}
    assert len(latest) == products
    times = [one["generatedAtTime"] for one in heard]
    assert times == sorted(set(times))


def test_the_export_is_the_stream_as_files(own_database: str, settings: Settings, tmp_path: Path) -> None:
    folder, variables = tmp_path / "uit" / "stroom", {"DATABASE_URL": own_database, "ONTHAAL_DATA": settings.data}
    variables["ONTHAAL_PUBLIC_URL"] = "https://onthaal.stad.example"
    assert onthaal("catalogue", "import", str(DEMO), **variables).code == 0
    outcome = onthaal("catalogue", "export", str(folder), **variables)
    assert (outcome.code, outcome.out) == (0, f"2 pages in {folder}\n"), outcome.err
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == ["page-000000.json", "page-000001.json"]
    pages = [msgspec.json.decode(file.read_bytes(), type=SnapshotPage) for file in files]
    assert [len(page.member) for page in pages] == [50, 14]
    assert {page.id.partition("?")[0] for page in pages} == {f"https://onthaal.stad.example{PATH}"}
    again = onthaal("catalogue", "export", str(folder), **variables)
    assert (again.code, again.err) == (2, f"onthaal: {folder} is not empty\n")
    name = "https://zonderwater.example/doc/instancesnapshot"
    unchanged = onthaal("catalogue", "import", str(folder), "--name", name, **variables)
    assert (unchanged.code, unchanged.out.split()[-5:]) == (0, ["0", "0", "64", "0", "0"]), unchanged.err
