"""Several at once, on a database with real commits."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.app import Platform
from backend.crm.customers.schemas import CustomerCreate
from backend.crm.customers.service import CustomerService
from backend.crm.links.service import LinkService
from backend.crm.suggestions.schemas import DecisionInput
from backend.crm.suggestions.service import DecisionService, Finder
from backend.kit.access import Principal
from backend.kit.outbox import Dispatcher
from backend.kit.problems import ProblemError
from backend.kit.reach import EVERYTHING
from backend.kit.work import Work
from backend.worker import handlers
from tests.backend.crm.suggestions.conftest import JAN, JAN_AGAIN, JAN_BY_MAIL, Body
from tests.people import People

pytestmark = pytest.mark.anyio

_WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
"""How many wait for this transaction."""


class Desk:
    """Somebody at the desk, each act in a transaction of its own."""

    def __init__(self, platform: Platform, user: UUID) -> None:
        self.platform = platform
        self._who = Principal(id=user, name="x", roles=frozenset({"agent"}), departments={})

    async def act(self, do: Callable[[Work, CustomerService], Awaitable[Any]]) -> Any:
        async with self.platform.database.transaction(EVERYTHING) as uow:
            work = self.platform.work(uow, self._who, "test", "test")
            return await do(work, CustomerService(work))

    async def register(self, body: Body) -> UUID:
        found: UUID = await self.act(lambda _, customers: customers.register(msgspec.convert(body, CustomerCreate)))
        return found

    async def look(self, *customers_ids: UUID) -> None:
        await self.act(lambda work, customers: Finder(work, customers).refresh(customers_ids))

    async def decide(self, row: Any, **data: Any) -> str:
        """`done`, or the status of the refusal."""
        given = msgspec.convert(data, DecisionInput)
        try:
            await self.act(
                lambda work, customers: DecisionService(work, customers).decide(row["id"], given, row["version"])
            )
        except ProblemError as refused:
            return str(refused.status)
        return "done"

    async def merge(self, survivor: UUID, merged: UUID) -> str:
        try:
            await self.act(lambda work, customers: LinkService(work, customers).merge(survivor, merged, None))
        except ProblemError as refused:
            return str(refused.status)
        return "done"

    async def rows(self) -> list[Any]:
        async with self.platform.database.begin(EVERYTHING) as uow:
            return await uow.fetch("SELECT * FROM match_suggestion ORDER BY first_id, second_id")


@pytest.fixture
def desk(working: Platform, staff: People) -> Desk:
    return Desk(working, staff.users["agent"])


async def test_the_worker_finds_who_was_registered_twice(desk: Desk) -> None:
    first = await desk.register(JAN)
    second = await desk.register(JAN_AGAIN)
    dispatcher = Dispatcher(desk.platform.database, handlers(desk.platform))
    effects = [effect for effect in await dispatcher.lease(10) if effect.topic == "crm.suggest"]
    assert {UUID(effect.ids["customer"]) for effect in effects} == {first, second}
    assert all([await dispatcher.run(effect) for effect in effects])
    (row,) = await desk.rows()
    assert (row["first_id"], row["second_id"], row["state"], row["version"]) == (first, second, "open", 1)


async def test_worker_and_agents_look_at_once(desk: Desk) -> None:
    customers = [await desk.register(body) for body in (JAN, JAN_AGAIN, JAN_BY_MAIL)]
    looks = [desk.look(one) for one in customers * 3] + [desk.look(*customers[::-1])]
    await asyncio.gather(*looks)
    rows = await desk.rows()
    assert len(rows) == 3
    assert {row["state"] for row in rows} == {"open"}
    await desk.look(*customers)
    assert [row["version"] for row in await desk.rows()] == [row["version"] for row in rows], "now nothing is new"


@pytest.mark.parametrize("turned", [False, True])
async def test_of_two_looks_at_once_the_better_one_stays(desk: Desk, turned: bool) -> None:
    first, second, third = [await desk.register(body) for body in (JAN, JAN_AGAIN, JAN_BY_MAIL)]
    one, other = (third, first) if turned else (first, third)

    async def overtaken(work: Work, customers: CustomerService) -> asyncio.Task[None]:
        """The other one begins to look before the first one's suggestions can be seen, and waits for them."""
        await Finder(work, customers).refresh([one])
        looking = asyncio.create_task(desk.look(other))
        async with asyncio.timeout(10):
            while not await work.uow.fetchval(_WAITS):  # noqa: ASYNC110 (it happens in PostgreSQL)
                await asyncio.sleep(0.01)
        return looking

    await (await desk.act(overtaken))
    rows = await desk.rows()
    assert {(row["first_id"], row["second_id"]) for row in rows} == {(first, second), (first, third), (second, third)}
    await desk.look(*sorted({one, other}))
    assert [row["version"] for row in await desk.rows()] == [row["version"] for row in rows], "both had been seen"


async def test_of_two_who_decide_at_once_one_is_told(desk: Desk) -> None:
    customers = [await desk.register(body) for body in (JAN, JAN_AGAIN)]
    await desk.look(*customers)
    (row,) = await desk.rows()
    outcomes = await asyncio.gather(
        desk.decide(row, decision="different"), desk.decide(row, decision="same"), desk.decide(row, decision="later")
    )
    assert sorted(outcomes) == ["412", "412", "done"]
    (after,) = await desk.rows()
    assert after["version"] == row["version"] + 1


@pytest.mark.parametrize("turn", range(6))
async def test_a_merge_while_somebody_decides(desk: Desk, turn: int) -> None:
    first, second, third = [await desk.register(body) for body in (JAN, JAN_AGAIN, JAN_BY_MAIL)]
    await desk.look(first, second, third)
    rows = await desk.rows()
    about_gone = next(row for row in rows if (row["first_id"], row["second_id"]) == (second, third))
    acts = [
        desk.merge(first, second),
        desk.decide(about_gone, decision="different"),
        desk.look(third),
        desk.look(second, first),
    ]
    order = acts[turn % 4 :] + acts[: turn % 4]
    await asyncio.gather(*order)
    await desk.look(first, third)
    states = {(row["first_id"], row["second_id"]): row["state"] for row in await desk.rows()}
    assert states[first, second] == "same"
    decided = states[second, third] == "different"
    assert states[first, third] == ("different" if decided else "open")
    assert decided or states[second, third] == "obsolete"


async def test_both_ways_at_once_is_one_merge(desk: Desk) -> None:
    customers = [await desk.register(body) for body in (JAN, JAN_AGAIN)]
    await desk.look(*customers)
    (row,) = await desk.rows()
    outcomes = await asyncio.gather(
        desk.decide(row, decision="same", survivorId=str(customers[0])),
        desk.decide(row, decision="same", survivorId=str(customers[1])),
        desk.merge(customers[1], customers[0]),
    )
    assert outcomes.count("done") == 1
    (after,) = await desk.rows()
    assert after["state"] == "same"
