"""`kill -9` of each part in the middle of a load: nothing acknowledged is lost, nothing is double, every mail leaves."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.evidence import UNSENT, Tally, check_answers, check_database, check_mails
from tests.reliability.ledger import CREATED, keys_of, read
from tests.reliability.running import Running, until

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("reliability")]

COUNT = 500
STRIKE_AT = 150
"""Acknowledged registrations before the fault."""
LEASE_SECONDS = 60
SLACK_SECONDS = 20


def _a_backend(running: Running) -> None:
    busy = [process for process in running.family("postgresql") if "onthaal_app" in " ".join(process.cmdline())]
    running.kill(busy[0])


FAULTS: dict[str, Callable[[Running], None]] = {
    # What a dead worker held is taken again after its lease, while the next loads run.
    "worker": lambda running: running.kill(*running.family("worker")),
    "postgresql": lambda running: running.kill(running.process("postgresql")),
    "backend": _a_backend,
    "redis": lambda running: running.kill(running.process("redis")),
    "api": lambda running: running.kill(*running.family("api")),
}


async def _load(running: Running, file: Path, mark: str) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "tests.reliability.ledger", "--url", running.url, "--file", str(file)]
    return await asyncio.create_subprocess_exec(
        *command,
        *("--mark", mark, "--count", str(COUNT)),
        env={**os.environ, "TOKEN": running.people.tokens["agent"]},
        cwd=Path(__file__).parents[2],
    )


def _acknowledged(file: Path) -> int:
    return sum(entry.status == CREATED for entry in read(file))


async def _strike(running: Running, folder: Path, mark: str) -> Tally:
    """A load with one fault in the middle, then the same keys once more."""
    file, again = folder / mark, folder / f"{mark}-again"
    ledger = await _load(running, file, mark)
    await until(lambda: _acknowledged(file) >= STRIKE_AT, 60, f"{STRIKE_AT} registrations")
    FAULTS[mark](running)
    assert _acknowledged(file) < COUNT - STRIKE_AT, "the fault came after the load"
    assert await asyncio.wait_for(ledger.wait(), 120) == 0
    tally = check_answers(read(file), keys_of(mark, COUNT), may_be_cut_off=mark == "api")
    await running.healthy()
    replay = await _load(running, again, mark)
    assert await asyncio.wait_for(replay.wait(), 120) == 0
    first = {entry.key: entry.answer for entry in read(file) if entry.status == CREATED}
    assert first == {entry.key: entry.answer for entry in read(again)}, "a replay gives the same bytes"
    return tally


async def test_nothing_acknowledged_is_lost(
    running: Running, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    for mark in FAULTS:
        before = running.runtime.pids
        tally = await _strike(running, tmp_path, mark)
        record_property(mark, f"0 lost of {tally.acknowledged}, 95 % upper bound 3/{tally.acknowledged}; {tally}")
        changed = {part for part, process in running.runtime.pids.items() if process != before[part]}
        assert changed == {mark} - {"backend"}, "the supervisor starts again what died, and nothing else"
    began = time.monotonic()

    async def drained() -> bool:
        return bool(await running.value(UNSENT) == 0)

    await until(drained, LEASE_SECONDS + SLACK_SECONDS, "the outbox is empty")
    record_property("drained", f"{time.monotonic() - began:.1f} s after the last recovery")
    for mark in FAULTS:
        check_mails(running, mark, await check_database(running, mark, read(tmp_path / mark)))
