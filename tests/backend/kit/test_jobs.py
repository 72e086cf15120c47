import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from backend.kit.db import Database, UnitOfWork
from backend.kit.jobs import Waker, WorkerLoop
from backend.kit.outbox import Dispatcher
from backend.kit.roles import APPLICATION
from backend.kit.work import BATCH

pytestmark = pytest.mark.anyio

MOMENTS = [index / 2000 for index in range(40)]


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


async def _connections(redis: Redis) -> int:
    """How many clients Redis has, once it noticed who left."""
    clients: list[dict[str, Any]] = []
    for _ in range(100):
        clients = await redis.client_list()
        if len(clients) == 1:
            break
        await asyncio.sleep(0.02)
    return len(clients)


async def test_a_waker_that_is_stopped_at_any_moment_leaves_no_connection(redis: Redis, redis_url: str) -> None:
    for seconds in MOMENTS:
        waker = Waker(redis_url)
        task = asyncio.create_task(waker.run())
        waker.wake()
        looks = [asyncio.create_task(waker.ready()) for _ in range(3)]
        await asyncio.sleep(0.01 + seconds)
        task.cancel()
        assert await asyncio.gather(*looks) == [True, True, True]
        await asyncio.gather(task, return_exceptions=True)
        await waker.close()
    assert await _connections(redis) == 1


async def test_a_worker_that_is_stopped_at_any_moment_leaves_no_connection(
    redis: Redis, redis_url: str, own_database: str
) -> None:
    waker = Waker(redis_url)
    waking = asyncio.create_task(waker.run())
    async with Database(own_database, role=APPLICATION) as database:
        for seconds in MOMENTS:
            waker.wake()
            loop = WorkerLoop(redis_url, database, Dispatcher(database, {}, lambda *_: None))
            stop = asyncio.Event()
            task = asyncio.create_task(loop.run(stop))
            await asyncio.sleep(seconds)
            stop.set()
            await task
    waking.cancel()
    await asyncio.gather(waking, return_exceptions=True)
    await waker.close()
    assert await _connections(redis) == 1


async def test_a_sweep_with_more_to_do_goes_on_and_is_counted(redis_url: str, own_database: str) -> None:
    left, told = [BATCH, BATCH, 7, 0], list[tuple[str, int | None]]()
    stop = asyncio.Event()

    async def many(_uow: UnitOfWork) -> int:
        return left.pop(0)

    async def broken(_uow: UnitOfWork) -> int:
        raise ValueError

    async def last(_uow: UnitOfWork) -> str:
        stop.set()
        return "DELETE 3"

    async with Database(own_database, role=APPLICATION) as database:
        sweeps = [("many", many), ("broken", broken), ("last", last)]
        idle = Dispatcher(database, {}, lambda *_: None)
        loop = WorkerLoop(redis_url, database, idle, sweeps, report=lambda name, many: told.append((name, many)))
        await loop.run(stop)
    assert told == [("many", BATCH), ("many", BATCH), ("many", 7), ("broken", None)]
    assert left == [0]
