"""How often something may happen: counted in Redis for all processes, in this one when Redis is away."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from backend.kit.limits import Limits
from backend.kit.problems import ProblemError

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["redis", "away"])
async def limits(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Limits]:
    made = Limits(redis_url if request.param == "redis" else "redis://127.0.0.1:1")
    yield made
    await made.close()


async def refused(limits: Limits, key: str, seconds: int = 60) -> int:
    """How long to wait, after two were let through."""
    for _ in range(2):
        await limits.take("test", key, most=2, seconds=seconds)
    with pytest.raises(ProblemError) as problem:
        await limits.take("test", key, most=2, seconds=seconds)
    assert problem.value.status == 429
    return int(problem.value.headers["Retry-After"])


async def test_what_is_too_often_waits(limits: Limits) -> None:
    key = uuid4().hex
    assert 1 <= await refused(limits, key) <= 60
    await limits.take("test", uuid4().hex, most=2, seconds=60)
    with pytest.raises(ProblemError):
        await limits.check("test", key, most=2, seconds=60)


async def test_after_the_while_there_is_room_again(limits: Limits) -> None:
    key = uuid4().hex
    assert await refused(limits, key, seconds=1) <= 2
    await asyncio.sleep(1.1)
    assert await refused(limits, key, seconds=1) <= 2


async def test_looking_does_not_count(limits: Limits) -> None:
    key = uuid4().hex
    for _ in range(5):
        await limits.check("test", key, most=2, seconds=60)
    await refused(limits, key)


async def test_processes_count_together(redis_url: str) -> None:
    one, other, key = Limits(redis_url), Limits(redis_url), uuid4().hex
    await one.take("test", key, most=1, seconds=60)
    with pytest.raises(ProblemError):
        await other.take("test", key, most=1, seconds=60)
    await one.close()
    await other.close()
