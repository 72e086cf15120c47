"""What the tests of the sweeps share: a sweep at a chosen moment, and what came of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec

from backend.app import Platform
from backend.kit.db import UnitOfWork
from backend.kit.work import Work
from tests.conftest import Client


async def sweep(platform: Platform, run: Callable[[Work], Awaitable[int]], at: datetime | None = None) -> int:
    """Run a sweep as the worker does, as if it were this moment; gives what it did."""
    async with platform.unit(None, "test", "test") as work:
        return await run(work if at is None else msgspec.structs.replace(work, now=at))


async def told(uow: UnitOfWork, question: UUID) -> list[tuple[str, str]]:
    """Who was told what about a question, in order."""
    rows = await uow.fetch(
        """SELECT u.username, n.kind FROM notice n JOIN app_user u ON u.id = n.user_id WHERE n.question_id = $1
            ORDER BY n.id""",
        question,
    )
    return [(row["username"], row["kind"]) for row in rows]


async def standing(uow: UnitOfWork, question: UUID) -> Any:
    """The row of a question."""
    return await uow.fetchrow("SELECT * FROM question WHERE id = $1", question)


async def events(uow: UnitOfWork, question: UUID) -> list[Any]:
    """The timeline."""
    return await uow.fetch("SELECT * FROM question_event WHERE question_id = $1 ORDER BY version", question)


async def do(client: Client, question: UUID, verb: str, body: dict[str, Any] | None = None) -> httpx.Response:
    """A verb on the newest version."""
    tag = (await client.get(f"/questions/{question}")).headers.get("etag", '"1"')
    return await client.post(f"/questions/{question}/{verb}", json=body, headers={"If-Match": tag})


async def away(uow: UnitOfWork, who: UUID, instead: UUID | None, days: int = 30) -> None:
    """Absent from today on, as the real clock of this machine says."""
    await uow.execute(
        """INSERT INTO absence (id, user_id, first_day, last_day, replacement_id, recorded_at)
           VALUES (gen_random_uuid(), $1, current_date - 1, current_date + $3::int, $2, clock_timestamp())""",
        who,
        instead,
        days,
    )
