"""What can go wrong, each as a coroutine that makes it go wrong, waits until it is over and says what it did."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Literal

import asyncpg
import msgspec
import psutil
import redis.asyncio
from aiosmtpd.smtp import SMTP

from tests.reliability.fleet import APIS, WORKERS, Fleet
from tests.reliability.mailserver import Mood
from tests.reliability.running import frozen, until
from tests.reliability.wire import COMMIT, REPLY, Cut

END_SECONDS = 30.0
STRIKE_SECONDS = 15.0
"""For what waits for its moment: a mail that leaves, a transaction that commits."""
EXPIRE = """
UPDATE outbox SET leased_until = now() - interval '1 second' WHERE id IN (
    SELECT id FROM outbox WHERE leased_until > now() AND done_at IS NULL FOR UPDATE SKIP LOCKED)
"""
"""What a minute would do; what a transaction holds that stands still stays as it is."""
BACKEND = """
SELECT pid FROM pg_stat_activity WHERE application_name = 'onthaal'
 ORDER BY state IS DISTINCT FROM 'idle' DESC, random() LIMIT 1
"""
TERMINATE = f"SELECT pid, pg_terminate_backend(pid) FROM ({BACKEND}) AS one"

Part = Literal["api", "worker", "redis", "postgresql", "line", "mail"]


class Missed(Exception):
    """The moment did not come: nothing was struck."""


class Ground:
    """What is struck, and by what chance.

    Args:
        fleet: the platform.
        draw: decides about victims, moments and lengths.
        pace: below 1 everything lasts shorter.

    Attributes:
        dying: processes that were told to end.
    """

    def __init__(self, fleet: Fleet, draw: Random, pace: float) -> None:
        self.fleet = fleet
        self.draw = draw
        self.dying: list[psutil.Process] = []
        self._pace = pace

    def api(self) -> str:
        """One of the API processes."""
        return self.draw.choice(APIS)

    def worker(self) -> str:
        """One of the workers."""
        return self.draw.choice(WORKERS)

    def seconds(self, least: float = 1.0, most: float = 6.0) -> float:
        """How long something lasts."""
        return round(self.draw.uniform(least, most) * self._pace, 1)

    def end(self, processes: Sequence[psutil.Process], how: signal.Signals = signal.SIGKILL) -> None:
        """Send them a signal that ends them."""
        self.dying += processes
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(how)

    def killed(self, name: str) -> None:
        """Kill -9 a process with everything it started."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self.end(self.fleet.family(name))

    async def ended(self) -> None:
        """Wait until what was told to end has ended: only then does its end show."""

        async def gone() -> bool:
            return not any(_lives(process) for process in self.dying)

        await until(gone, END_SECONDS, "the end of a process")
        self.dying.clear()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


