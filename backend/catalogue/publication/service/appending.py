"""Appends to our stream what changed in the catalogue."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import structlog
from uuid_utils.compat import uuid7

from backend.catalogue.rules import ProductFacts
from backend.catalogue.rules.publication import PUBLISH, Stream, moments, snapshot_member
from backend.kit.db import Row, encode_json
from backend.kit.work import Work

MOST = 1_000
"""Snapshots added in one transaction (about a second); what remains is another effect."""

_CHUNK = 100
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('catalogue.publication', 7421004))"
_BEHIND = """
WITH state AS MATERIALIZED (
    SELECT p.id, p.external_id, p.content_hash, p.status = 'published' AND coalesce(c.published, true) AS visible,
           s.number, s.archived, s.content_hash AS shown
      FROM product p
      LEFT JOIN product_city c ON c.product_id = p.id
      LEFT JOIN LATERAL (SELECT number, archived, content_hash FROM product_snapshot
                          WHERE product_id = p.id ORDER BY number + 0 DESC LIMIT 1) s ON true),
     chosen AS (SELECT DISTINCT ON (external_id) * FROM state ORDER BY external_id, visible DESC, id),
     latest AS (SELECT DISTINCT ON (external_id) external_id, archived, shown
                  FROM state WHERE number IS NOT NULL ORDER BY external_id, number DESC)
SELECT chosen.id, NOT chosen.visible AS archived
  FROM chosen LEFT JOIN latest USING (external_id)
 WHERE CASE WHEN chosen.visible THEN latest.shown IS NULL OR latest.archived OR latest.shown <> chosen.content_hash
            ELSE NOT latest.archived END
 ORDER BY chosen.id
"""
# `+ 0`: without statistics (a first import) PostgreSQL would walk down the primary key for every product, 4 s at 5 000.
# A product of two sources is one product for a reader (same id): the one that can be seen, else the oldest. What was
# never published stays so, and what is archived keeps its last snapshot: a text nobody may see does not go out.
_LAST = "SELECT number, generated_at FROM product_snapshot ORDER BY number DESC LIMIT 1"
_PRODUCTS = """
SELECT p.id, p.facts::text AS facts, p.content_hash, p.created_at, p.version + coalesce(c.version, 0) AS version,
       NOT (p.status = 'published' AND coalesce(c.published, true)) AS archived
  FROM product p LEFT JOIN product_city c ON c.product_id = p.id WHERE p.id = ANY($1::uuid[]) ORDER BY p.id
"""
_APPEND = """
INSERT INTO product_snapshot (number, id, product_id, product_version, generated_at, archived, content_hash, member)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::int[], $5::timestamptz[], $6::bool[], $7::text[],
                     $8::jsonb[])
"""

log = structlog.get_logger("catalogue")


class Found(msgspec.Struct, frozen=True):
    """A product to publish, as it stands."""

    row: Row
    facts: ProductFacts


class PublicationService:
    """Brings the stream up to date with the catalogue.

    Appending is one at a time (an advisory lock until the commit), so numbers have no gaps and become visible in their
    order: a reader that resumes after the last snapshot it saw never misses one.

    Args:
        work: the unit of work.
        stream: where our stream is.
    """

    def __init__(self, work: Work, stream: Stream) -> None:
        self._work = work
        self._stream = stream

    async def publish(self) -> int:
        """Append a snapshot of every product whose last one does not show it as it is; gives how many.

        Doing it again adds nothing. A product whose facts cannot be read is left out and logged; the others go on.
        """
        uow, added = self._work.uow, 0
        await uow.execute(_LOCK)
        behind = await uow.fetch(_BEHIND)
        for first in range(0, len(behind), _CHUNK):
            if added >= MOST:
                self._work.outbox.add(PUBLISH, self._work.now)
                break
            added += await self._append(behind[first : first + _CHUNK])
        return added

    async def _append(self, behind: Sequence[Row]) -> int:
        uow, archived = self._work.uow, {row["id"]: row["archived"] for row in behind}
        rows = await uow.fetch(_PRODUCTS, list(archived))
        # hidden or shown a moment ago: that change has an effect of its own
        found = await asyncio.to_thread(_readable, [row for row in rows if row["archived"] == archived[row["id"]]])
        if not found:
            return 0
        last = await uow.fetchrow(_LAST)
        next_number = last["number"] + 1 if last else 0
        times = moments(self._work.now, last["generated_at"] if last else None, len(found))
        ids = [uuid7() for _ in found]
        members = await asyncio.to_thread(self._members, found, ids, times)
        await uow.execute(
            _APPEND,
            list(range(next_number, next_number + len(found))),
            ids,
            [one.row["id"] for one in found],
            [one.row["version"] for one in found],
            times,
            [one.row["archived"] for one in found],
            [one.row["content_hash"] for one in found],
            members,
        )
        return len(found)

    def _members(self, found: Sequence[Found], ids: Sequence[UUID], times: Sequence[datetime]) -> list[str]:
        return [
            encode_json(
                snapshot_member(
                    one.facts,
                    snapshot_id=self._stream.snapshot(snapshot_id),
                    generated_at=moment,
                    archived=one.row["archived"],
                    since=one.row["created_at"],
                )
            )
            for one, snapshot_id, moment in zip(found, ids, times, strict=True)
        ]


def _readable(rows: Sequence[Row]) -> list[Found]:
    """The products whose facts can be read; runs in a thread."""
    found: list[Found] = []
    for row in rows:
        try:
            found.append(Found(row, msgspec.json.decode(row["facts"], type=ProductFacts)))
        except msgspec.DecodeError as error:
            log.warning("product_not_published", product=str(row["id"]), error=str(error))
    return found
