"""arq wakes workers, nothing more: the truth is the outbox table (design 4 note 22, design 6).

A wake-up carries no data and may be lost, doubled or late; workers also look by themselves every second, so a Redis
that is away costs latency only. This is the only file that imports arq.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, cast

import msgspec
import structlog
from arq import func
from arq.connections import ArqRedis
from arq.worker import Worker
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from backend.kit.db import Database, UnitOfWork
from backend.kit.outbox import Dispatcher, Effect
from backend.kit.reach import EVERYTHING
from backend.kit.work import BATCH

QUEUE = "onthaal:wake"
REDIS_SECONDS = 1.0
GATHER_SECONDS = 0.01
LOOK_SECONDS = 1.0
STOP_SECONDS = 25.0
ROUNDS = 50
"""How often in a row, at most; the rest is for the next minute."""

log = structlog.get_logger("worker")

_AWAY = (RedisError, OSError, TimeoutError, asyncio.TimeoutError)


def _encode(value: object) -> bytes:
    """As arq keeps things in Redis; of a wake-up that was cut off it keeps the exception."""
    return msgspec.msgpack.encode(value, enc_hook=repr)


def _client(url: str) -> ArqRedis:
    """A client that connects when it is first used; its pool knows each connection from before it is made.

    arq's own `create_pool` connects before it gives the pool away: who is cancelled meanwhile cannot close it.
    """
    return ArqRedis(
        ConnectionPool.from_url(url, socket_connect_timeout=REDIS_SECONDS),
        job_serializer=_encode,
        job_deserializer=msgspec.msgpack.decode,
        default_queue_name=QUEUE,
    )


async def _close(client: ArqRedis) -> None:
    with contextlib.suppress(*_AWAY):
        await client.aclose(close_connection_pool=True)


async def _finish(worker: Worker) -> None:
    """Let the wake-ups that were taken come to their end: arq notes that in tasks that would outlive the client."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REDIS_SECONDS):
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)


class Waker:
    """Wakes a worker after a commit; many commits within 10 ms share one wake-up. Never makes a request wait.

    Args:
        url: Redis.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._due = asyncio.Event()
        self._redis: ArqRedis | None = None

    def wake(self) -> None:
        """There is something to do now."""
        self._due.set()

    async def run(self) -> None:
        """Run for the life of the process."""
        while True:
            await self._due.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._due.clear()
            try:
                async with asyncio.timeout(REDIS_SECONDS):
                    await self._client().enqueue_job("wake", _expires=timedelta(minutes=1))
            except _AWAY:
                await asyncio.sleep(REDIS_SECONDS)

    async def ready(self) -> bool:
        """Whether Redis answers."""
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                await cast("Awaitable[Any]", self._client().ping())
        except _AWAY:
            return False
        return True

    def _client(self) -> ArqRedis:
        self._redis = self._redis or _client(self._url)
        return self._redis

    async def close(self) -> None:
        """Give the connections back."""
        if self._redis is not None:
            await _close(self._redis)


Sweep = Callable[[UnitOfWork], Awaitable[object]]


class WorkerLoop:
    """Drains the outbox when woken and every second, and runs the sweepers.

    Args:
        url: Redis.
        database: PostgreSQL.
        dispatcher: leases and runs rows.
        sweeps: what looks over the invariants, each in its own transaction, in one worker at a time.
        most: rows run at the same time.
        sweep_seconds: time between two rounds of sweepers.
        report: told what a sweep did: its name, and how much; None: it failed.
    """

    def __init__(
        self,
        url: str,
        database: Database,
        dispatcher: Dispatcher,
        sweeps: Sequence[tuple[str, Sweep]] = (),
        *,
        most: int = 16,
        sweep_seconds: float = 60.0,
        report: Callable[[str, int | None], None] = lambda *_: None,
    ) -> None:
        self._url = url
        self._database = database
        self._dispatcher = dispatcher
        self._sweeps = sweeps
        self._most = most
        self._sweep_seconds = sweep_seconds
        self._report = report
        self._kick = asyncio.Event()
        self._running: set[asyncio.Task[Any]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what runs (at most 25 s; the rest is retried after its lease)."""
        loops = [asyncio.create_task(loop()) for loop in (self._listen, self._look, self._drain, self._sweep)]
        await stop.wait()
        for task in loops:
            task.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS)

    async def _woken(self, _context: dict[Any, Any]) -> None:
        self._kick.set()

    async def _listen(self) -> None:
        """The arq worker; it gives up when Redis goes away, so it is started again and again."""
        while True:
            client = _client(self._url)
            worker = Worker(
                functions=[func(cast("Any", self._woken), name="wake")],
                queue_name=QUEUE,
                redis_pool=client,
                handle_signals=False,
                max_jobs=50,
                poll_delay=0.05,
                job_timeout=30,
                keep_result=0,
                max_tries=1,
                log_results=False,
                job_serializer=_encode,
                job_deserializer=msgspec.msgpack.decode,
            )
            try:
                await worker.async_run()
            except _AWAY as error:
                log.warning("redis_away", error=type(error).__name__)
            finally:
                await _finish(worker)
                await _close(client)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        while True:
            self._kick.set()
            await asyncio.sleep(LOOK_SECONDS)

    async def _drain(self) -> None:
        while True:
            await self._kick.wait()
            self._kick.clear()
            free = self._most - len(self._running)
            if free <= 0:
                continue
            try:
                effects = await self._dispatcher.lease(free)
            except Exception as error:  # noqa: BLE001 PostgreSQL away: look again in a second
                log.warning("database_away", error=type(error).__name__)
                continue
            for effect in effects:
                self._start(effect)
            if len(effects) == free:
                self._kick.set()

    def _start(self, effect: Effect) -> None:
        task = asyncio.create_task(self._run_one(effect))
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        self._kick.set()

    async def _run_one(self, effect: Effect) -> None:
        try:
            await self._dispatcher.run(effect)
        except Exception as error:  # noqa: BLE001 PostgreSQL away: the lease runs out and the row is taken again
            log.warning("effect_interrupted", topic=effect.topic, id=str(effect.id), error=type(error).__name__)

    async def _sweep(self) -> None:
        while True:
            for name, sweep in self._sweeps:
                for _ in range(ROUNDS):
                    if await self._round(name, sweep) != BATCH:
                        break
            await asyncio.sleep(self._sweep_seconds)

    async def _round(self, name: str, sweep: Sweep) -> int:
        """Run a sweep once, unless another worker is at it; gives what it did, when it counts that."""
        done: object = 0
        try:
            async with self._database.transaction(EVERYTHING) as uow:
                if await uow.fetchval("SELECT pg_try_advisory_xact_lock(hashtext($1))", f"sweep:{name}"):
                    done = await sweep(uow)
        except Exception as error:  # noqa: BLE001 one sweeper must not stop the others
            log.warning("sweep_failed", sweep=name, error=f"{type(error).__name__}: {error}"[:300])
            self._report(name, None)
            return 0
        count = int(done) if isinstance(done, int) else 0
        if count:
            self._report(name, count)
        return count
