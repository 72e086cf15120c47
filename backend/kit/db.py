"""PostgreSQL: the table base, and one unit of work = one transaction = one commit per request.

Services get a `UnitOfWork`. Registration, worklists and screens use `uow.fetch`/`uow.execute` straight on the asyncpg
connection; administration uses `uow.session` (advanced-alchemy services) on the **same** connection, as a savepoint of
the same transaction. Measured per transaction of one insert on the machine of design 4: 0.51 ms against 1.1 ms when
everything goes through a session. Only this file commits.

A unit of work says whose it is (`Reach`): that travels with BEGIN, costs no round trip, and row-level security holds
every later statement to it.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, Protocol, Self, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import msgspec
from advanced_alchemy.base import DefaultBase
from anyio import CancelScope
from sqlalchemy import Connection, PoolProxiedConnection, event
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.util.concurrency import greenlet_spawn
from uuid_utils.compat import uuid7

from backend.kit.reach import NOTHING, Reach, statement

CONNECT_SECONDS = 2
STATEMENT_SECONDS = 5
LOCK_SECONDS = 2
CLOSE_SECONDS = 1
HANG_SECONDS = 1
"""By this much a statement may outlast its time-out in the server before the connection is given up."""

_BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, SQLAlchemyError, OSError)
"""Failures that say nothing new about a unit of work that is being undone."""

_PARAMETER = re.compile(r"\$(\d+)")
_TAKEN = re.compile(r"\(([a-z0-9_]+(?:, [a-z0-9_]+)*)\)=\(")

T = TypeVar("T")
Statement = tuple[str, Sequence[object]]
"""SQL with `$1` parameters, and their values."""
Row: TypeAlias = asyncpg.Record
UniqueViolation = asyncpg.UniqueViolationError
"""Raised by a statement whose row exists already; `constraint_name` says which rule."""


class Base(DefaultBase):
    """Base of every table."""

    __abstract__ = True


class Entity(Base):
    """Base of tables with a time-ordered id made by the application (PostgreSQL has no uuidv7 before 18)."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)


class Gate(Protocol):
    """Lets this process begin units of work."""

    async def settled(self) -> None:
        """Wait until it does; raises what keeps it from that."""

    def lapsed(self) -> bool:
        """Whether it has to be asked again."""


class UnitOfWork:
    """One transaction and what must happen just before and just after its commit.

    Args:
        database: where the connection comes from.
        pooled: the checked-out connection.
        reach: what it may see of shielded rows.
    """

    def __init__(self, database: "Database", pooled: PoolProxiedConnection, reach: Reach = NOTHING) -> None:
        self._database = database
        self._reach = reach
        self._pooled = pooled
        self._raw = cast_connection(pooled)
        self._transaction: asyncpg.transaction.Transaction | None = self._raw.transaction()
        self._session: AsyncSession | None = None
        self._last: list[Callable[[], Statement]] = []
        self._after_commit: list[Callable[[], None]] = []

    @property
    def session(self) -> AsyncSession:
        """An ORM session inside this transaction, for administration and reference data."""
        if self._session is None:
            engine = self._database.engine
            sync = Connection(engine.sync_engine, self._pooled)
            self._session = AsyncSession(AsyncConnection(engine, sync), expire_on_commit=False)
        return self._session

    async def fetch(self, sql: str, *args: object) -> list[Row]:
        """All rows of a statement (`$1` parameters) inside this transaction."""
        rows: list[Row] = await self._raw.fetch(sql, *args)
        return rows

    async def fetchrow(self, sql: str, *args: object) -> Row | None:
        """The first row of a statement, or None."""
        return await self._raw.fetchrow(sql, *args)

    async def fetchval(self, sql: str, *args: object) -> Any:
        """The first value of the first row of a statement, or None."""
        return await self._raw.fetchval(sql, *args)

    async def execute(self, sql: str, *args: object) -> str:
        """Run a statement; gives PostgreSQL's command tag."""
        tag: str = await self._raw.execute(sql, *args)
        return tag

    def last(self, statement: Callable[[], Statement]) -> None:
        """Write `statement()` inside the transaction, last thing before the commit (audit, outbox, answers).

        All last statements travel together, as parts of one; they touch different tables and do not see each other.
        """
        self._last.append(statement)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the commit is durable; it must be quick and must not fail."""
        self._after_commit.append(callback)

    async def start(self) -> None:
        """BEGIN; a server that hangs is noticed here, within the time that a connection may take."""
        if self._transaction is not None:
            async with asyncio.timeout(CONNECT_SECONDS):
                with self._raw.saying(statement(self._reach)):
                    await self._transaction.start()

    @asynccontextmanager
    async def reaching(self, reach: Reach) -> AsyncIterator[None]:
        """See with another reach inside the block; two round trips, for the few places where that is right."""
        before = self._reach
        await self._see(reach)
        try:
            yield
        finally:
            with contextlib.suppress(asyncpg.InFailedSQLTransactionError):  # then nothing is read any more at all
                await self._see(before)

    async def keep_open(self, thing: UUID) -> None:
        """Let the rest of this unit of work read a thing that it is about to move out of its own sight."""
        if self._reach.kind == "person":
            await self._see(msgspec.structs.replace(self._reach, opened=self._reach.opened | {thing}))

    async def _see(self, reach: Reach) -> None:
        await self._raw.execute(statement(reach))
        self._reach = reach

    async def commit(self) -> None:
        """Flush what waits for the commit, commit, then tell who waits for it. Once per unit of work."""
        if self._last:
            sql, args = joined([statement() for statement in self._last])
            await self._raw.execute(sql, *args)
        if self._session is not None:
            await self._session.commit()
        if self._transaction is None:
            raise RuntimeError("a unit of work commits once")
        await self._transaction.commit()
        self._transaction = None
        for callback in self._after_commit:
            callback()

    async def close(self) -> None:
        """Roll back what was not committed; a connection where that fails is given up: nobody gets it half-way."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                if self._session is not None:
                    await self._session.close()
                if self._transaction is not None and not self._raw.is_closed():
                    await self._transaction.rollback()
        except BaseException as error:
            self._raw.terminate()
            if not isinstance(error, _BROKEN):  # cancelled
                raise


