"""Published versions of flows, compiled and kept in memory until one is published or retired."""

import asyncio
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import structlog

from backend.assistant.rules import ConditionFault, Program, Status, compiled
from backend.assistant.versions.rules import read_stored
from backend.kit.changes import Cache, ChangeFeed
from backend.kit.db import Database

TOPIC = "assistant.flows"
"""What is told to every process when a version is published or retired."""

MOST_KEPT = 500
"""Programs that are kept in memory (the largest flow takes 1 MB): anybody may ask for every version there ever was."""

log = structlog.get_logger("assistant")

_SERVED = """
SELECT v.id, f.slug, v.number, v.status, v.valid_from, v.valid_until
  FROM flow_version v JOIN flow f ON f.id = v.flow_id
 WHERE v.status IN ('published', 'retired') ORDER BY v.number DESC
"""
_DOCUMENTS = "SELECT id, number, status, document FROM flow_version WHERE id = ANY($1::uuid[])"


class Served(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A version that citizens and agents can take, or could once."""

    version_id: UUID
    number: int
    status: Status
    program: Program


class _Entry(msgspec.Struct, frozen=True):
    """A version that was published, without its document."""

    id: UUID
    slug: str
    number: int
    status: Status
    valid_from: date | None
    valid_until: date | None

    def counts(self, day: date) -> bool:
        """Whether it may be taken on this day."""
        return (
            self.status == "published"
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or self.valid_until >= day)
        )


_Index = dict[str, tuple[_Entry, ...]]
"""Slug -> its published and retired versions, the highest number first."""


class FlowStore:
    """Published flows of this process; every process hears of a publication at once.

    Programs are kept by the id of their version, of which nothing ever changes. A published document that cannot be
    used any more (after an upgrade) is logged and not served; the flow is then not there, rather than an older
    version that somebody has replaced. While the database is away flows are served as they were last read.

    Args:
        database: where flows are.
        feed: tells what changed.
    """

    def __init__(self, database: Database, feed: ChangeFeed) -> None:
        self._database = database
        self._index: Cache[None, _Index] = Cache(feed, TOPIC, self._load, spare=True)
        self._programs: dict[UUID, Program | None] = {}
        self._compiling = asyncio.Lock()

    async def current(self, slug: str, day: date) -> Served | None:
        """The version of a flow that counts on a day: of those published and valid then, the highest number."""
        index = await self._index.get(None)
        entry = next((one for one in index.get(slug, ()) if one.counts(day)), None)
        return next(iter(await self._served([entry])), None) if entry else None

    async def version(self, slug: str, number: int) -> Served | None:
        """A version that is or was published."""
        index = await self._index.get(None)
        found = [one for one in index.get(slug, ()) if one.number == number]
        return next(iter(await self._served(found)), None)

    async def published(self, day: date) -> list[Served]:
        """The version of every flow that counts on a day, in the order of their slugs."""
        index = await self._index.get(None)
        counting = (next((one for one in index[slug] if one.counts(day)), None) for slug in sorted(index))
        return await self._served([one for one in counting if one])

    async def _load(self, _key: None) -> _Index:
        async with self._database.begin() as uow:
            rows = await uow.fetch(_SERVED)
        index: _Index = {}
        for row in rows:
            entry = _Entry(*row)
            index[entry.slug] = (*index.get(entry.slug, ()), entry)
        return index

    async def _served(self, entries: Iterable[_Entry]) -> list[Served]:
        """These versions with their programs; those that cannot be used are left out."""
        entries = list(entries)
        while any(one.id not in self._programs for one in entries):
            async with self._compiling:  # one after the other: compiling a flow twice helps nobody
                await self._compile([one.id for one in entries if one.id not in self._programs])
        found = [(one, self._programs.pop(one.id)) for one in entries]
        self._programs |= {one.id: program for one, program in found}  # those used last come last
        for old in list(self._programs)[:-MOST_KEPT]:
            del self._programs[old]
        return [
            Served(version_id=one.id, number=one.number, status=one.status, program=program)
            for one, program in found
            if program
        ]

    async def _compile(self, missing: list[UUID]) -> None:
        if not missing:
            return
        async with self._database.begin() as uow:
            rows = await uow.fetch(_DOCUMENTS, missing)
        for row in rows:
            self._programs[row["id"]] = await asyncio.to_thread(
                _program, row["id"], row["document"], row["number"], row["status"]
            )
        for version_id in missing:
            self._programs.setdefault(version_id, None)


def _program(version_id: UUID, document: dict[str, Any], number: int, status: str) -> Program | None:
    try:
        return compiled(read_stored(document, number, status))
    except (msgspec.ValidationError, ConditionFault) as fault:
        log.warning("flow_unusable", version=str(version_id), fault=str(fault))
        return None
