import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from backend.app import Platform
from backend.contacts.messages.service import SEND
from backend.kit.outbox import forget_done
from backend.settings import Settings
from backend.worker import handlers, sweeps, work
from tests.backend.commands.program import until

pytestmark = pytest.mark.anyio

ADD = "INSERT INTO outbox (id, topic, ids, done_at, dead_at) VALUES ($1, $2, '{}', $3, $4)"


@pytest.fixture
async def working(settings: Settings, own_database: str, tmp_path: Path) -> AsyncIterator[Platform]:
    """A platform with a database of its own, as the worker commits."""
    platform = Platform(msgspec.structs.replace(settings, database_url=own_database, data=str(tmp_path)))
    yield platform
    await platform.database.close()


async def test_a_worker_drains_until_it_is_stopped(working: Platform) -> None:
    stop, row = asyncio.Event(), uuid4()
    task = asyncio.create_task(work(working, stop))
    async with working.database.transaction() as uow:
        await uow.execute(ADD, row, "nobody.knows", None, None)

    def dead() -> bool:
        return asyncio.run_coroutine_threadsafe(_reason(working, row), loop).result(5) is not None

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(until, dead, "a dead letter")
    assert await _reason(working, row) == "DeadLetter: nobody handles topic nobody.knows"
    stop.set()
    await asyncio.wait_for(task, 10)


async def _reason(platform: Platform, row: UUID) -> str | None:
    """Why the row is dead; None while it is not."""
    async with platform.database.begin() as uow:
        found: str | None = await uow.fetchval("SELECT reason FROM outbox WHERE id = $1 AND dead_at IS NOT NULL", row)
    return found


async def test_messages_have_a_handler(platform: Platform) -> None:
    assert SEND in handlers(platform)


async def test_every_sweep_runs(platform: Platform) -> None:
    for name, sweep in sweeps(platform):
        async with platform.database.transaction() as uow:
            await sweep(uow)
        assert name


async def test_only_old_rows_that_are_done_are_forgotten(platform: Platform) -> None:
    old, now = datetime(2024, 1, 1, tzinfo=UTC), datetime.now(UTC)
    rows = {"done long ago": (old, None), "just done": (now, None), "dead": (None, old), "waiting": (None, None)}
    async with platform.database.transaction() as uow:
        for topic, (done, dead) in rows.items():
            await uow.execute(ADD, uuid4(), topic, done, dead)
        assert await forget_done(uow) == "DELETE 1"
        left = await uow.fetch("SELECT topic FROM outbox ORDER BY topic")
    assert [row["topic"] for row in left] == ["dead", "just done", "waiting"]
