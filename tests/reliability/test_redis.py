"""Redis hangs or is gone: registration does not notice, mails leave a second later."""

import time

import psutil
import pytest

from tests.reliability.ledger import CREATED
from tests.reliability.running import Running, frozen, kill

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("reliability")]

DELIVERY = "SELECT delivery FROM message WHERE question_id = $1::uuid"
AT_ONCE_SECONDS = 0.6
"""A worker that is not woken looks every second: one after the other, each mail then takes about a second."""


async def _seconds(running: Running, key: str) -> float:
    """Register, wait until the mail left; gives how long the mail took."""
    entry = await running.register(key)
    assert entry.status == CREATED
    assert entry.seconds < 5, "registration does not wait for Redis"
    began = time.monotonic()
    await running.becomes("sent", DELIVERY, entry.questions[0])
    return time.monotonic() - began


async def _woken_again(running: Running, mark: str) -> None:
    """Wait until mails leave at once, time after time."""
    in_a_row = 0
    for number in range(30):
        quick = await _seconds(running, f"redis-{mark}-{number}") < AT_ONCE_SECONDS
        in_a_row = in_a_row + 1 if quick else 0
        if in_a_row == 4:
            return
    pytest.fail("workers are not woken any more")


async def test_redis_that_hangs_costs_a_second(running: Running) -> None:
    await _woken_again(running, "before")
    with frozen([running.process("redis")]):
        for number in range(5):
            assert await _seconds(running, f"redis-hangs-{number}") < 5
        async with running.client("") as client:
            health = (await client.get("/health/ready")).json()
        assert (health["status"], health["parts"]["redis"]) == ("DEGRADED", "DOWN")
    await _woken_again(running, "after")


async def test_redis_that_is_gone_costs_a_second(running: Running) -> None:
    gone = running.process("redis")
    with frozen([running.supervisor]):
        with frozen([gone]):
            kill([gone])
        for number in range(5):
            assert await _seconds(running, f"redis-gone-{number}") < 5
    await running.restarted("redis", gone)
    assert not psutil.pid_exists(gone.pid)
    await _woken_again(running, "again")
