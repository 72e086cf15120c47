"""`kill -9` of each part in the middle of a load: nothing is lost, nothing is double, every mail leaves."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.kit.embedded.mailsink import list_mails
from tests.reliability.evidence import UNSENT, check_answers, check_database, check_mails
from tests.reliability.ledger import CREATED, keys_of, read
from tests.reliability.running import Running, kill, until

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("reliability")]

ROOT = Path(__file__).parents[2]
COUNT = 500
STRIKE_AT = 150
"""Acknowledged registrations before the fault."""
log = logging.getLogger("reliability")
"""Figures: `pytest --log-cli-level=INFO` shows them."""

LOAD_SECONDS = 120
LEASE_SECONDS = 60
SLACK_SECONDS = 20


def _a_backend(running: Running) -> None:
    busy = [process for process in running.family("postgresql") if "onthaal_app" in " ".join(process.cmdline())]
    kill(busy[:1])


FAULTS: dict[str, Callable[[Running], None]] = {
    # What a dead worker held is taken again after its lease, while the next loads run.
    "worker": lambda running: kill(running.family("worker")),
    "postgresql": lambda running: kill([running.process("postgresql")]),
    "backend": _a_backend,
    "redis": lambda running: kill([running.process("redis")]),
    "api": lambda running: kill(running.family("api")),
}


def _acknowledged(file: Path) -> int:
    return sum(entry.status == CREATED for entry in read(file))


async def _register(running: Running, file: Path, mark: str, fault: Callable[[Running], None] | None = None) -> None:
    """A load, with a fault in the middle of it."""
    command = [sys.executable, "-m", "tests.reliability.ledger", "--url", running.url, "--file", str(file)]
    command += ["--mark", mark, "--count", str(COUNT)]
    environment = {**os.environ, "TOKEN": running.people.tokens["agent"]}
    ledger = await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT)
    if fault is not None:

        async def in_the_middle() -> bool:
            return _acknowledged(file) >= STRIKE_AT

        await until(in_the_middle, 60, f"{STRIKE_AT} registrations")
        fault(running)
        assert _acknowledged(file) < COUNT - STRIKE_AT, "the fault came after the load"
    assert await asyncio.wait_for(ledger.wait(), LOAD_SECONDS) == 0


async def _strike(running: Running, file: Path, mark: str) -> None:
    """A load that loses the part of this name, which comes back while the load goes on."""
    before = running.runtime.pids
    await _register(running, file, mark, FAULTS[mark])
    tally = check_answers(read(file), keys_of(mark, COUNT), may_be_cut_off=mark == "api")
    log.info("%s: %s", mark, tally)
    await running.healthy()
    changed = {part for part, process in running.runtime.pids.items() if process != before[part]}
    assert changed == {mark} - {"backend"}, "the supervisor starts again what died, and nothing else"


async def _replay(running: Running, file: Path, mark: str) -> None:
    """The same keys once more."""
    again = file.with_suffix(".again")
    await _register(running, again, mark)
    first = {entry.key: entry.answer for entry in read(file) if entry.status == CREATED}
    assert first == {entry.key: entry.answer for entry in read(again)}, "a replay gives the same bytes"


async def test_nothing_acknowledged_is_lost(running: Running, tmp_path: Path) -> None:
    files = {mark: tmp_path / mark for mark in FAULTS}
    for mark, file in files.items():
        await _strike(running, file, mark)
    began = time.monotonic()
    for mark, file in files.items():
        await _replay(running, file, mark)
    left = LEASE_SECONDS + SLACK_SECONDS - (time.monotonic() - began)
    await running.becomes(0, UNSENT, seconds=left)
    log.info("the outbox was empty at most %.1f s after the last recovery", time.monotonic() - began)
    mails = list_mails(running.places.mail)
    for mark, file in files.items():
        check_mails(mails, mark, await check_database(running, mark, read(file)))
    log.info("0 lost, 0 double of %d (95 %% upper bound 3/%d)", COUNT * len(FAULTS), COUNT * len(FAULTS))
