"""The keys of this process: follows the key file, in agreement with every other process (`key_holder`).

Nobody ever writes with a version that somebody else cannot read, whatever is in the files:

1. More versions in the file are read at once; reading more harms nobody.
2. Another version writes only when every process that runs holds it. Whoever changes over, and whoever starts, looks at
   the others and says what it does itself in one transaction, under a lock: of two at the same time one sees the other.
3. A process that starts without a version with which others write is let in only when its file has it.
4. A process says every 5 s that it is there. One that could not for 20 s (PostgreSQL away, process frozen) begins
   nothing before it was let in again; others count it as gone after 90 s, when its last transaction has timed out too.
5. A unit of work keeps the ring it began with. What a process says of itself covers all rings that are still in use.
"""

import asyncio
import contextlib
import gc
import os
import socket
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from weakref import WeakSet

import asyncpg
import structlog
from uuid_utils.compat import uuid7

from backend.kit.crypto import KeyRing, KeyRingInvalid
from backend.kit.db import CONNECT_SECONDS, Database, Row, cast_connection, encode_json
from backend.kit.holders import GONE, HOLDERS, Holder, KeysRefused, agreed, holder_of
from backend.kit.keyfile import KeyFile
from backend.kit.problems import unavailable

LOOK_SECONDS = 1.0
BEAT_SECONDS = 5.0
LEASE_SECONDS = 20.0
COLLECT_SECONDS = 3.0
"""A ring that is not in use any more, but still there after so long, is part of a cycle."""

_ALONE = """
SELECT set_config('idle_in_transaction_session_timeout', '2s', true),
       pg_advisory_xact_lock(hashtextextended('key_holder', 7421014))
"""
_SAY = """
INSERT INTO key_holder (id, process, versions, writes) VALUES ($1, $2, $3::jsonb, $4::smallint[])
ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp(), versions = excluded.versions, writes = excluded.writes
"""
_BEAT = """
UPDATE key_holder SET seen_at = clock_timestamp(), versions = $2::jsonb, writes = $3::smallint[]
 WHERE id = $1 AND seen_at > clock_timestamp() - $4::interval RETURNING true
"""
_LEAVE = "DELETE FROM key_holder WHERE id = $1"
_FORGET = "DELETE FROM key_holder WHERE seen_at < clock_timestamp() - interval '1 day'"

log = structlog.get_logger("keys")


