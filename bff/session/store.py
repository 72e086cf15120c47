"""Where sessions are kept: Redis, or the memory of one process that may forget them."""

import time
from typing import Protocol

import msgspec
import redis.asyncio as redis

from backend.kit.configuration import SettingsInvalid
from bff.settings import Channel

MEMORY = "memory://"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it is stored.

    Attributes:
        card: JSON in clear, for lists.
        sealed: the session, encrypted.
        seen: epoch seconds of its last use.
    """

    card: bytes
    sealed: bytes
    seen: float


class Store(Protocol):
    """Keeps sessions under keys, finds them by marks, and keeps small things for a while; `redis.RedisError`: away."""

    async def add(self, key: str, kept: Kept, marks: tuple[str, ...], seconds: int) -> None:
        """Keep a new session so long."""

    async def get(self, key: str) -> Kept | None:
        """What is kept under this key."""

    async def touch(self, key: str, seen: float, seconds: int) -> None:
        """Used now: keep it so long from here; one that is gone stays gone."""

    async def replace(self, key: str, sealed: bytes) -> bool:
        """Other content for a session that is still there."""

    async def remove(self, key: str) -> bool:
        """Forget it; whether it was there."""

    async def every(self) -> dict[str, Kept]:
        """All sessions."""

    async def marked(self, mark: str) -> set[str]:
        """Keys of sessions that were added with this mark; some may be gone."""

    async def put(self, key: str, value: bytes, seconds: int) -> bool:
        """Keep a small thing; False when there is one."""

    async def take(self, key: str) -> bytes | None:
        """Get a small thing and forget it: a second one gets nothing."""

    async def note(self, key: str, value: bytes, seconds: int) -> None:
        """Keep a small thing, in place of the one there is."""

    async def peek(self, key: str) -> bytes | None:
        """A small thing, which stays."""

    async def close(self) -> None:
        """Let go of connections."""


def store_of(url: str, channel: Channel) -> Store:
    """The store of a channel at this address (`memory://`, `redis://`, `rediss://`, `unix://`).

    Raises:
        SettingsInvalid: not one of those.
    """
    if url == MEMORY:
        return MemoryStore()
    try:
        client = redis.Redis.from_url(url, socket_timeout=2.0, socket_connect_timeout=2.0)
    except ValueError as error:
        raise SettingsInvalid(f"sessions: {error}") from error
    return RedisStore(client, f"onthaal:{channel}:")


class MemoryStore:
    """In this process; gone with it."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Kept, float]] = {}
        self._marks: dict[str, set[str]] = {}
        self._small: dict[str, tuple[bytes, float]] = {}

    async def add(self, key: str, kept: Kept, marks: tuple[str, ...], seconds: int) -> None:
        """Keep a new session so long."""
        self._sweep()
        self._kept[key] = kept, time.monotonic() + seconds
        for mark in marks:
            self._marks.setdefault(mark, set()).add(key)

    async def get(self, key: str) -> Kept | None:
        """What is kept under this key."""
        kept, until = self._kept.get(key, (None, 0.0))
        return kept if until > time.monotonic() else None

    async def touch(self, key: str, seen: float, seconds: int) -> None:
        """Used now: keep it so long from here."""
        if kept := await self.get(key):
            self._kept[key] = msgspec.structs.replace(kept, seen=seen), time.monotonic() + seconds

    async def replace(self, key: str, sealed: bytes) -> bool:
        """Other content for a session that is still there."""
        if (kept := await self.get(key)) is None:
            return False
        self._kept[key] = msgspec.structs.replace(kept, sealed=sealed), self._kept[key][1]
        return True

    async def remove(self, key: str) -> bool:
        """Forget it; whether it was there."""
        return self._kept.pop(key, None) is not None

    async def every(self) -> dict[str, Kept]:
        """All sessions."""
        self._sweep()
        return {key: kept for key, (kept, _) in self._kept.items()}

    async def marked(self, mark: str) -> set[str]:
        """Keys of sessions that were added with this mark."""
        return set(self._marks.get(mark, ()))

    async def put(self, key: str, value: bytes, seconds: int) -> bool:
        """Keep a small thing; False when there is one."""
        self._sweep()
        if key in self._small:
            return False
        self._small[key] = value, time.monotonic() + seconds
        return True

    async def take(self, key: str) -> bytes | None:
        """Get a small thing and forget it."""
        value, until = self._small.pop(key, (None, 0.0))
        return value if until > time.monotonic() else None

    async def note(self, key: str, value: bytes, seconds: int) -> None:
        """Keep a small thing, in place of the one there is."""
        self._sweep()
        self._small[key] = value, time.monotonic() + seconds

    async def peek(self, key: str) -> bytes | None:
        """A small thing, which stays."""
        value, until = self._small.get(key, (None, 0.0))
        return value if until > time.monotonic() else None

    async def close(self) -> None:
        """Nothing to let go of."""

    def _sweep(self) -> None:
        now = time.monotonic()
        self._kept = {key: pair for key, pair in self._kept.items() if pair[1] > now}
        self._small = {key: pair for key, pair in self._small.items() if pair[1] > now}
        alive = {mark: keys & self._kept.keys() for mark, keys in self._marks.items()}
        self._marks = {mark: keys for mark, keys in alive.items() if keys}


