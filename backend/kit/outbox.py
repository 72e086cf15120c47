"""What must leave the process leaves through this table (design 6): topic and ids, never personal data.

A row is written in the transaction of its cause. A worker leases due rows (`FOR UPDATE SKIP LOCKED`), runs the handler
of the topic, and **only the handler's own transaction marks the row done**. A lost wake-up or a killed worker costs the
lease (60 s), nothing else. After the last retry the row stays as a visible dead letter.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Index, SmallInteger, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from backend.kit.db import Database, Entity, Row, Statement, UnitOfWork, encode_json
from backend.kit.reach import EVERYTHING

LEASE = timedelta(seconds=60)
RETRIES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""5 s, 30 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h; each with up to 10 % jitter."""
KEEP_DONE = timedelta(days=7)


class OutboxRow(Entity):
    """One effect to bring about outside the process."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "available_at", postgresql_where=text("done_at IS NULL AND dead_at IS NULL")),
        Index("ix_outbox_dead", "dead_at", postgresql_where=text("dead_at IS NOT NULL")),
        Index("ix_outbox_done", "done_at", postgresql_where=text("done_at IS NOT NULL")),
    )

    topic: Mapped[str] = mapped_column(Text)
    ids: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
    available_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=func.now())
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    leased_until: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    done_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    dead_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    reason: Mapped[str | None] = mapped_column(Text)


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """A leased row as its handler sees it."""

    id: UUID
    topic: str
    ids: dict[str, Any]
    attempts: int
    created_at: datetime

    @property
    def last(self) -> bool:
        """Whether no try follows this one."""
        return self.attempts > len(RETRIES)


class TryAgain(Exception):
    """Raised by a handler: not now; its text is kept as the reason, so it must hold no personal data."""


class DeadLetter(Exception):
    """Raised by a handler: trying again cannot help (a refused recipient, a vanished row)."""


Handler = Callable[[UnitOfWork, Effect], Awaitable[None]]


class SlowHandler(msgspec.Struct, frozen=True):
    """A handler that first waits for others (a publisher, a search engine), and only then needs a transaction.

    `prepare` runs without one, as long as it takes: the lease is renewed meanwhile. What it gives is the handler that
    writes the result down, in the transaction that marks the row done.
    """

    prepare: Callable[[Effect], Awaitable[Handler]]


_ADD = """
INSERT INTO outbox (id, topic, ids, available_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::jsonb[], $4::timestamptz[])
"""
_LEASE = """
UPDATE outbox SET leased_until = now() + $2::interval, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM outbox
    WHERE done_at IS NULL AND dead_at IS NULL AND available_at <= now()
      AND (leased_until IS NULL OR leased_until < now())
    ORDER BY available_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING id, topic, ids, attempts, created_at
"""
_DONE = """
UPDATE outbox SET done_at = now(), leased_until = NULL, reason = NULL
WHERE id = $1 AND done_at IS NULL AND attempts = $2 RETURNING true
"""
_RETRY = """
UPDATE outbox SET available_at = now() + $3::interval, leased_until = NULL, reason = $4
WHERE id = $1 AND attempts = $2 AND done_at IS NULL
"""
_DIE = """
UPDATE outbox SET dead_at = now(), leased_until = NULL, reason = $3
WHERE id = $1 AND attempts = $2 AND done_at IS NULL
"""
_RENEW = """
UPDATE outbox SET leased_until = now() + $3::interval WHERE id = $1 AND attempts = $2 AND done_at IS NULL RETURNING true
"""
_FORGET = "DELETE FROM outbox WHERE done_at < now() - $1::interval"
_AWAITING = """
SELECT EXISTS (
    SELECT FROM outbox WHERE topic = $1 AND ids = $2::jsonb AND done_at IS NULL AND dead_at IS NULL
       AND (leased_until IS NULL OR leased_until < now()))
"""
_UNDER_WAY = "SELECT count(*) FROM outbox WHERE topic = $1 AND done_at IS NULL AND dead_at IS NULL"
_SHOWN = "id, topic, ids, attempts, reason, created_at, dead_at"
_DEAD = f"""
SELECT {_SHOWN} FROM outbox
 WHERE dead_at IS NOT NULL AND ($1::timestamptz IS NULL OR (dead_at, id) < ($1, $2::uuid))
 ORDER BY dead_at DESC, id DESC LIMIT $3
