"""A load on a platform while one fault after the other strikes it; what was done when is noted."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import msgspec

from tests.reliability.faults import Fault, Ground, Missed
from tests.reliability.fleet import APIS, Fleet
from tests.reliability.running import ROOT, environment_of

STOP_SECONDS = 90.0
"""For clients to end what they began: more than the minute after which they give up."""
LEASE_SECONDS, SLACK_SECONDS = 60.0, 5.0
"""Design 6: what is due has left 60 s after the recovery, the longest lease that a fault leaves behind; and the time
to notice that (1 s) and to bring the effects about."""
CALM_AFTER = 3.0
"""Load after the last fault."""
DUE = "SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL AND available_at <= now()"
LATER = "SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL"
TIME_PASSES = (
    "UPDATE outbox SET available_at = now() WHERE done_at IS NULL AND dead_at IS NULL AND leased_until IS NULL"
)
"""What hours of waiting would do for what failed several times."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How hard the clients work.

    Attributes:
        mark: begin of every key.
        pause: seconds of a client between two customers.
    """

    mark: str
    clients: int
    pause: float


class Weather(msgspec.Struct, frozen=True, kw_only=True):
    """How faults follow each other.

    Attributes:
        calm: least and most seconds before each.
        pace: below 1 what lasts lasts shorter.
    """

    calm: tuple[float, float]
    pace: float = 1.0


class Strike(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A fault that struck; moments in seconds since 1970.

    Attributes:
        what: victim and length.
        began: when it struck.
        ended: when it was over, such as the kill or the SIGCONT.
        well: when every part was up again; None: it was not, within the time.
    """

    fault: str
    what: str
    began: float
    ended: float
    well: float | None


class Drain(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How the outbox emptied after the last recovery.

    Attributes:
        seconds: from then until nothing that was due was left; None: not in time.
        postponed: effects that had failed so often that their next try was later still; it was brought forward.
        left: what is left after all.
    """

    seconds: float | None
    postponed: int
    left: int


@asynccontextmanager
async def loaded(fleet: Fleet, file: Path, load: Load) -> AsyncIterator[None]:
    """Clients in a process of their own that fill the ledger; at the end they finish what they began."""
    urls = [word for name in APIS for word in ("--url", fleet.urls[name])]
    told = {"file": file, "mark": load.mark, "clients": load.clients, "pause": load.pause}
    told["department"] = fleet.people.departments["mobiliteit"]
    options = [word for name, value in told.items() for word in (f"--{name}", str(value))]
    clients = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.reliability.clients", *urls, *options),
        env={**environment_of(), "TOKEN": fleet.people.tokens["agent"]},
        cwd=ROOT,
    )
    try:
        yield
        assert clients.returncode is None, "the clients stopped by themselves"
        clients.terminate()
        assert await asyncio.wait_for(clients.wait(), STOP_SECONDS) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            clients.kill()


async def storm(
    fleet: Fleet, faults: Iterable[Fault], draw: Random, weather: Weather, say: Callable[[str], None]
) -> list[Strike]:
    """Have the faults strike, each once the platform is well again and after a random moment of calm.

    Args:
        fleet: the platform, under load.
        faults: in this order.
        draw: decides about moments and victims.
        weather: how they follow each other.
        say: told about each.
    """
    ground, strikes = Ground(fleet, draw, weather.pace), []
    for fault in faults:
        await asyncio.sleep(draw.uniform(*weather.calm))
        before = fleet.runtime.pids
        began = time.time()
        try:
            what = await fault.strike(ground)
        except Missed:
            say(f"{fault.name}: its moment did not come")
            await _well(ground)
            continue
        ended = time.time()
        well = time.time() if await _well(ground) else None
        strikes.append(Strike(fault=fault.name, what=what, began=began, ended=ended, well=well))
        again = ", ".join(name for name, process in fleet.runtime.pids.items() if process != before[name])
        say(f"{fault.name}: {what}; well after {time.time() - ended:.1f} s; started again: {again or 'nothing'}")
    await asyncio.sleep(CALM_AFTER)
    return strikes


async def drained(fleet: Fleet, since: float) -> Drain:
    """Wait until everything left; the clients are done.

    Args:
        fleet: the platform.
        since: moment of the last recovery.
    """
    in_time = await _none(fleet, DUE, since + LEASE_SECONDS + SLACK_SECONDS - time.time())
    seconds = round(time.time() - since, 1)
    postponed = await fleet.value(LATER)
    await fleet.value(TIME_PASSES)
    await _none(fleet, LATER, LEASE_SECONDS + SLACK_SECONDS)
    return Drain(seconds=seconds if in_time else None, postponed=postponed, left=await fleet.value(LATER))


async def _none(fleet: Fleet, sql: str, seconds: float) -> bool:
    try:
        await fleet.becomes(0, sql, seconds=seconds)
    except AssertionError:
        return False
    return True


async def _well(ground: Ground) -> bool:
    """Wait until every process is at work and every part is up."""
    try:
        await ground.ended()
        await ground.fleet.working()
        await ground.fleet.ready()
    except AssertionError:
        return False
    return True
