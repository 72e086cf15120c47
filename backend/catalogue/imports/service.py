"""Synchronises the catalogue with a stream of snapshots; keeps and gives the reports of it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.catalogue.city.service import CityFieldsService
from backend.catalogue.imports.schemas import CityEntry, ImportPage, ImportReport, RefusalView
from backend.catalogue.index.service import changed
from backend.catalogue.rules import (
    Judgement,
    Outcome,
    ProductFacts,
    SnapshotRefused,
    Stored,
    content_hash,
    judge,
    product_facts,
)
from backend.kit.db import encode_json, rows_to
from backend.kit.ldes import LdesRead, LdesUnavailable, identifier, read_latest
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.text import drop_refused
from backend.kit.work import Work

BATCH = 250
MOST_REFUSALS = 500
"""Refusals kept in a report; the count is of all of them."""

_LONGEST_ID = 2_000  # an index entry of PostgreSQL holds at most 2704 bytes
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7421002))"
_STORED = """
SELECT id, external_id, content_hash, generated_at, status, coalesce(facts->>'archived' = 'true', false) AS archived
  FROM product WHERE source = $1
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
_WITHDRAW = """
WITH gone AS (
    UPDATE product SET status = 'withdrawn', version = version + 1
     WHERE source = $1 AND status = 'published' AND external_id <> ALL($2::text[]) RETURNING id)
SELECT count(*) FROM gone
"""
_COLUMNS = (
    "id, source, started_at, finished_at, pages, created, changed, unchanged, withdrawn, refused, refusals, error"
)
_REPORT = f"INSERT INTO catalogue_import ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
_REPORTS = f"SELECT {_COLUMNS} FROM catalogue_import WHERE ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2"

Progress = Callable[[int, int], None]
"""Told how many of how many snapshots are done."""


class CatalogueImporter:
    """Brings the catalogue in line with a stream of snapshots, in one transaction; the same stream twice is once.

    Args:
        work: the unit of work.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._counts: Counter[Outcome] = Counter()
        self._refusals: list[RefusalView] = []

    async def run(
        self,
        source: str | Path,
        *,
        name: str | None = None,
        progress: Progress | None = None,
        api_key: str | None = None,
    ) -> ImportReport:
        """Read every page and store what is new; what cannot be used is refused with its reason, the rest goes on.

        A product that a complete read does not have any more is withdrawn. When nothing can be read, the report says
        why and nothing changes.

        Args:
            source: a page's file (its folder holds the others), a folder, a glob, or a page's http(s) address.
            name: of the catalogue; without it what the stream calls itself.
            progress: told after every batch.
            api_key: sent as `x-api-key`.
        """
        started, source = datetime.now(UTC), str(source)
        # a slow publisher may take minutes; nothing is locked meanwhile
        await self._work.uow.execute("SET LOCAL idle_in_transaction_session_timeout = '1h'")
        try:
            read = await read_latest(source, api_key=api_key)
        except LdesUnavailable as problem:
            return await self._report(name or _place(source), started, 0, str(problem))
        self._refusals += [_refusal(one.id, one.reason) for one in read.refused]
        catalogue = name or drop_refused(read.stream or "") or _place(source)
        if not await self._work.uow.fetchval(_LOCK, catalogue):
            return await self._report(catalogue, started, read.pages, "another import of this catalogue is running")
        error = await self._synchronise(catalogue, read, progress)
        if set(self._counts) - {"unchanged"}:
            await changed(self._work)
        return await self._report(catalogue, started, read.pages, error)

    async def apply_city_fields(self, entries: Sequence[Mapping[str, Any] | CityEntry]) -> int:
        """Fill in the city's own fields of products that have none yet; see `CityFieldsService.fill`."""
        return await CityFieldsService(self._work).fill(entries)

    async def _synchronise(self, catalogue: str, read: LdesRead, progress: Progress | None) -> str | None:
        """Store batch by batch, then withdraw what is gone; gives why nothing was withdrawn, when that is so."""
        stored = {row["external_id"]: Stored(**row) for row in await self._work.uow.fetch(_STORED, catalogue)}
        for first in range(0, len(read.members), BATCH):
            facts, refused = await asyncio.to_thread(_map, read.members[first : first + BATCH])
            self._refusals += refused
            await self._store(catalogue, facts, stored)
            if progress:
                progress(min(first + BATCH, len(read.members)), len(read.members))
        if not read.complete:
            return "not every page could be read: nothing was withdrawn"
        if not read.members:
            return "there is no product in the stream: nothing was withdrawn"
        # also the refused ones: a snapshot that cannot be used does not mean that the product is gone
        seen = [one for member in read.members if (one := identifier(member.get("isVersionOf"))) and "\x00" not in one]
        gone: int = await self._work.uow.fetchval(_WITHDRAW, catalogue, seen)
        if gone:
            self._counts["withdrawn"] += gone
        return None

    async def _store(self, catalogue: str, batch: Mapping[str, ProductFacts], stored: dict[str, Stored]) -> None:
        """Judge a batch and write it, one statement per kind of writing; `stored` learns what is new."""
        uow, new, renewed, turned = self._work.uow, [], [], []
        for external_id, facts in batch.items():
            held, digest = stored.get(external_id), content_hash(facts)
            judgement = judge(held, facts, digest)
            self._counts[judgement.outcome] += 1
            if held is None:
                row = _row(uuid7(), facts, digest, judgement)
                new.append(row)
                stored[external_id] = msgspec.convert(row | {"archived": facts.archived}, Stored)
            elif judgement.take:
                renewed.append(_row(held.id, facts, digest, judgement))
            elif judgement.write:
                turned.append((held.id, judgement.status))
        if new:
            await uow.execute(_INSERT, encode_json(new), catalogue, self._work.now)
        if renewed:
            await uow.execute(_UPDATE, encode_json(renewed), self._work.now)
        if turned:
            await uow.execute(_STATUS, [one for one, _ in turned], [status for _, status in turned])

    async def _report(self, catalogue: str, started: datetime, pages: int, error: str | None) -> ImportReport:
        report = ImportReport(
            id=uuid7(),
            source=catalogue,
            started_at=started,
            finished_at=datetime.now(UTC),
            pages=pages,
            created=self._counts["created"],
            changed=self._counts["changed"],
            unchanged=self._counts["unchanged"],
            withdrawn=self._counts["withdrawn"],
            refused=len(self._refusals),
            refusals=self._refusals[:MOST_REFUSALS],
            error=error,
        )
        values = msgspec.structs.asdict(report) | {"refusals": encode_json(report.refusals)}
        await self._work.uow.execute(_REPORT, *values.values())
        self._work.trail.record("catalogueImport", [report.id], outcome="failed" if error else "done")
        return report


