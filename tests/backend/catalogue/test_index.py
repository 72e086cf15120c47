"""The index of a process is never behind: announced changes at once, others within two seconds, dates on the day."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from backend.app import Platform
from backend.catalogue.imports.service import CatalogueImporter
from backend.catalogue.index.service import ProductIndex
from backend.catalogue.index.service import products as service
from backend.catalogue.index.service import shelf as shelves
from backend.kit.changes import ChangeFeed
from backend.kit.db import Database
from backend.settings import Settings
from tests.backend.catalogue.conftest import Stream, run_import, snapshot

pytestmark = pytest.mark.anyio


async def titles(index: ProductIndex) -> list[str]:
    return [entry.document.title for entry in (await index.shelf()).listed({})]


async def test_it_is_built_once_until_something_changes(platform: Platform, stream: Stream) -> None:
    await run_import(platform, stream.write([snapshot(1), snapshot(2)]))
    index = platform.products
    shelf = await index.shelf()
    assert await index.shelf() is shelf
    platform.feed.tell("catalogue")
    assert await index.shelf() is shelf, "an announcement without a change costs one query"
    await run_import(platform, stream.write([snapshot(1), snapshot(2)]))
    assert await index.shelf() is shelf
    later = snapshot(2, "Anders", generatedAtTime="2026-01-01T00:00:00Z")
    await run_import(platform, stream.write([snapshot(1), later]))
    renewed = await index.shelf()
    assert await titles(index) == ["Anders", "Product 1"]
    kept = next(entry for entry in shelf.listed({}) if entry.document.title == "Product 1")
    assert any(entry is kept for entry in renewed.listed({})), "texts that did not change are not made again"


async def test_a_change_that_nobody_announced_is_seen_in_time(
    platform: Platform, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run_import(platform, stream.write([snapshot(1), snapshot(2)]))
    deaf = ProductIndex(platform.database, ChangeFeed(), form="informal")
    assert await titles(deaf) == ["Product 1", "Product 2"]
    await run_import(platform, stream.write([snapshot(1)]))
    assert await titles(deaf) == ["Product 1", "Product 2"], "within two seconds nothing is asked"
    monkeypatch.setattr(service, "CHECK_SECONDS", 0.0)
    assert await titles(deaf) == ["Product 1"]


async def test_while_it_is_built_anew_a_recent_one_serves(
    platform: Platform, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run_import(platform, stream.write([snapshot(1)]))
    index = platform.products
    shelf = await index.shelf()
    async with index._lock:
        platform.feed.tell("catalogue")
        async with asyncio.timeout(5):
            assert await index.shelf() is shelf
        monkeypatch.setattr(service, "CHECK_SECONDS", 0.0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await index.shelf()


async def test_a_change_is_patched_in_and_settles_beside_the_searches(
    platform: Platform, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "PATCHED_FROM", 1)
    monkeypatch.setattr(service, "SETTLE_SECONDS", 0.01)
    await run_import(platform, stream.write([snapshot(number) for number in range(1, 4)]))
    index = platform.products
    first = await index.shelf()
    assert first.settled
    later = snapshot(2, "Kwibusbrood", generatedAtTime="2026-01-01T00:00:00Z")
    await run_import(platform, stream.write([snapshot(1), later, snapshot(4)]))
    patched = await index.shelf()
    assert not patched.settled
    assert index._settling is not None
    await index._settling
    settled = await index.shelf()
    assert settled.settled
    assert settled.engine is not patched.engine
    for shelf in (patched, settled):
        assert [entry.document.title for entry in shelf.listed({})] == ["Kwibusbrood", "Product 1", "Product 4"]
        found = shelf.search("kwibusbrood", limit=9, filters={}).hits
        assert [shelf.entries[hit.id].document.title for hit in found] == ["Kwibusbrood"]
        assert not shelf.search("kwibusbrood", limit=9, filters={"theme": ("none",)}).hits
    assert not first.search("kwibusbrood", limit=9, filters={}).hits


async def test_a_change_while_it_settles_is_not_lost(
    platform: Platform, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "PATCHED_FROM", 1)
    monkeypatch.setattr(service, "SETTLE_SECONDS", 0.0)
    await run_import(platform, stream.write([snapshot(1)]))
    index = platform.products
    first = await index.shelf()
    building = msgspec.structs.replace(first, settled=False).built()
    await run_import(platform, stream.write([snapshot(1), snapshot(2, "Kwibusbrood")]))
    now = await index.shelf()
    adopted = building.up_to(now)
    assert not adopted.settled
    assert adopted.signature == now.signature
    assert adopted.search("kwibusbrood", limit=9, filters={}).total == 1
    await index.close()


async def test_what_is_not_offered_now_is_not_found(
    platform: Platform, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = datetime(2399, 1, 1, tzinfo=UTC)
    pages = [
        snapshot(1),
        snapshot(2, eindeDienstVerlening="2020-01-01T00:00:00Z"),
        snapshot(3, startDienstVerlening=opening.isoformat()),
    ]
    await run_import(platform, stream.write(pages))
    shelf = await platform.products.shelf()
    assert await titles(platform.products) == ["Product 1"]
    assert shelf.until == opening

    class OnTheDay(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "OnTheDay":
            return cls(2399, 1, 1, tzinfo=UTC if tz else None)

    monkeypatch.setattr(service, "datetime", OnTheDay)
    assert await titles(platform.products) == ["Product 1", "Product 3"]


async def test_formal_cities_get_formal_texts(platform: Platform, stream: Stream) -> None:
    name = {"nl-BE-x-formal": "Uw pas", "nl-BE-x-informal": "Je pas"}
    await run_import(platform, stream.write([snapshot(1, naam=name)]))
    assert await titles(ProductIndex(platform.database, ChangeFeed(), form="formal")) == ["Uw pas"]
    assert await titles(platform.products) == ["Je pas"]


async def test_many_at_once_share_one_building(own_database: str, settings: Settings, stream: Stream) -> None:
    async with Database(own_database) as database:
        platform = Platform(settings, database)
        await run_import(platform, stream.write([snapshot(number) for number in range(30)]))
        async with database.begin() as uow:
            shelves = await asyncio.gather(*(platform.products.shelf() for _ in range(5)), platform.products.shelf(uow))
        assert len({id(shelf) for shelf in shelves}) == 1
        assert len(shelves[0].entries) == 30


async def test_two_imports_at_once_do_not_mix(own_database: str, settings: Settings, stream: Stream) -> None:
    source: Path = stream.write([snapshot(1)])
    async with Database(own_database) as database:
        platform = Platform(settings, database)
        async with database.begin() as uow:
            slow = CatalogueImporter(platform.work(uow, None, "test", "test"))
            assert (await slow.run(source)).created == 1
            second = await run_import(platform, source)
            assert (second.created, second.error) == (0, "another import of this catalogue is running")
            await uow.commit()
        assert (await run_import(platform, source)).unchanged == 1


async def test_a_start_without_postgresql_is_made_good_later(
    own_database: str, settings: Settings, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Database("postgresql://nobody@127.0.0.1:1/none") as away, Database(own_database) as database:
        await run_import(Platform(settings, database), stream.write([snapshot(1)]))
        index = ProductIndex(away, ChangeFeed(), form="informal")
        assert not await index.warm(), "the process starts all the same"
        assert not await index.ready()
        monkeypatch.setattr(index, "_database", database)
        async with asyncio.timeout(10):
            while not await index.ready():
                assert index._warming is not None
                await index._warming
        assert await titles(index) == ["Product 1"]


async def test_an_empty_catalogue_needs_no_warming(platform: Platform) -> None:
    assert await platform.products.warm()
    assert await platform.products.ready()
    assert await titles(platform.products) == []
