"""Brings what is stored in line with what was read, in one short transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.catalogue.city.service import CityFieldsService
from backend.catalogue.history.service import ImportHistory
from backend.catalogue.imports.schemas import CityEntry, ImportReport, RefusalView
from backend.catalogue.imports.service.reading import (
    MOST_REFUSALS,
    Progress,
    Reading,
    Understood,
    batches,
    read_catalogue,
)
from backend.catalogue.imports.service.reports import REPORT
from backend.catalogue.index.service import changed
from backend.catalogue.rules import Judgement, Outcome, Stored, judge, too_many
from backend.kit.db import encode_json
from backend.kit.work import Work

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7421002))"
_STORED = """
SELECT id, external_id, content_hash, generated_at, status, coalesce(facts->>'archived' = 'true', false) AS archived
  FROM product WHERE source = $1
"""
_ELSEWHERE = """
SELECT source, count(*) AS many, min(external_id) AS one FROM product
 WHERE source <> $1 AND status = 'published' AND external_id = ANY($2)
 GROUP BY source ORDER BY many DESC, source LIMIT 20
"""
_FIELDS = """
    id uuid, external_id text, snapshot_id text, product_number text, concept_number text, facts jsonb,
    content_hash text, generated_at timestamptz, status text, bump int
"""
_INSERT = f"""
INSERT INTO product (id, source, external_id, snapshot_id, product_number, concept_number, facts, content_hash,
                     generated_at, status, imported_at)
SELECT id, $2, external_id, snapshot_id, product_number, concept_number, facts, content_hash, generated_at, status, $3
  FROM jsonb_to_recordset($1::jsonb) AS new({_FIELDS})
"""
_UPDATE = f"""
UPDATE product AS held
   SET snapshot_id = new.snapshot_id, product_number = new.product_number, concept_number = new.concept_number,
       facts = new.facts, content_hash = new.content_hash, generated_at = new.generated_at, status = new.status,
       imported_at = $2, version = held.version + new.bump
  FROM jsonb_to_recordset($1::jsonb) AS new({_FIELDS})
 WHERE held.id = new.id
"""
_STATUS = """
UPDATE product AS held SET status = new.status, version = held.version + 1
  FROM unnest($1::uuid[], $2::text[]) AS new(id, status) WHERE held.id = new.id