_REPLACE = "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) "
_TOUCH = _REPLACE + "redis.call('EXPIRE', KEYS[1], ARGV[3]) return 1"
_LONGEST = 24 * 3600
"""Seconds that marks, and what is in them, are kept: longer than any session."""


class RedisStore:
    """In Redis, for processes that share sessions.

    Args:
        client: closed with the store.
        prefix: of every key.
    """

    def __init__(self, client: "redis.Redis", prefix: str) -> None:
        self._redis = client
        self._prefix = prefix
        self._touch = client.register_script(_TOUCH)
        self._replace = client.register_script(_REPLACE + "return 1")

    async def add(self, key: str, kept: Kept, marks: tuple[str, ...], seconds: int) -> None:
        """Keep a new session so long."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(self._session(key), mapping={"card": kept.card, "sealed": kept.sealed, "seen": kept.seen})
            pipe.expire(self._session(key), seconds)
            for name in (self._all(), *(self._mark(mark) for mark in marks)):
                pipe.zremrangebyscore(name, "-inf", kept.seen - _LONGEST)
                pipe.zadd(name, {key: kept.seen})
                pipe.expire(name, _LONGEST)
            await pipe.execute()

    async def get(self, key: str) -> Kept | None:
        """What is kept under this key."""
        found = await self._redis.hgetall(self._session(key))  # type: ignore[misc] # redis-py types both worlds
        return _kept(found)

    async def touch(self, key: str, seen: float, seconds: int) -> None:
        """Used now: keep it so long from here; one that is gone stays gone."""
        await self._touch(keys=[self._session(key)], args=["seen", str(seen), seconds])

    async def replace(self, key: str, sealed: bytes) -> bool:
        """Other content for a session that is still there."""
        return bool(await self._replace(keys=[self._session(key)], args=["sealed", sealed]))

    async def remove(self, key: str) -> bool:
        """Forget it; whether it was there."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(self._session(key))
            pipe.zrem(self._all(), key)
            there, _ = await pipe.execute()
        return bool(there)

    async def every(self) -> dict[str, Kept]:
        """All sessions; those that ended by themselves are taken off the list."""
        keys = sorted(await self._members(self._all()))
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hgetall(self._session(key))
            found = dict(zip(keys, map(_kept, await pipe.execute()), strict=True))
        if gone := [key for key, kept in found.items() if kept is None]:
            await self._redis.zrem(self._all(), *gone)
        return {key: kept for key, kept in found.items() if kept is not None}

    async def marked(self, mark: str) -> set[str]:
        """Keys of sessions that were added with this mark; some may be gone."""
        return await self._members(self._mark(mark))

    async def put(self, key: str, value: bytes, seconds: int) -> bool:
        """Keep a small thing; False when there is one."""
        return bool(await self._redis.set(f"{self._prefix}small:{key}", value, nx=True, ex=seconds))

    async def take(self, key: str) -> bytes | None:
        """Get a small thing and forget it."""
        value: bytes | None = await self._redis.getdel(f"{self._prefix}small:{key}")
        return value

    async def note(self, key: str, value: bytes, seconds: int) -> None:
        """Keep a small thing, in place of the one there is."""
        await self._redis.set(f"{self._prefix}small:{key}", value, ex=seconds)

    async def peek(self, key: str) -> bytes | None:
        """A small thing, which stays."""
        value: bytes | None = await self._redis.get(f"{self._prefix}small:{key}")
        return value

    async def close(self) -> None:
        """Let go of connections."""
        await self._redis.aclose()

    async def _members(self, name: str) -> set[str]:
        return {key.decode() for key in await self._redis.zrange(name, 0, -1)}

    def _session(self, key: str) -> str:
        return f"{self._prefix}session:{key}"

    def _mark(self, mark: str) -> str:
        return f"{self._prefix}marked:{mark}"

    def _all(self) -> str:
        return f"{self._prefix}every"


def _kept(found: dict[bytes, bytes]) -> Kept | None:
    if not found:
        return None
    return Kept(card=found[b"card"], sealed=found[b"sealed"], seen=float(found[b"seen"]))
