"""What is served: the right version on a day, at once in every process, and never one that cannot be used."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest

from backend.assistant.versions.service import TOPIC, FlowStore
from backend.kit.changes import ChangeFeed
from backend.kit.db import Database, UnitOfWork
from backend.kit.roles import APPLICATION
from tests.backend.assistant.authoring import document, put_in

pytestmark = pytest.mark.anyio

DAY = date(2026, 12, 1)
SECONDS = 10


@pytest.fixture
async def store(database: Database) -> FlowStore:
    return FlowStore(database, ChangeFeed())


async def test_of_several_versions_the_highest_that_is_valid_counts(store: FlowStore, uow: UnitOfWork) -> None:
    await put_in(uow, document(title="Eerste"))
    await put_in(uow, document(title="Kerst", valid_from="2026-12-20", valid_until="2026-12-31"))
    await put_in(uow, document(title="Oud"), status="retired")
    await put_in(uow, document(title="In de maak"), status="draft")
    titles = {}
    for day in ("2026-12-19", "2026-12-20", "2026-12-31", "2027-01-01"):
        served = await store.current("verhuizen", date.fromisoformat(day))
        assert served is not None
        titles[day] = served.program.flow.title
    assert titles == {"2026-12-19": "Eerste", "2026-12-20": "Kerst", "2026-12-31": "Kerst", "2027-01-01": "Eerste"}
    assert await store.current("onbekend", DAY) is None


async def test_what_was_published_once_can_still_be_read_and_a_draft_cannot(store: FlowStore, uow: UnitOfWork) -> None:
    retired = await put_in(uow, document(), status="retired")
    await put_in(uow, document(), status="review")
    found = await store.version("verhuizen", 1)
    assert found is not None
    assert (found.version_id, found.status, found.program.flow.version) == (retired, "retired", 1)
    assert await store.version("verhuizen", 2) is None
    assert await store.current("verhuizen", DAY) is None


async def test_a_document_that_cannot_be_used_keeps_no_other_flow_away(store: FlowStore, uow: UnitOfWork) -> None:
    broken = document("stuk")
    broken["questions"][0]["next"][0]["if"] = "gezinnen >= 5"
    await put_in(uow, broken)
    await put_in(uow, document("heel"))
    other = await put_in(uow, document("anders"))
    assert [one.program.flow.flow for one in await store.published(DAY)] == ["anders", "heel"]
    assert await store.current("stuk", DAY) is None
    found = await store.current("anders", DAY)
    assert found is not None
    assert found.version_id == other


@asynccontextmanager
async def process(url: str) -> AsyncIterator[tuple[Database, ChangeFeed, FlowStore]]:
    """Another process: its own connections, its own feed."""
    async with Database(url, role=APPLICATION) as database:
        feed = ChangeFeed()
        store = FlowStore(database, feed)
        task = asyncio.create_task(feed.listen(database))
        try:
            async with asyncio.timeout(SECONDS):
                while not feed.connected:  # noqa: ASYNC110 the feed has no event for it
                    await asyncio.sleep(0.01)
            yield database, feed, store
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_every_process_serves_a_publication_at_once(own_database: str) -> None:
    async with process(own_database) as (database, feed, _), process(own_database) as (_, _, elsewhere):
        assert await elsewhere.current("verhuizen", DAY) is None
        async with database.transaction() as uow:
            await put_in(uow, document())
        assert await elsewhere.current("verhuizen", DAY) is None, "kept in memory: nobody told it yet"
        async with database.transaction() as uow:
            await feed.announce(uow, TOPIC)
        async with asyncio.timeout(SECONDS):
            while await elsewhere.current("verhuizen", DAY) is None:  # noqa: ASYNC110 as a citizen would
                await asyncio.sleep(0.01)


async def test_a_program_is_compiled_once(own_database: str) -> None:
    async with process(own_database) as (database, _, store):
        async with database.transaction() as uow:
            await put_in(uow, document())
        found = await asyncio.gather(*(store.current("verhuizen", DAY) for _ in range(3)))
        assert len({id(one.program) for one in found if one}) == 1


async def test_only_the_programs_that_were_used_last_are_kept(
    store: FlowStore, uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for every version there ever was fills no memory; what others take stays compiled."""
    monkeypatch.setattr("backend.assistant.versions.service.store.MOST_KEPT", 2)
    for number in range(4):
        await put_in(uow, document(title=f"Versie {number + 1}"))
    current = await store.current("verhuizen", DAY)
    assert current is not None
    for number in (1, 2, 3):
        asked, again = await store.version("verhuizen", number), await store.current("verhuizen", DAY)
        assert asked is not None
        assert again is not None
        assert asked.program.flow.title == f"Versie {number}"
        assert again.program is current.program
    assert len(store._programs) == 2
