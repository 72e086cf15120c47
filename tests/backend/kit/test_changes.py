import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from backend.kit.changes import Cache, ChangeFeed
from backend.kit.db import Database, Statement, joined
from backend.kit.roles import APPLICATION

pytestmark = pytest.mark.anyio


@pytest.fixture
async def own(own_database: str) -> AsyncIterator[Database]:
    async with Database(own_database, role=APPLICATION) as made:
        yield made


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


async def test_a_change_elsewhere_empties_the_cache_only_when_committed(own: Database) -> None:
    loads: list[int] = []

    async def load(key: int) -> int:
        loads.append(key)
        return key

    here, elsewhere = ChangeFeed(), ChangeFeed()
    cache = Cache(here, "topic", load)
    listening = asyncio.create_task(here.listen(own))
    try:
        await until(lambda: here.connected)
        await cache.get(1)
        await cache.get(1)
        assert loads == [1]
        async with own.begin() as uow:
            await elsewhere.announce(uow, "topic")
        await asyncio.sleep(0.05)
        await cache.get(1)
        assert loads == [1]
        async with own.transaction() as uow:
            await elsewhere.announce(uow, "topic")
        await until(lambda: not cache._held)
        await cache.get(1)
        assert loads == [1, 1]
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_without_a_listening_connection_nothing_is_kept() -> None:
    loads: list[int] = []

    async def load(key: int) -> int:
        loads.append(key)
        return key

    cache = Cache(ChangeFeed(), "topic", load)
    await cache.get(1)
    await cache.get(1)
    assert loads == [1, 1]


async def test_a_value_read_before_a_change_is_not_kept_after_it() -> None:
    feed = ChangeFeed()
    feed.connected = True
    gate = asyncio.Event()

    async def load(_key: int) -> str:
        await gate.wait()
        return "old"

    cache = Cache(feed, "topic", load)
    reading = asyncio.create_task(cache.get(1))
    await asyncio.sleep(0)
    feed.tell("topic")
    gate.set()
    assert await reading == "old"
    assert cache._held == {}


def test_statements_joined_keep_their_own_parameters() -> None:
    statements: list[Statement] = [
        ("INSERT INTO a VALUES ($1, $2)", [1, 2]),
        ("UPDATE b SET c = $2 WHERE d = $1", ["d", "c"]),
    ]
    sql, args = joined(statements)
    assert sql == (
        "WITH part0 AS (INSERT INTO a VALUES ($1, $2)), part1 AS (UPDATE b SET c = $4 WHERE d = $3) SELECT 1"
    )
    assert args == [1, 2, "d", "c"]
    assert joined(statements[:1]) == statements[0]


async def test_while_the_database_is_away_a_spare_is_the_value_read_last_and_nobody_waits_for_it_twice() -> None:
    feed, read, there = ChangeFeed(), list[str](), True

    async def load(key: str) -> str:
        read.append(key)
        if not there:
            raise ConnectionError
        return f"{key}{len(read)}"

    plain, spare = Cache(feed, "t", load), Cache(feed, "t", load, spare=True)
    assert (await plain.get("a"), await spare.get("a")) == ("a1", "a2"), "nothing is heard yet: read each time"
    there = False
    assert [await spare.get("a") for _ in range(3)] == ["a2"] * 3
    assert len(read) == 3, "tried once"
    for cache, key in ((plain, "a"), (spare, "b")):
        with pytest.raises(ConnectionError):
            await cache.get(key)
    there, feed.connected, feed.away = True, True, False  # as once it hears again
    assert await spare.get("a") == "a6"