Strike = Callable[[Ground], Awaitable[str]]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of fault: `part` is what it takes away."""

    name: str
    part: Part
    strike: Strike


async def _api_killed(ground: Ground) -> str:
    name = ground.api()
    family = ground.fleet.family(name)
    if ground.draw.random() < 0.5 and len(family) > 1:
        ground.end(family[1:])
        return f"{name}: the serving process"
    ground.end(family)
    return name


async def _apis_killed(ground: Ground) -> str:
    for name in APIS:
        ground.killed(name)
    return " and ".join(APIS)


async def _killed_at_commit(ground: Ground, name: str) -> str:
    how = ground.draw.choice((0, len(COMMIT)))
    await _cut(ground, name, [Cut(sent=how, then=lambda: ground.killed(name))])
    return f"{name}, {'after' if how else 'before'} PostgreSQL had COMMIT"


async def _api_killed_at_commit(ground: Ground) -> str:
    return await _killed_at_commit(ground, ground.api())


async def _worker_killed_at_commit(ground: Ground) -> str:
    return await _killed_at_commit(ground, ground.worker())


async def _stand_still(processes: Sequence[psutil.Process], seconds: float) -> None:
    with frozen(processes):
        await asyncio.sleep(seconds)


async def _api_frozen(ground: Ground) -> str:
    name, seconds = ground.api(), ground.seconds(2, 8)
    await _stand_still(ground.fleet.family(name), seconds)
    return f"{name}, {seconds} s"


async def _worker_killed(ground: Ground) -> str:
    name = ground.worker()
    ground.killed(name)
    return name


async def _at_mail(ground: Ground, moment: Literal["at_mail", "before_250"]) -> str:
    """Kill the worker that hands a mail over, when its mail server is that far."""
    name, struck = ground.worker(), asyncio.Event()
    handler = ground.fleet.posts[name].handler

    async def strike(_server: SMTP) -> None:
        setattr(handler, moment, None)
        ground.killed(name)
        struck.set()

    setattr(handler, moment, strike)
    await _moment(struck.wait, lambda: setattr(handler, moment, None))
    return name


async def _worker_killed_before_effect(ground: Ground) -> str:
    return await _at_mail(ground, "at_mail")


async def _worker_killed_after_effect(ground: Ground) -> str:
    return await _at_mail(ground, "before_250")


async def _worker_frozen(ground: Ground) -> str:
    """Longer than its leases, which others take over meanwhile; then it goes on as if nothing had happened."""
    name, seconds = ground.worker(), ground.seconds(1, 4)
    with frozen(ground.fleet.family(name)):
        try:
            await ground.fleet.value(EXPIRE)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):  # the other one of two at once
            raise Missed from None
        await asyncio.sleep(seconds)
    return f"{name}, {seconds} s, its leases expired"


async def _redis_killed(ground: Ground) -> str:
    ground.end([ground.fleet.process("redis")])
    return "nothing was kept"


async def _redis_flushed(ground: Ground) -> str:
    client = redis.asyncio.Redis.from_url(ground.fleet.runtime.redis_url)
    async with client:
        await client.flushall()
        await client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    return "FLUSHALL, every connection closed"


async def _redis_frozen(ground: Ground) -> str:
    seconds = ground.seconds()
    await _stand_still([ground.fleet.process("redis")], seconds)
    return f"{seconds} s"


async def _backend_terminated(ground: Ground) -> str:
    if await ground.fleet.value(TERMINATE) is None:
        raise Missed
    return "pg_terminate_backend"


async def _backend_killed(ground: Ground) -> str:
    backend = await ground.fleet.value(BACKEND)
    if backend is None:
        raise Missed
    ground.end([psutil.Process(backend)])
    return "kill -9: every connection ends, crash recovery"


async def _postgresql_stopped(ground: Ground) -> str:
    ground.end([ground.fleet.process("postgresql")], signal.SIGQUIT)
    return "immediate stop (SIGQUIT)"


async def _postgresql_killed(ground: Ground) -> str:
    ground.end([ground.fleet.process("postgresql")])
    return "kill -9 of the postmaster"


async def _postgresql_frozen(ground: Ground) -> str:
    seconds = ground.seconds()
    await _stand_still(ground.fleet.family("postgresql"), seconds)
    return f"{seconds} s"


async def _cut(ground: Ground, name: str, cuts: Sequence[Cut]) -> None:
    """Strike the next COMMITs of a process; missed when it committed nothing."""
    wire, struck, last = ground.fleet.wires[name], asyncio.Event(), cuts[-1]

    def strike() -> None:
        last.then()
        struck.set()

    wire.cuts = [*cuts[:-1], msgspec.structs.replace(last, then=strike)]
    await _moment(struck.wait, wire.cuts.clear)


async def _cut_somewhere(ground: Ground, name: str) -> str:
    cuts = []
    for _ in range(ground.draw.randint(1, 5)):
        sent = ground.draw.choice((0, ground.draw.randrange(len(COMMIT)), len(COMMIT), len(COMMIT)))
        heard = ground.draw.randrange(len(REPLY)) if sent == len(COMMIT) else 0
        cuts.append(Cut(sent=sent, heard=heard))
    told = ", ".join(f"{cut.sent}+{cut.heard}" for cut in cuts)
    await _cut(ground, name, cuts)
    return f"{name}, after {told} bytes of COMMIT and reply"


async def _api_cut(ground: Ground) -> str:
    return await _cut_somewhere(ground, ground.api())


async def _worker_cut(ground: Ground) -> str:
    return await _cut_somewhere(ground, ground.worker())


async def _line_cut(ground: Ground) -> str:
    name = ground.draw.choice((*APIS, *WORKERS))
    return f"{name}, {ground.fleet.wires[name].cut()} connections"


async def _line_stalled(ground: Ground) -> str:
    name, seconds = ground.draw.choice((*APIS, *WORKERS)), ground.seconds(2, 8)
    async with ground.fleet.wires[name].stalled():
        await asyncio.sleep(seconds)
    return f"{name}, {seconds} s"


async def _mail(ground: Ground, mood: Mood) -> str:
    seconds = ground.seconds(1, 4)
    with contextlib.ExitStack() as moods:
        for post in ground.fleet.posts.values():
            moods.enter_context(post.handler.feeling(mood))
        await asyncio.sleep(seconds)
    return f"{mood}, {seconds} s"


async def _mail_busy(ground: Ground) -> str:
    return await _mail(ground, "busy")


async def _mail_drops(ground: Ground) -> str:
    return await _mail(ground, "drops")


async def _mail_hangs(ground: Ground) -> str:
    return await _mail(ground, ground.draw.choice(("hangs", "keepsAndHangs")))


async def _mail_away(ground: Ground) -> str:
    seconds = ground.seconds(1, 4)
    async with contextlib.AsyncExitStack() as gone:
        for post in ground.fleet.posts.values():
            await gone.enter_async_context(post.away())
        await asyncio.sleep(seconds)
    return f"{seconds} s"


async def _moment(wait: Callable[[], Awaitable[object]], clear: Callable[[], None]) -> None:
    try:
        async with asyncio.timeout(STRIKE_SECONDS):
            await wait()
    except TimeoutError:
        clear()
        raise Missed from None


async def _rolling_restart(ground: Ground) -> str:
    """SIGTERM to one after the other, the next one when the new one is there."""
    for name in (*APIS, *WORKERS):
        former = ground.fleet.process(name)
        former.terminate()
        await ground.fleet.restarted(name, former)
        if name in APIS:
            await ground.fleet.ready(name)
    return ", ".join((*APIS, *WORKERS))


SINGLE = (
    Fault(name="worker: kill -9", part="worker", strike=_worker_killed),
    Fault(name="worker: kill -9 before the effect", part="worker", strike=_worker_killed_before_effect),
    Fault(name="worker: kill -9 after the effect", part="worker", strike=_worker_killed_after_effect),
    Fault(name="worker: kill -9 at COMMIT", part="worker", strike=_worker_killed_at_commit),
    Fault(name="worker: frozen beyond its lease", part="worker", strike=_worker_frozen),
    Fault(name="worker: line cut in COMMIT", part="line", strike=_worker_cut),
    Fault(name="PostgreSQL: backend terminated", part="postgresql", strike=_backend_terminated),
    Fault(name="PostgreSQL: backend kill -9", part="postgresql", strike=_backend_killed),
    Fault(name="PostgreSQL: immediate stop", part="postgresql", strike=_postgresql_stopped),
    Fault(name="PostgreSQL: kill -9", part="postgresql", strike=_postgresql_killed),
    Fault(name="PostgreSQL: frozen", part="postgresql", strike=_postgresql_frozen),
    Fault(name="a line to PostgreSQL cut", part="line", strike=_line_cut),
    Fault(name="a line to PostgreSQL stalled", part="line", strike=_line_stalled),
    Fault(name="API: line cut in COMMIT", part="line", strike=_api_cut),
    Fault(name="API: kill -9 of one", part="api", strike=_api_killed),
    Fault(name="API: kill -9 of both", part="api", strike=_apis_killed),
    Fault(name="API: kill -9 at COMMIT", part="api", strike=_api_killed_at_commit),
    Fault(name="API: frozen", part="api", strike=_api_frozen),
    Fault(name="Redis: kill -9, nothing kept", part="redis", strike=_redis_killed),
    Fault(name="Redis: FLUSHALL", part="redis", strike=_redis_flushed),
    Fault(name="Redis: frozen", part="redis", strike=_redis_frozen),
    Fault(name="mail server: 451", part="mail", strike=_mail_busy),
    Fault(name="mail server: drops in DATA", part="mail", strike=_mail_drops),
    Fault(name="mail server: hangs", part="mail", strike=_mail_hangs),
    Fault(name="mail server: refuses connections", part="mail", strike=_mail_away),
)


async def _two_at_once(ground: Ground) -> str:
    """Of different parts: what strikes a process that is gone already strikes nothing."""
    one = ground.draw.choice(SINGLE)
    other = ground.draw.choice([fault for fault in SINGLE if fault.part not in {one.part, "line"}])
    told = await asyncio.gather(*(fault.strike(ground) for fault in (one, other)), return_exceptions=True)
    for error in told:
        if isinstance(error, BaseException):
            raise error
    return " + ".join(f"{fault.name} ({what})" for fault, what in zip((one, other), told, strict=True))


FAULTS = (
    Fault(name="two at once", part="line", strike=_two_at_once),
    Fault(name="rolling restart", part="api", strike=_rolling_restart),
    *SINGLE,
)
"""In an order in which what leaves leases behind (60 s) comes first."""
