"""PostgreSQL is gone or hangs: a proper 503 in time, and everything goes on by itself when it is back."""

import asyncio

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi

from backend.kit.failures import problem_of
from backend.kit.refusals import of_database
from tests.reliability.evidence import check_answers
from tests.reliability.ledger import AWAY, CREATED, Entry, body_of, call
from tests.reliability.running import Running, frozen, kill, until

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("reliability")]

AT_ONCE = 30
GONE_SECONDS = 2.0
HANGS_SECONDS = 4.0
"""Two seconds until a connection counts as dead, two that a call waits for one of the others."""
QUESTIONS = "SELECT count(*) FROM question WHERE subject = 'Vraag ' || $1"


async def _refused(running: Running, key: str, seconds: float) -> list[Entry]:
    """More calls at once than there are connections: each is told to come back."""
    keys = [f"{key}-{number:02}" for number in range(AT_ONCE)]
    async with running.client() as client:
        entries = await asyncio.gather(*(call(client, key, body_of(key)) for key in keys))
    assert {entry.status for entry in entries} == {AWAY}
    spent = sorted(entry.seconds for entry in entries)
    assert spent[AT_ONCE // 2] < seconds, spent
    assert spent[-1] < 2 * seconds, spent
    return entries


async def _goes_on(running: Running, entries: list[Entry]) -> None:
    """The same calls succeed, each once."""
    again: list[Entry] = []
    for entry in entries:

        async def acknowledged(key: str = entry.key) -> bool:
            again.append(await running.register(key))
            return again[-1].status == CREATED

        await until(acknowledged, 30, "a registration after the recovery")
    check_answers(again, [entry.key for entry in entries])
    for entry in entries:
        assert await running.value(QUESTIONS, entry.key) == 1


async def test_without_postgresql_clients_are_told_to_come_back(running: Running) -> None:
    gone = running.process("postgresql")
    with frozen([running.supervisor]):
        kill([gone])
        refused = await _refused(running, "database-gone", GONE_SECONDS)
        async with running.client("") as client:
            assert (await client.get("/health/live")).json()["status"] == "UP"
            ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["parts"]["postgresql"]) == (AWAY, "DOWN")
    await running.restarted("postgresql", gone)
    await _goes_on(running, refused)
    await running.healthy()


async def test_a_postgresql_that_hangs_does_not_keep_clients_waiting(running: Running) -> None:
    with frozen(running.family("postgresql")):
        refused = await _refused(running, "database-hangs", HANGS_SECONDS)
        async with running.client("") as client:
            ready = await client.get("/health/ready")
        assert ready.status_code == AWAY
    await _goes_on(running, refused)
    await running.healthy()


def test_a_connection_that_was_told_goodbye_counts_as_away() -> None:
    """asyncpg says this between the last words of a server that stops and the end of the connection."""
    words = "cannot switch to state 12; another operation (2) is in progress"
    assert problem_of(asyncpg.InternalClientError(words), translate=of_database).status == AWAY


def test_a_server_that_starts_up_counts_as_away_also_when_its_error_lost_its_cause() -> None:
    """Litestar raises the error of one of several dependencies from an exception group."""
    cause = asyncpg.CannotConnectNowError("starting up")
    refused = AsyncAdapt_asyncpg_dbapi.Error("starting up", cause)  # type: ignore[no-untyped-call]
    refused.__cause__ = ExceptionGroup("dependencies", [refused])
    assert problem_of(refused, translate=of_database).status == AWAY