class ImportService:
    """Reports of imports."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def page(self, page: PageRequest) -> ImportPage:
        """Reports, newest first."""
        after = decode_cursor(page.cursor, (UUID,), scope="imports")[0] if page.cursor else None
        rows = await self._work.uow.fetch(_REPORTS, after, page.limit + 1)
        views = [
            msgspec.structs.replace(report, refusals=msgspec.convert(report.refusals, list[RefusalView]))
            for report in rows_to(ImportReport, rows[: page.limit])
        ]
        if len(rows) > page.limit:
            return ImportPage(items=views, next=encode_cursor((views[-1].id,), scope="imports"))
        return ImportPage(items=views)


def _map(members: Sequence[Mapping[str, Any]]) -> tuple[dict[str, ProductFacts], list[RefusalView]]:
    """The facts of snapshots by the id of their product, and those that cannot be used; runs in a thread."""
    facts: dict[str, ProductFacts] = {}
    refused: list[RefusalView] = []
    for member in members:
        try:
            one = product_facts(member)
            _check_storable(one)
        except SnapshotRefused as problem:
            refused.append(_refusal(identifier(member) or "", str(problem)))
        else:
            facts[one.external_id] = one
    return facts, refused


def _refusal(name: str, reason: str) -> RefusalView:
    return RefusalView(id=drop_refused(name)[:_LONGEST_ID], reason=drop_refused(reason)[:_LONGEST_ID])


def _check_storable(facts: ProductFacts) -> None:
    if len(facts.external_id.encode()) > _LONGEST_ID:
        raise SnapshotRefused(f"an id of more than {_LONGEST_ID} bytes")
    if b"\\u0000" in msgspec.json.encode(facts):
        raise SnapshotRefused("a NUL character")


def _row(product_id: UUID, facts: ProductFacts, digest: str, judgement: Judgement) -> dict[str, object]:
    return {
        "id": product_id,
        "external_id": facts.external_id,
        "snapshot_id": facts.snapshot_id,
        "product_number": facts.product_number,
        "concept_number": facts.concept_number,
        "facts": facts,
        "content_hash": digest,
        "generated_at": facts.generated_at,
        "status": judgement.status,
        "bump": int(judgement.outcome != "unchanged"),
    }


def _place(source: str) -> str:
    """A name from where the pages are: the address without its query, or the folder."""
    if urlsplit(source).scheme in {"http", "https"}:
        return source.partition("?")[0]
    path = Path(source.removeprefix("file://")).absolute()
    return f"file://{path if path.is_dir() else path.parent}"