def _clock() -> float:
    """Seconds that also pass while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class KeyKeeper:
    """Holds the ring of this process.

    Args:
        file: the key file.

    Raises:
        OSError: the file cannot be read.
        KeyRingInvalid: it is not a key ring.
    """

    def __init__(self, file: KeyFile) -> None:
        self._file = file
        self._wanted = file.read()
        self._ring = self._wanted
        self._in_use: WeakSet[KeyRing] = WeakSet([self._ring])
        self._changed = _clock()
        self._id = uuid7()
        self._process = ""
        self._database: Database | None = None
        self._until: float | None = None
        self._said: object = None
        self._beaten = 0.0
        self._refusal = ""
        self._told = ""
        self._quiet = False
        self._turn = asyncio.Lock()
        self._settling: asyncio.Task[None] | None = None

    @property
    def ring(self) -> KeyRing:
        """The ring for what begins now."""
        return self._ring

    def use(self, ring: KeyRing) -> None:
        """Begin with another ring from now on; what is under way keeps its own."""
        if ring is not self._ring:
            self._ring = ring
            self._in_use.add(ring)
            self._changed = _clock()

    @asynccontextmanager
    async def keeping(self, database: Database, role: str, *, quiet: bool = False) -> AsyncIterator[None]:
        """Follow the file and tell the others as long as this lasts; nothing begins in `database` before we are let in.

        Args:
            database: where the others are.
            role: what this process does, for people who look.
            quiet: without a log: of a command somebody reads the output.
        """
        self._quiet = quiet
        self._database, self._process = database, f"{socket.gethostname()}:{os.getpid()} {role}"
        before, database.gate = database.gate, self
        following = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            tasks = [task for task in (following, self._settling) if task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            database.gate = before
            if self._beaten:  # the others know of us
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(CONNECT_SECONDS):
                        await self._leave(database)
            self._until = None

    def lapsed(self) -> bool:
        """Whether this process must be let in (again) before it begins anything."""
        return self._until is None or _clock() >= self._until

    async def settled(self) -> None:
        """Wait until this process is let in.

        Raises:
            ProblemError: 503: it is not, because of its key file.
            Exception: whatever keeps us from PostgreSQL.
        """
        if not self.lapsed():
            return
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle())
            self._settling.add_done_callback(_noticed)
        await asyncio.shield(self._settling)  # everybody who waits shares one attempt

    async def ready(self) -> bool:
        """Whether the key file can be used, for the health of the process."""
        return not self._refusal

    def reason(self) -> str:
        """Why it cannot."""
        return self._refusal

    async def look(self) -> None:
        """Notice what changed in the file and say that we are there."""
        async with self._turn, asyncio.timeout(2 * CONNECT_SECONDS):
            self._read()
            self._collect()
            said = _claims(self._in_use, self._ring)
            if self._until is None or _shape(self._wanted) != _shape(self._ring):
                await self._agree()
            elif said != self._said or _clock() - self._beaten > BEAT_SECONDS:
                await self._beat()

    async def _settle(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS), self._turn:
                if self.lapsed():
                    await self._beat()
        except KeysRefused as error:
            raise unavailable() from error

    async def _follow(self) -> None:
        failed = ""
        while True:
            try:
                await self.look()
                failed = ""
            except KeysRefused:
                pass  # told already
            except Exception as error:  # noqa: BLE001 PostgreSQL is away: the lease says what may go on
                if failed != (failed := type(error).__name__) and not self._quiet:
                    log.warning("keys_not_agreed", error=failed)
            await asyncio.sleep(LOOK_SECONDS)

    def _read(self) -> None:
        """Take over what the file says; what cannot be used is told once, and what we have stays."""
        try:
            found = self._file.news()
            if found is None:
                return
            more = self._ring.together(found)
        except (OSError, KeyRingInvalid) as error:
            self._refuse(f"the key file cannot be used: {getattr(error, 'strerror', None) or error}", vital=False)
            return
        self._wanted = found
        if set(more.versions) != set(self._ring.versions):
            self.use(more)

    def _collect(self) -> None:
        if len(self._in_use) > 1 and _clock() - self._changed > COLLECT_SECONDS:
            self._changed = _clock()
            gc.collect()

    async def _beat(self) -> None:
        """Say that we are there; who was away for too long has to be let in anew."""
        began, said = _clock(), _claims(self._in_use, self._ring)
        if self._until is not None:
            async with self._connection() as raw:
                if await raw.fetchval(_BEAT, self._id, *said, GONE):
                    self._until, self._beaten, self._said = began + LEASE_SECONDS, began, said
                    return
        self._until = None
        await self._agree()

    async def _agree(self) -> None:
        """Find out with the others what we work with, say so, then do so.

        Raises:
            KeysRefused: it does not go together with what they do.
        """
        began = _clock()
        async with self._connection() as raw, raw.transaction():
            await raw.execute(_ALONE)
            running = [holder_of(row) for row in await raw.fetch(HOLDERS, GONE)]
            if all(one.id != self._id for one in running):  # they count us as gone, or never saw us
                self._until = None
            ring = self._chosen([one for one in running if one.id != self._id])
            said = _claims({*self._in_use, ring}, ring)
            await raw.execute(_FORGET)
            await raw.execute(_SAY, self._id, self._process, *said)
        self._until, self._beaten, self._said = began + LEASE_SECONDS, began, said
        if _shape(ring) != _shape(self._ring):
            self.use(ring)
            if not self._quiet:
                log.info("keys_changed", versions=ring.versions, writes=ring.writes)
        self._refusal = self._told = ""

    def _chosen(self, others: list[Holder]) -> KeyRing:
        try:
            return agreed(self._wanted, self._ring, None if self._until is None else self._ring.writes, others)
        except KeysRefused as error:
            self._refuse(str(error), vital=self._until is None)
            raise

    def _refuse(self, reason: str, *, vital: bool) -> None:
        """Tell once why the file is not followed; without being let in, the health of the process says it too."""
        if vital:
            self._refusal = reason
        told, self._told = self._told, reason
        if told != reason and not self._quiet:
            log.error("key_file_refused", reason=reason)

    async def _leave(self, database: Database) -> None:
        async with database.dedicated() as pooled:
            await cast_connection(pooled).execute(_LEAVE, self._id)

    @asynccontextmanager
    async def _connection(self) -> "AsyncIterator[asyncpg.Connection[Row]]":
        """A connection outside every unit of work; one that failed half-way does not go back into the pool."""
        if self._database is None:
            raise RuntimeError("`keeping` was not begun")
        async with self._database.dedicated() as pooled:
            raw = cast_connection(pooled)
            try:
                yield raw
            except KeysRefused:
                raise
            except BaseException:
                with contextlib.suppress(Exception):
                    raw.terminate()
                raise


def _claims(in_use: Iterable[KeyRing], newest: KeyRing) -> tuple[str, list[int]]:
    """What may be said of rings in use: the versions that each of them reads, and all with which any of them writes."""
    rings = list(in_use)
    versions = {version for version in newest.versions if all(version in ring.versions for ring in rings)}
    fingerprints = {str(version): newest.fingerprints[version] for version in sorted(versions)}
    return encode_json(fingerprints), sorted({ring.writes for ring in rings})


def _shape(ring: KeyRing) -> tuple[tuple[int, ...], int]:
    return ring.versions, ring.writes


def _noticed(task: "asyncio.Task[None]") -> None:
    """Who waited for it may be gone; its failure is no news to the event loop."""
    if not task.cancelled():
        task.exception()
