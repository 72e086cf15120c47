"""One at a time, among all processes: for work that is too long for a transaction, and within one."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backend.kit.db import Database, UnitOfWork, cast_connection

_TRY = "SELECT pg_try_advisory_lock(hashtextextended($1, 7421003))"
_TAKE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 7421004))"
_RELEASE = "SELECT pg_advisory_unlock(hashtextextended($1, 7421003))"


@asynccontextmanager
async def exclusive(database: Database, name: str) -> AsyncIterator[bool]:
    """Hold the lock of this name; gives False when somebody else has it.

    The lock lives on a connection of its own, outside a transaction: nothing is blocked meanwhile, and when the process
    or its connection dies, the lock is gone.
    """
    async with database.dedicated() as pooled:
        raw = cast_connection(pooled)
        held = await raw.fetchval(_TRY, name)
        try:
            yield held
        finally:
            if held:
                try:
                    await raw.fetchval(_RELEASE, name)
                except BaseException:  # cancelled, or the connection is gone: then it must not go back with its lock
                    with contextlib.suppress(Exception):
                        raw.terminate()
                    raise


async def one_at_a_time(uow: UnitOfWork, name: str) -> None:
    """Until this transaction ends no other one gets past here with the same name; waits as for any lock.

    For rare changes of many rows that would otherwise wait for each other in a circle.
    """
    await uow.execute(_TAKE, name)
