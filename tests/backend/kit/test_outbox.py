import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from backend.kit.db import Database, UnitOfWork
from backend.kit.outbox import RETRIES, DeadLetter, Dispatcher, Effect, Outbox, backoff
from backend.kit.roles import APPLICATION

pytestmark = pytest.mark.anyio


@pytest.fixture
async def own(own_database: str) -> AsyncIterator[Database]:
    async with Database(own_database, role=APPLICATION) as made:
        yield made


async def put(database: Database, topic: str = "test", number: int = 1, *, at: datetime | None = None) -> None:
    async with database.transaction() as uow:
        outbox = Outbox(uow, lambda: None)
        for place in range(number):
            outbox.add(topic, at or datetime.now(UTC), place=place)


async def test_rows_are_written_with_their_cause_and_wake_after_it(own: Database) -> None:
    woken: list[str] = []
    async with own.begin() as uow:
        Outbox(uow, lambda: woken.append("lost")).add("test", datetime.now(UTC))
    async with own.transaction() as uow:
        Outbox(uow, lambda: woken.append("kept")).add("test", datetime.now(UTC))
        assert woken == []
    assert woken == ["kept"]
    assert len(await Dispatcher(own, {}).lease(10)) == 1


async def test_a_leased_row_is_nobody_elses_until_the_lease_ends(own: Database) -> None:
    await put(own, number=3)
    dispatcher = Dispatcher(own, {})
    first = await dispatcher.lease(2)
    assert len(first) == 2
    assert len(await dispatcher.lease(10)) == 1
    async with own.transaction() as uow:
        await uow.execute("UPDATE outbox SET leased_until = now() - interval '1 second'")
    again = await dispatcher.lease(10)
    assert {effect.attempts for effect in again} == {2}


async def test_a_row_of_later_waits(own: Database) -> None:
    await put(own, at=datetime.now(UTC) + timedelta(hours=1))
    assert await Dispatcher(own, {}).lease(10) == []


async def test_done_and_effect_are_one_transaction(own: Database) -> None:
    async def effect(uow: UnitOfWork, _effect: Effect) -> None:
        await uow.execute("INSERT INTO idempotency_record (id, fingerprint) VALUES ('\\x01', '\\x01')")

    await put(own)
    dispatcher = Dispatcher(own, {"test": effect})
    leased = (await dispatcher.lease(1))[0]
    assert await dispatcher.run(leased)
    assert not await dispatcher.run(leased)  # a second worker that held an old lease changes nothing
    async with own.begin() as uow:
        assert await uow.fetchval("SELECT count(*) FROM idempotency_record") == 1


async def test_a_lost_lease_undoes_the_late_effect(own: Database) -> None:
    async def effect(uow: UnitOfWork, _effect: Effect) -> None:
        await uow.execute("INSERT INTO idempotency_record (id, fingerprint) VALUES ('\\x02', '\\x02')")

    await put(own)
    dispatcher = Dispatcher(own, {"test": effect})
    late = (await dispatcher.lease(1))[0]
    async with own.transaction() as uow:
        await uow.execute("UPDATE outbox SET leased_until = now() - interval '1 second'")
    newer = (await dispatcher.lease(1))[0]
    assert not await dispatcher.run(late)
    async with own.begin() as uow:
        assert await uow.fetchval("SELECT count(*) FROM idempotency_record") == 0
    assert await dispatcher.run(newer)


async def test_failures_are_retried_then_visible(own: Database) -> None:
    async def failing(_uow: UnitOfWork, _effect: Effect) -> None:
        raise ValueError("with Jan Peeters inside")

    reports: list[tuple[str, bool]] = []
    await put(own)
    dispatcher = Dispatcher(own, {"test": failing}, lambda _effect, reason, dead: reports.append((reason, dead)))
    for _ in range(len(RETRIES) + 1):
        async with own.transaction() as uow:
            await uow.execute("UPDATE outbox SET available_at = now()")
        await dispatcher.run((await dispatcher.lease(1))[0])
    assert [dead for _, dead in reports] == [False] * len(RETRIES) + [True]
    assert {reason for reason, _ in reports} == {"ValueError"}  # the text may quote personal data
    assert await dispatcher.lease(1) == []


async def test_what_cannot_succeed_dies_at_once(own: Database) -> None:
    async def hopeless(_uow: UnitOfWork, _effect: Effect) -> None:
        raise DeadLetter("no such thing")

    await put(own)
    await put(own, "unknown")
    dispatcher = Dispatcher(own, {"test": hopeless})
    for effect in await dispatcher.lease(10):
        assert not await dispatcher.run(effect)
    async with own.begin() as uow:
        reasons = {row["reason"] for row in await uow.fetch("SELECT reason FROM outbox WHERE dead_at IS NOT NULL")}
    assert reasons == {"DeadLetter: no such thing", "DeadLetter: nobody handles topic unknown"}


def test_retries_come_later_and_later() -> None:
    waits = [backoff(attempt) for attempt in range(1, len(RETRIES) + 3)]
    assert waits[0] < timedelta(seconds=6)
    assert all(later > earlier * 0.9 for earlier, later in itertools.pairwise(waits))
    assert timedelta(days=3) < sum(waits[: len(RETRIES)], timedelta()) < timedelta(days=4)