"""


class CatalogueImporter:
    """Brings the catalogue in line with a stream of snapshots, in one transaction; the same stream twice is once.

    Args:
        work: the unit of work.

    Attributes:
        stored: whether what was read is in the catalogue now; the report says why when it is not.
    """

    def __init__(self, work: Work) -> None:
        self.stored = False
        self._work = work
        self._history = ImportHistory(work)
        self._counts: Counter[Outcome] = Counter()
        self._held_back = 0
        self._doubles: list[RefusalView] = []

    async def run(
        self,
        source: str | Path,
        *,
        name: str | None = None,
        progress: Progress | None = None,
        api_key: str | None = None,
        allow_withdrawals: bool = False,
    ) -> ImportReport:
        """Read every page and store what is new; what cannot be used is refused with its reason, the rest goes on.

        Reads inside the transaction: for the command line. Who serves others reads first (`read_catalogue`) and then
        calls `store`. Arguments as there; under a name pages of several streams are one catalogue.
        """
        await self._work.uow.execute("SET LOCAL idle_in_transaction_session_timeout = '1h'")
        reading = await read_catalogue(source, name=name, api_key=api_key, mixed=name is not None)
        return await self.store(reading, progress=progress, allow_withdrawals=allow_withdrawals)

    async def store(
        self,
        reading: Reading,
        *,
        progress: Progress | None = None,
        allow_withdrawals: bool = False,
        source_id: UUID | None = None,
    ) -> ImportReport:
        """Store what was read.

        A product that a complete read does not have any more is withdrawn; too many at once are not, unless that is
        allowed. When nothing could be read, the report says why and nothing changes.

        Args:
            reading: what was read.
            progress: told after every batch.
            allow_withdrawals: withdraw as many as it takes.
            source_id: for the report.
        """
        error = reading.error
        if error is None and not await self._work.uow.fetchval(_LOCK, reading.catalogue):
            error = "another import of this catalogue is running"
        elif error is None:
            error = await self._synchronise(reading, progress, allow_withdrawals)
            self.stored = True
        if set(self._counts) - {"unchanged"}:
            await changed(self._work)
        return await self._report(reading, source_id, error)

    async def apply_city_fields(self, entries: Sequence[Mapping[str, Any] | CityEntry]) -> int:
        """Fill in the city's own fields of products that have none yet; see `CityFieldsService.fill`."""
        return await CityFieldsService(self._work).fill(entries)

    async def _synchronise(self, reading: Reading, progress: Progress | None, allow_withdrawals: bool) -> str | None:
        """Store batch by batch, then withdraw what is gone; gives why not everything was done, when that is so."""
        if reading.mode == "notModified":
            return None
        rows = await self._work.uow.fetch(_STORED, reading.catalogue)
        stored = {row["external_id"]: Stored(**row) for row in rows}
        self._doubles = await self._elsewhere(reading)
        done = 0
        for batch in batches(reading.products):
            await self._store(reading.catalogue, batch, stored)
            done += len(batch)
            if progress:
                progress(done, len(reading.products))
        if not reading.complete:
            return "not every page could be read: nothing was withdrawn"
        if reading.mode != "full":
            return None
        if not reading.seen:
            return "there is no product in the stream: nothing was withdrawn"
        published = [one for one in stored.values() if one.status == "published"]
        gone = [one.id for one in published if one.external_id not in reading.seen]
        if too_many(len(gone), len(published)) and not allow_withdrawals:
            self._held_back = len(gone)
            return f"{len(gone)} of {len(published)} products disappeared at once: nothing was withdrawn, confirm it"
        await self._write_statuses([(one, "withdrawn") for one in gone])
        if gone:
            self._counts["withdrawn"] += len(gone)
        return None

    async def _elsewhere(self, reading: Reading) -> list[RefusalView]:
        """A notice for every other catalogue that has some of these products as well: people would find them twice."""
        known = [one.facts.external_id for one in reading.products]
        return [
            RefusalView(
                id=row["source"],
                reason=f"this other catalogue has {row['many']} of these products too, such as {row['one']}",
                kind="notice",
            )
            for row in await self._work.uow.fetch(_ELSEWHERE, reading.catalogue, known)
        ]

    async def _store(self, catalogue: str, batch: Sequence[Understood], stored: Mapping[str, Stored]) -> None:
        """Judge a batch and write it, one statement per kind of writing."""
        uow, new, renewed, turned = self._work.uow, [], [], []
        for one in batch:
            held = stored.get(one.facts.external_id)
            judgement = judge(held, one.facts, one.digest)
            self._counts[judgement.outcome] += 1
            if held is None:
                new.append(_row(uuid7(), one, judgement))
            elif judgement.take:
                renewed.append((held.id, _row(held.id, one, judgement)))
            elif judgement.write:
                turned.append((held.id, str(judgement.status)))
        if new:
            await uow.execute(_INSERT, encode_json(new), catalogue, self._work.now)
        if renewed:
            await self._history.before([product_id for product_id, _ in renewed])
            await uow.execute(_UPDATE, encode_json([row for _, row in renewed]), self._work.now)
            await self._history.after()
        await self._write_statuses(turned)

    async def _write_statuses(self, turned: Sequence[tuple[UUID, str]]) -> None:
        if turned:
            ids = [one for one, _ in turned]
            await self._history.before(ids)
            await self._work.uow.execute(_STATUS, ids, [status for _, status in turned])
            await self._history.after()

    async def _report(self, reading: Reading, source_id: UUID | None, error: str | None) -> ImportReport:
        report = ImportReport(
            id=uuid7(),
            source=reading.catalogue,
            source_id=source_id,
            mode=reading.mode,
            started_at=reading.started_at,
            finished_at=datetime.now(UTC),
            pages=reading.pages,
            requests=reading.requests,
            bytes=reading.bytes,
            created=self._counts["created"],
            changed=self._counts["changed"],
            unchanged=self._counts["unchanged"],
            withdrawn=self._counts["withdrawn"],
            held_back=self._held_back,
            refused=reading.refused,
            refusals=[*self._doubles, *reading.refusals][:MOST_REFUSALS],
            error=error,
        )
        values = msgspec.structs.asdict(report) | {"refusals": encode_json(report.refusals)}
        await self._work.uow.execute(REPORT, *values.values())
        if error or report.mode != "notModified":
            self._work.trail.record("catalogueImport", [report.id], outcome="failed" if error else "done")
        return report


def _row(product_id: UUID, one: Understood, judgement: Judgement) -> dict[str, object]:
    facts = one.facts
    return {
        "id": product_id,
        "external_id": facts.external_id,
        "snapshot_id": facts.snapshot_id,
        "product_number": facts.product_number,
        "concept_number": facts.concept_number,
        "facts": facts,
        "content_hash": one.digest,
        "generated_at": facts.generated_at,
        "status": judgement.status,
        "bump": int(judgement.outcome != "unchanged"),
    }
