"""What a transaction says about its reach: along with BEGIN, for that transaction only, and closed when in doubt."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from backend.kit.db import Database, UnitOfWork, cast_connection
from backend.kit.reach import EVERYTHING, NOTHING, Reach, going, statement

pytestmark = pytest.mark.anyio

SOMEBODY = Reach(
    kind="person",
    person=UUID(int=1),
    departments=frozenset({UUID(int=2), UUID(int=3)}),
    opened=frozenset({UUID(int=4)}),
)
_SAID = """
SELECT current_setting('app.reach', true), current_setting('app.person', true),
       current_setting('app.departments', true), current_setting('app.opened', true)
"""


@pytest.fixture
async def database(own_database: str) -> AsyncIterator[Database]:
    """With one connection, so that one transaction follows the other on it."""
    async with Database(own_database, size=1) as made:
        yield made


async def said(uow: UnitOfWork) -> tuple[Any, ...]:
    row = await uow.fetchrow(_SAID)
    assert row is not None
    return tuple(row)


async def test_a_transaction_says_who_reads(database: Database) -> None:
    async with database.begin(SOMEBODY) as uow:
        kind, person, departments, opened = await said(uow)
    assert (kind, person) == ("person", str(UUID(int=1)))
    assert departments == f"{{{UUID(int=2)},{UUID(int=3)}}}"
    assert opened == f"{{{UUID(int=4)}}}"


async def test_it_costs_no_statement(database: Database) -> None:
    seen: list[str] = []
    async with database.dedicated() as pooled:
        raw = cast_connection(pooled)
        raw.add_query_logger(lambda record: seen.append(record.query))
        uow = UnitOfWork(database, pooled, SOMEBODY)
        await uow.start()
        await uow.fetchval("SELECT 1")
        await uow.close()
        await asyncio.sleep(0)  # the driver tells its listeners in the next turn
    assert [query.split(";")[0] for query in seen] == ["BEGIN", "SELECT 1", "ROLLBACK"]
    assert statement(SOMEBODY) in seen[0]


@pytest.mark.parametrize("ending", ["commit", "rollback"])
async def test_nothing_of_it_is_left_on_the_connection(database: Database, ending: str) -> None:
    async with database.begin(EVERYTHING) as uow:
        if ending == "commit":
            await uow.commit()
    async with database.begin() as uow:
        assert (await said(uow))[0] == "nothing"
    async with database.dedicated() as pooled:
        assert await cast_connection(pooled).fetchval("SELECT current_setting('app.reach', true)") in {None, ""}


async def test_another_reach_is_for_a_block(database: Database) -> None:
    async with database.begin(SOMEBODY) as uow:
        before = await said(uow)
        async with uow.reaching(EVERYTHING):
            assert (await said(uow))[0] == "everything"
        assert await said(uow) == before


async def test_it_is_given_back_when_the_block_fails(database: Database) -> None:
    async with database.begin(NOTHING) as uow:
        with pytest.raises(LookupError):
            async with uow.reaching(EVERYTHING):
                raise LookupError
        assert (await said(uow))[0] == "nothing"


async def test_a_failed_statement_in_the_block_is_what_is_heard_of(database: Database) -> None:
    async with database.begin(NOTHING) as uow:
        with pytest.raises(Exception, match="division by zero"):
            async with uow.reaching(EVERYTHING):
                await uow.execute("SELECT 1 / 0")


async def test_a_thing_can_be_kept_open(database: Database) -> None:
    async with database.begin(SOMEBODY) as uow:
        await uow.keep_open(UUID(int=9))
        assert (await said(uow))[3] == f"{{{UUID(int=4)},{UUID(int=9)}}}"
    async with database.begin(NOTHING) as uow:
        await uow.keep_open(UUID(int=9))
        assert (await said(uow))[3] == "{}"


async def test_the_way_postgresql_goes_about_it_ends_with_the_transaction(database: Database) -> None:
    asked = going(SOMEBODY, {"keep_plans": True, "in_order": True, "other": 1})
    assert going(SOMEBODY, {"in_order": False}) == SOMEBODY
    names = ("plan_cache_mode", "enable_sort", "enable_bitmapscan")
    ways = "SELECT " + ", ".join(f"current_setting('{name}')" for name in names)
    for reach, expected in ((asked, ("force_generic_plan", "off", "off")), (SOMEBODY, ("auto", "on", "on"))):
        async with database.begin(reach) as uow:
            row = await uow.fetchrow(ways)
            assert row is not None
            assert tuple(row) == expected
