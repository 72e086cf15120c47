"""How often something may happen in a while: counted in Redis, for all processes together; in this one when it is away.

A limit slows down who asks too much. That one process counts for itself while Redis is away lets through more than
meant, never less: nobody is refused because a server of ours is down.
"""

import time
from collections.abc import Awaitable
from typing import Any, cast
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.kit.window import Window, too_often

REDIS_SECONDS = 0.5
PAUSE_SECONDS = 5.0
"""How long Redis is left alone after it failed: every request would wait for it otherwise."""

_AWAY = (RedisError, OSError, TimeoutError)
_COUNT = """
local now = redis.call('TIME')
local at = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at - ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
    return redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] + ARGV[2] - at
end
if ARGV[3] ~= '' then
    redis.call('ZADD', KEYS[1], at, ARGV[3])
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
"""
"""Of each thing that happened its moment; gives the milliseconds until there is room again, 0 when there is."""


class Limits:
    """Counts what happens.

    Args:
        url: Redis.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._redis: Redis | None = None
        self._away_until = 0.0
        self._here = Window()

    async def take(self, name: str, key: str, *, most: int, seconds: int) -> None:
        """One more of `name` for `key`; what was refused does not count.

        Args:
            name: what is counted.
            key: for whom; no personal data in clear.
            most: how often within `seconds`.
            seconds: the while.

        Raises:
            ProblemError: 429 with Retry-After.
        """
        await self._ask(name, key, most, seconds, uuid4().hex)

    async def check(self, name: str, key: str, *, most: int, seconds: int) -> None:
        """As `take`, but it does not count as one."""
        await self._ask(name, key, most, seconds, "")

    async def _ask(self, name: str, key: str, most: int, seconds: int, member: str) -> None:
        wait = await self._wait(f"onthaal:limit:{name}:{key}", most, seconds, member)
        if wait > 0:
            raise too_often(wait, seconds=seconds)

    async def _wait(self, key: str, most: int, seconds: int, member: str) -> float:
        """Seconds until there is room again."""
        if time.monotonic() >= self._away_until:
            try:
                asked = self._client().eval(_COUNT, 1, key, str(most), str(seconds * 1000), member)
                return int(await cast("Awaitable[Any]", asked)) / 1000
            except _AWAY:
                self._away_until = time.monotonic() + PAUSE_SECONDS
        return self._here.wait(key, most=most, seconds=seconds, count=bool(member))

    def _client(self) -> Redis:
        seconds = REDIS_SECONDS
        self._redis = self._redis or Redis.from_url(self._url, socket_connect_timeout=seconds, socket_timeout=seconds)
        return self._redis

    async def close(self) -> None:
        """Give the connections back."""
        if self._redis is not None:
            await self._redis.aclose()
