"""Writing with the newest key what an older one wrote: in small transactions, beside everything else that happens.

Rows that somebody is changing are left for the next round; nobody waits for us longer than a batch of 200 takes.
Killed at any moment nothing is half done, and running again goes on: what is left is counted, not remembered.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from backend.kit.crypto import DecryptionFailed
from backend.kit.db import Database, Row, UniqueViolation, UnitOfWork
from backend.kit.failures import problem_of
from backend.kit.reach import EVERYTHING
from backend.kit.refusals import of_database
from backend.kit.sealed import SealedColumn
from backend.kit.work import Work

T = TypeVar("T")

BATCH = 200
ROUNDS = 10
"""Over everything, a second apart: whoever holds a row for longer, holds it for a reason we do not know."""
PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 1.0
_AWAY = 503
_MOST_NAMED = 20


class Renewal(Protocol):
    """What only its module can rewrite."""

    name: str

    async def versions(self, uow: UnitOfWork) -> Mapping[int, int]:
        """Rows per version of the keys."""

    async def renew(self, work: Work, most: int) -> int:
        """Rewrite at most this many rows that are not of `work.keys.writes`; 0: none are left that can be."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Rows per version of the keys, in one column."""

    name: str
    versions: dict[int, int]

    def older(self, writes: int) -> int:
        """Rows that are not of the version that writes."""
        return sum(rows for version, rows in self.versions.items() if version != writes)