class Driver(asyncpg.Connection):  # type: ignore[misc]  # generic over a record class that is never subclassed
    """A connection that can send something along with the BEGIN of its next transaction."""

    _said = ""

    @contextlib.contextmanager
    def saying(self, sql: str) -> Iterator[None]:
        """Append `sql` to the first statement without parameters of the block; its result is not looked at."""
        self._said = sql
        try:
            yield
        finally:
            self._said = ""

    async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:  # noqa: ASYNC109 as asyncpg
        """As asyncpg's own, by which its transactions begin too."""
        if self._said and not args:
            query, self._said = f"{query} {self._said}", ""
        tag: str = await super().execute(query, *args, timeout=timeout)
        return tag


def cast_connection(pooled: PoolProxiedConnection) -> Driver:
    """The asyncpg connection under a pooled one."""
    return cast("Driver", pooled.driver_connection)


def joined(statements: Sequence[Statement]) -> Statement:
    """Statements as parts of one, so that they cost one round trip; parameters are numbered on."""
    if len(statements) == 1:
        return statements[0]
    return _join(tuple(sql for sql, _ in statements)), [value for _, args in statements for value in args]


@lru_cache(maxsize=64)
def _join(parts: tuple[str, ...]) -> str:
    numbered, offset = [], 0
    for place, sql in enumerate(parts):
        numbers = [int(number) for number in _PARAMETER.findall(sql)]
        shifted = _PARAMETER.sub(lambda match, by=offset: f"${int(match[1]) + by}", sql)  # type: ignore[misc]
        numbered.append(f"part{place} AS ({shifted})")
        offset += max(numbers, default=0)
    return f"WITH {', '.join(numbered)} SELECT 1"


def encode_json(value: object) -> str:
    """A value for a jsonb parameter of `fetch`/`execute`."""
    return msgspec.json.encode(value).decode()


def driver_url(url: str) -> str:
    """The URL with the asyncpg driver named (a bare `postgresql://` would mean psycopg)."""
    parts = urlsplit(url)
    if parts.scheme in {"postgres", "postgresql"}:
        return urlunsplit(parts._replace(scheme="postgresql+asyncpg"))
    return url


