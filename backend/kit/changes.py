"""Small reference data (people, departments, catalogue) is kept in memory; a change is told to every process.

`announce` sends a PostgreSQL notification in the transaction of the change, so other processes hear it when it is
committed and never before. While the listening connection is away, nothing is kept in memory at all: slower, never
stale.

`later` is for what people look at and may hear a moment after: those notifications are gathered and sent outside the
transaction of the change, for PostgreSQL commits transactions that notify one after the other.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from backend.kit.db import Database, UnitOfWork, cast_connection

K = TypeVar("K")
V = TypeVar("V")

CHANNEL = "onthaal_changed"
RECONNECT_SECONDS = 1.0
CHECK_SECONDS = 2.0
GATHER_SECONDS = 0.05
_SEND = f"SELECT pg_notify('{CHANNEL}', topic) FROM unnest($1::text[]) AS t(topic)"
_AWAY = (
    OSError,
    TimeoutError,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class ChangeFeed:
    """Tells caches of this process what changed, wherever the change was made."""

    def __init__(self) -> None:
        self._callbacks: dict[str, list[Callable[[], None]]] = {}
        self._watchers: list[Callable[[str | None], None]] = []
        self._pending: set[str] = set()
        self._wake = asyncio.Event()
        self.connected = False
        self.away = False
        """Something could not be read since changes were heard last: no use in letting everybody wait for that."""

    def on(self, topic: str, callback: Callable[[], None]) -> None:
        """Call `callback` after each committed change of `topic`."""
        self._callbacks.setdefault(topic, []).append(callback)

    def watch(self, callback: Callable[[str | None], None]) -> None:
        """Call `callback` with the topic of every change; None: everything may have changed."""
        self._watchers.append(callback)

    def tell(self, topic: str) -> None:
        """Tell this process only."""
        for callback in self._callbacks.get(topic, []):
            callback()
        for watcher in self._watchers:
            watcher(topic)

    def tell_all(self) -> None:
        """Everything may have changed."""
        for callbacks in self._callbacks.values():
            for callback in callbacks:
                callback()
        for watcher in self._watchers:
            watcher(None)

    def later(self, *topics: str) -> None:
        """Tell every process, this one too, within a moment; call it after the commit."""
        self._pending.update(topics)
        self._wake.set()

    async def send(self, database: Database) -> None:
        """Run for the life of the process: send on what `later` gathered; what could not be sent is sent later."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()
            topics, self._pending = self._pending, set()
            try:
                async with database.dedicated() as pooled:
                    await cast_connection(pooled).execute(_SEND, sorted(topics))
            except _AWAY:
                self._pending |= topics
                self._wake.set()
                await asyncio.sleep(RECONNECT_SECONDS)

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
                self.connected, self.away = True, False
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
        spare: while the database is away, the value that was read last is better than none.
    """

    def __init__(self, feed: ChangeFeed, topic: str, load: Callable[[K], Awaitable[V]], *, spare: bool = False) -> None:
        self._feed = feed
        self._load = load
        self._last: dict[K, V] | None = {} if spare else None
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
        value = await self._read(key)
        if self._feed.connected and generation == self._generation:
            self._held[key] = value
        return value

    async def _read(self, key: K) -> V:
        if self._last is None:
            return await self._load(key)
        if self._feed.away and not self._feed.connected and key in self._last:
            return self._last[key]
        try:
            self._last[key] = await self._load(key)
        except _AWAY:
            self._feed.away = True
            if key not in self._last:
                raise
        return self._last[key]