"""
_REPLAY = f"""
UPDATE outbox SET dead_at = NULL, leased_until = NULL, attempts = 0, available_at = now()
WHERE id = $1 AND dead_at IS NOT NULL RETURNING {_SHOWN}
"""


class Outbox:
    """Collects the rows of one transaction and writes them in one statement just before its commit.

    Args:
        uow: the transaction.
        wake: called after the commit when there is something to do now.
    """

    def __init__(self, uow: UnitOfWork, wake: Callable[[], None]) -> None:
        self._uow = uow
        self._wake = wake
        self._rows: list[tuple[UUID, str, str, datetime]] = []

    def add(self, topic: str, at: datetime, **ids: UUID | str | int) -> None:
        """Bring about `topic` from `at` on."""
        if not self._rows:
            self._uow.last(self._statement)
            self._uow.after_commit(self._wake)
        self._rows.append((uuid7(), topic, encode_json(ids), at))

    def nudge(self) -> None:
        """Wake a worker after the commit: rows that were there already became due."""
        self._uow.after_commit(self._wake)

    def _statement(self) -> Statement:
        return _ADD, [list(column) for column in zip(*self._rows, strict=True)]


class Lost(Exception):
    """The lease ran out and somebody else took the row: this attempt's work is rolled back."""


class Dispatcher:
    """Takes due rows and runs their handlers.

    Args:
        database: where the rows are.
        handlers: topic -> handler.
        report: told about failures (id, topic, reason, dead) for log and metrics.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler | SlowHandler],
        report: Callable[[Effect, str, bool], None] = lambda *_: None,
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._report = report

    async def lease(self, most: int) -> list[Effect]:
        """At most `most` due rows, ours for 60 seconds."""
        async with self._database.transaction() as uow:
            return [_effect(row) for row in await uow.fetch(_LEASE, most, LEASE)]

    async def run(self, effect: Effect) -> bool:
        """Run one leased row; gives whether it is done. Never raises for a handler's own failure."""
        try:
            handler = self._handlers.get(effect.topic)
            if handler is None:
                raise DeadLetter(f"nobody handles topic {effect.topic}")
            if isinstance(handler, SlowHandler):
                await self._slowly(handler, effect)
            else:
                await self._finish(handler, effect)
        except Lost:
            return False
        except Exception as error:  # noqa: BLE001 whatever fails is retried, then visible
            await self._failed(effect, error)
            return False
        return True

    async def _finish(self, handler: Handler, effect: Effect) -> None:
        async with self._database.transaction(EVERYTHING) as uow:
            await handler(uow, effect)
            if not await uow.fetchval(_DONE, effect.id, effect.attempts):
                raise Lost

    async def _slowly(self, handler: SlowHandler, effect: Effect) -> None:
        renewing = asyncio.create_task(self._renew(effect))
        try:
            await self._finish(await handler.prepare(effect), effect)
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, effect: Effect) -> None:
        """Keep the row ours; when that fails somebody else may take it, and the end of the effect finds out."""
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            with contextlib.suppress(Exception):
                async with self._database.transaction() as uow:
                    await uow.fetchval(_RENEW, effect.id, effect.attempts, LEASE)

    async def _failed(self, effect: Effect, error: Exception) -> None:
        told = isinstance(error, (DeadLetter, TryAgain))  # the text of any other error may quote personal data
        reason = f"{type(error).__name__}: {error}"[:500] if told else type(error).__name__
        dead = isinstance(error, DeadLetter) or effect.last
        async with self._database.transaction() as uow:
            if dead:
                await uow.execute(_DIE, effect.id, effect.attempts, reason)
            else:
                await uow.execute(_RETRY, effect.id, effect.attempts, backoff(effect.attempts), reason)
        self._report(effect, reason, dead)


async def awaiting(uow: UnitOfWork, topic: str, **ids: UUID | str | int) -> bool:
    """Whether a row just like this is already there and nobody has begun on it."""
    return bool(await uow.fetchval(_AWAITING, topic, encode_json(ids)))


async def under_way(uow: UnitOfWork, topic: str) -> int:
    """How many rows of a topic are not done: due, running or to be tried again."""
    found: int = await uow.fetchval(_UNDER_WAY, topic)
    return found


async def dead_letters(uow: UnitOfWork, most: int, before: tuple[datetime, UUID] | None = None) -> list[Row]:
    """At most `most` dead rows, the last to die first.

    Args:
        uow: the transaction.
        most: how many.
        before: `dead_at` and `id` of the row after which to go on.

    Returns:
        Rows of id, topic, ids, attempts, reason, created_at, dead_at.
    """
    return await uow.fetch(_DEAD, *(before or (None, None)), most)


async def replay(uow: UnitOfWork, row_id: UUID) -> Row | None:
    """Make a dead row due now, with all its tries again; gives the row as `dead_letters` does, None when not dead.

    The reason stays until the next try, so that nobody forgets why it died.
    """
    return await uow.fetchrow(_REPLAY, row_id)


async def forget_done(uow: UnitOfWork) -> str:
    """Drop rows done more than a week ago; gives PostgreSQL's command tag. Dead letters stay."""
    return await uow.execute(_FORGET, KEEP_DONE)


def backoff(attempts: int) -> timedelta:
    """How long after this failed attempt (1 = the first) the next one comes."""
    step = RETRIES[min(attempts, len(RETRIES)) - 1]
    return step * (1 + random.random() / 10)  # noqa: S311 jitter, not a secret


def _effect(row: Row) -> Effect:
    return Effect(**dict(row))
