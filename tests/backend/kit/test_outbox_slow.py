"""A handler that waits for others does so without a transaction, and keeps its row meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.kit import outbox
from backend.kit.db import Database, UnitOfWork
from backend.kit.locks import exclusive
from backend.kit.outbox import Dispatcher, Effect, Handler, SlowHandler, TryAgain, awaiting

pytestmark = pytest.mark.anyio

ADD = "INSERT INTO outbox (id, topic, ids) VALUES ($1, 'slow', '{\"source\": 7}')"
ROW = "SELECT done_at IS NOT NULL AS done, attempts, reason, leased_until > now() AS leased FROM outbox WHERE id = $1"


@pytest.fixture
async def database(own_database: str) -> AsyncIterator[Database]:
    async with Database(own_database) as made:
        yield made


@pytest.fixture
async def row(database: Database) -> UUID:
    row_id = uuid4()
    async with database.transaction() as uow:
        await uow.execute(ADD, row_id)
    return row_id


async def state(database: Database, row: UUID) -> tuple[bool, int, str | None, bool | None]:
    async with database.begin() as uow:
        found = await uow.fetchrow(ROW, row)
    assert found is not None
    return found["done"], found["attempts"], found["reason"], found["leased"]


async def test_the_lease_lasts_as_long_as_the_work(
    database: Database, row: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=0.3))
    written: list[UUID] = []

    async def prepare(_effect: Effect) -> Handler:
        for _ in range(8):
            await asyncio.sleep(0.1)  # the work of somebody else takes almost three leases
            assert await others.lease(5) == []

        async def finish(_: UnitOfWork, effect: Effect) -> None:
            written.append(effect.id)

        return finish

    others = Dispatcher(database, {})
    dispatcher = Dispatcher(database, {"slow": SlowHandler(prepare)})
    (effect,) = await dispatcher.lease(5)
    assert await dispatcher.run(effect)
    assert written == [row]
    assert await state(database, row) == (True, 1, None, None)


async def test_a_failure_before_the_transaction_is_retried(database: Database, row: UUID) -> None:
    async def prepare(_: Effect) -> Handler:
        raise TryAgain("busy")

    dispatcher = Dispatcher(database, {"slow": SlowHandler(prepare)})
    (effect,) = await dispatcher.lease(5)
    assert not await dispatcher.run(effect)
    assert await state(database, row) == (False, 1, "TryAgain: busy", None)


async def test_work_that_lost_its_row_is_undone(database: Database, row: UUID) -> None:
    other = uuid4()

    async def prepare(_: Effect) -> Handler:
        async with database.transaction() as uow:  # the lease ran out, somebody else took the row
            await uow.execute("UPDATE outbox SET attempts = attempts + 1 WHERE id = $1", row)

        async def finish(uow: UnitOfWork, _: Effect) -> None:
            await uow.execute(ADD, other)

        return finish

    dispatcher = Dispatcher(database, {"slow": SlowHandler(prepare)})
    (effect,) = await dispatcher.lease(5)
    assert not await dispatcher.run(effect)
    async with database.begin() as uow:
        assert not await uow.fetchval("SELECT count(*) FROM outbox WHERE id = $1", other)
    assert await state(database, row) == (False, 2, None, True)


async def test_what_nobody_has_begun_on_is_awaiting(database: Database, row: UUID) -> None:
    async def known(**ids: int) -> bool:
        async with database.begin() as uow:
            return await awaiting(uow, "slow", **ids)

    assert row
    assert (await known(source=7), await known(source=8)) == (True, False)
    await Dispatcher(database, {}).lease(5)
    assert not await known(source=7)


async def test_one_at_a_time(database: Database) -> None:
    async with exclusive(database, "a") as first, exclusive(database, "a") as second, exclusive(database, "b") as other:
        assert (first, second, other) == (True, False, True)
    async with exclusive(database, "a") as again:
        assert again