def _refuse_dead(connection: Any, _record: object, _proxy: object) -> None:
    """Pool check-out without a round trip: a connection whose socket is gone is replaced at once."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class Database:
    """The engine and its sessions.

    Args:
        url: SQLAlchemy URL (`postgresql+asyncpg://…`).
        role: role to act as on every connection (`SET ROLE`); empty keeps the login role.
        size: connections kept per process.
        statement_seconds: time-out of one statement.
    """

    def __init__(self, url: str, *, role: str = "", size: int = 10, statement_seconds: int = STATEMENT_SECONDS) -> None:
        settings = {
            "statement_timeout": f"{statement_seconds}s",
            "lock_timeout": f"{LOCK_SECONDS}s",
            "idle_in_transaction_session_timeout": "60s",
            "jit": "off",  # short statements only
            "timezone": "UTC",
            "application_name": "onthaal",
        } | ({"role": role} if role else {})
        self.engine: AsyncEngine = create_async_engine(
            driver_url(url),
            pool_size=size,
            max_overflow=size,
            pool_timeout=CONNECT_SECONDS,
            pool_reset_on_return="rollback",
            json_deserializer=msgspec.json.decode,
            json_serializer=encode_json,
            connect_args={
                "timeout": CONNECT_SECONDS,
                "command_timeout": statement_seconds + HANG_SECONDS,
                "connection_class": Driver,
                "server_settings": settings,
            },
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_dead)
        self.gate: Gate | None = None
        """Who must be content before a unit of work begins."""

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[PoolProxiedConnection]:
        """The connection of one unit of work."""
        async with self.dedicated() as pooled:
            yield pooled

    @asynccontextmanager
    async def dedicated(self) -> AsyncIterator[PoolProxiedConnection]:
        """A connection of the pool, given back at the end."""
        pooled = await self._taken()
        try:
            yield pooled
        finally:
            with CancelScope(shield=True):
                await greenlet_spawn(pooled.close)

    async def _taken(self) -> PoolProxiedConnection:
        """A connection out of the pool; who is cancelled while it is being made closes it, or nobody ever would."""
        making = asyncio.ensure_future(self.engine.raw_connection())
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):
                await greenlet_spawn((await making).close)
            raise

    @asynccontextmanager
    async def begin(self, reach: Reach = NOTHING) -> AsyncIterator[UnitOfWork]:
        """A unit of work that sees shielded rows as far as `reach`; leaving without `commit()` rolls back."""
        if (gate := self.gate) is not None:
            await gate.settled()
        async with self._begun(reach) as uow:
            if gate is not None and gate is self.gate and gate.lapsed():  # the process stood still in between
                raise ConnectionError("not let in any more")
            yield uow

    @asynccontextmanager
    async def _begun(self, reach: Reach = NOTHING) -> AsyncIterator[UnitOfWork]:
        async with self.acquire() as pooled:
            uow = UnitOfWork(self, pooled, reach)
            try:
                with CancelScope(shield=True):  # given back while it begins it would be of no use to the next one
                    await uow.start()
                yield uow
            finally:
                with CancelScope(shield=True):
                    await uow.close()

    @asynccontextmanager
    async def transaction(self, reach: Reach = NOTHING) -> AsyncIterator[UnitOfWork]:
        """A unit of work that commits when the block ends well; for jobs and the command line."""
        async with self.begin(reach) as uow:
            yield uow
            await uow.commit()

    async def ready(self) -> bool:
        """Whether PostgreSQL answers within the connect time-out."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS), self._begun() as uow:
                await uow.fetchval("SELECT 1")
        except Exception:  # noqa: BLE001 any failure means: not ready
            return False
        return True

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()


def constraint_of(error: BaseException) -> tuple[str, str] | None:
    """SQLSTATE and constraint name of a database error, however deep SQLAlchemy wrapped it; None for other errors."""
    found = _postgres_error(error)
    # of several failures at once one reaches us from another cause than its own; its translation knows the code
    state, name = (getattr(found or error, field, None) for field in ("sqlstate", "constraint_name"))
    return None if state is None and found is None else (state or "", name or "")


def taken_columns(error: BaseException) -> list[str]:
    """The columns whose values another row has already, of an error about that; empty when it does not tell.

    PostgreSQL says it in the language of the server, as `Key (name)=(LPDC) already exists.`; the values stay inside.
    """
    found = _TAKEN.search(getattr(_postgres_error(error), "detail", None) or "")
    return found[1].split(", ") if found else []


def _postgres_error(error: BaseException) -> asyncpg.PostgresError | None:
    seen: BaseException | None = error
    for _ in range(6):
        if seen is None or isinstance(seen, asyncpg.PostgresError):
            return seen
        original = getattr(seen, "orig", None)
        driver = getattr(original, "driver_exception", None)
        seen = driver or seen.__cause__ or original
    return None


def rows_to(kind: type[T], rows: Sequence[Row]) -> list[T]:
    """Rows as structs of `kind` (column name = field name); PostgreSQL's types are taken as they are."""
    return [kind(**row) for row in rows]