class Rewritten(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did.

    Attributes:
        rows: rows written anew.
        left: rows still under another version.
        stuck: some of those, by their keys, with the reason.
    """

    rows: int
    left: int
    stuck: list[str]


Progress = Callable[[int, int | None], None]


class Rewriter:
    """Rewrites every column of an installation.

    Args:
        database: where the rows are.
        work: makes a unit of work of the platform itself.
        columns: encrypted columns.
        renewals: what modules rewrite themselves.
        rest: after each batch, times as long as it took.
    """

    def __init__(
        self,
        database: Database,
        work: Callable[[UnitOfWork], Work],
        columns: Sequence[SealedColumn],
        renewals: Sequence[Renewal] = (),
        *,
        rest: float = 1.0,
    ) -> None:
        self._database = database
        self._work = work
        self._columns = columns
        self._renewals = renewals
        self._rest = rest
        self._rows = 0
        self._total = 0
        self._stuck: dict[str, str] = {}
        self._progress: Progress = lambda *_: None

    async def usage(self) -> list[Usage]:
        """Rows per version, column by column."""
        found = []
        async with self._database.transaction(EVERYTHING) as uow:
            for column in self._columns:
                rows = await uow.fetch(_count(column))
                found.append(Usage(name=column.name, versions={row["version"]: row["rows"] for row in rows}))
            found += [Usage(name=one.name, versions=dict(await one.versions(uow))) for one in self._renewals]
        return found

    async def run(self, progress: Progress = lambda *_: None) -> Rewritten:
        """Rewrite what is not of the version that writes now; a PostgreSQL that is away for a minute is waited for.

        Args:
            progress: told rows done, and to be done in all.
        """
        self._progress, self._rows = progress, 0
        left = self._total = await self._left()
        self._progress(0, self._total)
        for number in range(ROUNDS):
            if number:
                await asyncio.sleep(AGAIN_SECONDS)
            self._stuck = {}
            await self._round()
            left = await self._left()
            if left <= len(self._stuck):
                break
        named = [f"{name}: {why}" for name, why in list(self._stuck.items())[:_MOST_NAMED]]
        return Rewritten(rows=self._rows, left=left, stuck=named)

    async def _left(self) -> int:
        async with self._database.transaction(EVERYTHING) as uow:
            writes = self._work(uow).keys.writes
        return sum(one.older(writes) for one in await self._patiently(self.usage))

    async def _round(self) -> None:
        """Everything once, but for rows that somebody holds at that moment."""
        for column in self._columns:
            after: tuple[object, ...] | None = None
            while batch := await self._batch(column, after):
                after = tuple(batch[-1][name] for name in column.key)
        for renewal in self._renewals:
            while done := await self._patiently(lambda one=renewal: self._renewed(one)):  # type: ignore[misc]
                self._done(done)

    async def _batch(self, column: SealedColumn, after: tuple[object, ...] | None) -> list[Row]:
        """The rows after these, rewritten; one by one when together they do not go."""
        began = time.monotonic()
        try:
            rows = await self._patiently(lambda: self._together(column, after, BATCH))
        except UniqueViolation:
            rows = await self._one_by_one(column, after)
        await asyncio.sleep(self._rest * (time.monotonic() - began))
        return rows

    async def _one_by_one(self, column: SealedColumn, after: tuple[object, ...] | None) -> list[Row]:
        rows: list[Row] = []
        for _ in range(BATCH):
            one = await self._single(column, after)
            if not one:
                break
            rows += one
            after = tuple(one[0][name] for name in column.key)
        return rows

    async def _single(self, column: SealedColumn, after: tuple[object, ...] | None) -> list[Row]:
        try:
            return await self._patiently(lambda: self._together(column, after, 1))
        except UniqueViolation:
            async with self._database.transaction(EVERYTHING) as uow:
                one = await uow.fetch(_select(column, after), self._work(uow).keys.writes, 1, *(after or ()))
            self._set_aside(column, one, "another row has the same value under a newer key")
            return one

    async def _together(self, column: SealedColumn, after: tuple[object, ...] | None, most: int) -> list[Row]:
        async with self._database.transaction(EVERYTHING) as uow:
            keys = self._work(uow).keys
            rows = await uow.fetch(_select(column, after), keys.writes, most, *(after or ()))
            place = {"table": column.table, "column": column.column}
            written: list[tuple[object, ...]] = []
            for row in rows:
                try:
                    plain = keys.decrypt(row["sealed"], **place, row=row["row"])
                except DecryptionFailed as error:
                    self._set_aside(column, [row], str(error))
                    continue
                hashed = (keys.lookup(plain, purpose=column.purpose),) if column.lookup else ()
                sealed = keys.encrypt(plain, **place, row=row["row"])
                written.append((*(row[name] for name in column.key), sealed, *hashed))
            if written:
                await uow.execute(_update(column), *(list(values) for values in zip(*written, strict=True)))
        self._done(len(written))
        return rows

    async def _renewed(self, renewal: Renewal) -> int:
        began = time.monotonic()
        async with self._database.transaction(EVERYTHING) as uow:
            done = await renewal.renew(self._work(uow), BATCH)
        await asyncio.sleep(self._rest * (time.monotonic() - began))
        return done

    async def _patiently(self, act: Callable[[], Awaitable[T]]) -> T:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await act()
            except Exception as error:
                if problem_of(error, translate=of_database).status != _AWAY or time.monotonic() > end:
                    raise
            await asyncio.sleep(AGAIN_SECONDS)

    def _done(self, rows: int) -> None:
        self._rows += rows
        self._progress(self._rows, max(self._rows, self._total))

    def _set_aside(self, column: SealedColumn, rows: Sequence[Row], why: str) -> None:
        for row in rows:
            key = ", ".join(str(row[name]) for name in column.key)
            self._stuck[f"{column.name} of row {key}"] = why


def _count(column: SealedColumn) -> str:
    return (
        f"SELECT get_byte({column.column}, 0) AS version, count(*) AS rows FROM {column.table} "
        f"WHERE {column.column} IS NOT NULL GROUP BY 1 ORDER BY 1"
    )


def _select(column: SealedColumn, after: tuple[object, ...] | None) -> str:
    """Rows under another version (`$1`) than the one that writes, at most `$2`, after the key in `$3`, ..."""
    keys = ", ".join(column.key)
    places = ", ".join(f"${number}" for number in range(3, 3 + len(column.key)))
    beyond = f"AND ({keys}) > ({places})" if after else ""
    return f"""
SELECT {keys}, {column.row}::text AS row, {column.column} AS sealed FROM {column.table}
 WHERE {column.column} IS NOT NULL AND get_byte({column.column}, 0) <> $1 {beyond}
 ORDER BY {keys} LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
"""


def _update(column: SealedColumn) -> str:
    columns = {**column.key, column.column: "bytea"}
    if column.lookup:
        columns[column.lookup] = "bytea"
    changed = [name for name in columns if name not in column.key]
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(columns.values(), start=1))
    return f"""
UPDATE {column.table} AS old SET {", ".join(f"{name} = new.{name}" for name in changed)}
  FROM unnest({arrays}) AS new({", ".join(columns)})
 WHERE {" AND ".join(f"old.{name} = new.{name}" for name in column.key)}
"""
