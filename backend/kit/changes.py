"""Small reference data (people, departments, catalogue) is kept in memory; a change is told to every process.

`announce` sends a PostgreSQL notification in the transaction of the change, so other processes hear it when it is
committed and never before. While the listening connection is away, nothing is kept in memory at all: slower, never
stale.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import asyncpg

from backend.kit.db import Database, UnitOfWork, cast_connection

K = TypeVar("K")
V = TypeVar("V")

CHANNEL = "onthaal_changed"
RECONNECT_SECONDS = 1.0
CHECK_SECONDS = 2.0


class ChangeFeed:
    """Tells caches of this process what changed, wherever the change was made."""

    def __init__(self) -> None:
        self._callbacks: dict[str, list[Callable[[], None]]] = {}
        self.connected = False

    def on(self, topic: str, callback: Callable[[], None]) -> None:
        """Call `callback` after each committed change of `topic`."""
        self._callbacks.setdefault(topic, []).append(callback)

    def tell(self, topic: str) -> None:
        """Tell this process only."""
        for callback in self._callbacks.get(topic, []):
            callback()

    def tell_all(self) -> None:
        """Everything may have changed."""
        for topic in self._callbacks:
            self.tell(topic)

    async def announce(self, uow: UnitOfWork, topic: str) -> None:
        """Tell every process once this transaction is committed; in this process at once after the commit."""
        await uow.execute("SELECT pg_notify($1, $2)", CHANNEL, topic)
        uow.after_commit(lambda: self.tell(topic))

    async def listen(self, database: Database) -> None:
        """Run for the life of the process; comes back by itself after a lost connection."""
        while True:
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._listen_once(database)
            self.connected = False
            self.tell_all()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_once(self, database: Database) -> None:
        async with database.dedicated() as pooled:
            raw = cast_connection(pooled)
            await raw.add_listener(CHANNEL, self._heard)
            try:
                self.tell_all()
                self.connected = True
                while not raw.is_closed():
                    async with asyncio.timeout(CHECK_SECONDS):  # wait_for may swallow a cancellation before 3.12
                        await raw.execute("SELECT 1")
                    await asyncio.sleep(CHECK_SECONDS)
            finally:
                raw.terminate()  # a connection that hangs would keep us waiting for a proper good-bye

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self.tell(str(payload))


class Cache(Generic[K, V]):
    """Values by key, dropped whole when the topic changes; keeps nothing while changes cannot be heard.

    Args:
        feed: the change feed of this process.
        topic: what the values depend on.
        load: reads one value.
    """

    def __init__(self, feed: ChangeFeed, topic: str, load: Callable[[K], Awaitable[V]]) -> None:
        self._feed = feed
        self._load = load
        self._held: dict[K, V] = {}
        self._generation = 0
        feed.on(topic, self.clear)

    def clear(self) -> None:
        """Forget everything, also what is being read right now."""
        self._held.clear()
        self._generation += 1

    async def get(self, key: K) -> V:
        """The value, from memory when nothing changed since it was read."""
        if self._feed.connected and key in self._held:
            return self._held[key]
        generation = self._generation
        value = await self._load(key)
        if self._feed.connected and generation == self._generation:
            self._held[key] = value
        return value
