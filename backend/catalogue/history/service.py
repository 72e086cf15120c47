"""Writes and reads what happened to products; imports tell it through `ImportHistory`."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.catalogue.history.schemas import (
    ChangeActor,
    ChangeKind,
    FieldChange,
    ProductChangePage,
    ProductChangeView,
)
from backend.catalogue.rules import ProductFacts, fact_changes
from backend.kit.db import Row, encode_json
from backend.kit.paging import PageRequest, decode_cursor, encode_cursor
from backend.kit.problems import invalid_input, not_found
from backend.kit.work import Work

_FIELDS = "id uuid, product_id uuid, version int, before jsonb, after jsonb"
_ADD = f"""
INSERT INTO product_change (id, product_id, version, kind, at, actor_id, reason, before, after)
SELECT id, product_id, version, $2, $3, $4, $5, before, after FROM jsonb_to_recordset($1::jsonb) AS new({_FIELDS})
"""
_PAGE = """
SELECT h.version, h.kind, h.at, h.reason, h.before, h.after, h.actor_id, u.name AS actor_name
  FROM product_change h LEFT JOIN app_user u ON u.id = h.actor_id
 WHERE h.product_id = $1 AND ($2::bigint IS NULL OR h.version < $2) ORDER BY h.version DESC LIMIT $3
"""
_KNOWN = "SELECT true FROM product WHERE id = $1"
_SINCE = """
SELECT version, before FROM product_change
 WHERE product_id = $1 AND kind <> 'import' ORDER BY version DESC
"""
_FACTS = """
SELECT p.id, p.version + coalesce(c.version, 0) AS version, p.version AS own, p.status, p.facts::text AS facts
  FROM product p LEFT JOIN product_city c ON c.product_id = p.id WHERE p.id = ANY($1::uuid[])
"""

Change = tuple[UUID, int, Mapping[str, Any], Mapping[str, Any]]
"""Product, its version after the change, the changed fields before and after (names of the API)."""


class HistoryService:
    """The history of products.

    Args:
        work: the unit of work.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, kind: ChangeKind, changes: Sequence[Change], reason: str | None = None) -> None:
        """Write changes down, in the transaction in which they are made; one statement."""
        names = ("id", "product_id", "version", "before", "after")
        rows = [dict(zip(names, (uuid7(), *change), strict=True)) for change in changes]
        work = self._work
        await work.uow.execute(_ADD, encode_json(rows), kind, work.now, work.actor, reason)

    async def page(self, product_id: UUID, page: PageRequest) -> ProductChangePage:
        """Changes of a product, newest first; 404."""
        scope = f"changes {product_id}"
        after = decode_cursor(page.cursor, (int,), scope=scope)[0] if page.cursor else None
        rows = await self._work.uow.fetch(_PAGE, product_id, after, page.limit + 1)
        if not rows and not await self._work.uow.fetchval(_KNOWN, product_id):
            raise not_found("product")
        views = [_view(row) for row in rows[: page.limit]]
        if len(rows) > page.limit:
            return ProductChangePage(items=views, next=encode_cursor((views[-1].version,), scope=scope))
        return ProductChangePage(items=views)

    async def undoing(self, product_id: UUID, version: int) -> dict[str, Any]:
        """The city's fields that were different at a version, as they were then, by their name in the API.

        Raises:
            ProblemError: 400 for a version before the first change that was written down.
        """
        rows = await self._work.uow.fetch(_SINCE, product_id)
        if not rows or version < rows[-1]["version"] - 1:
            raise invalid_input("How the product was then is not known.", name="version", kind="outOfRange")
        fields: dict[str, Any] = {}
        for row in rows:
            if row["version"] > version:
                fields |= row["before"]
        return fields


class ImportHistory:
    """Writes down what a synchronisation changed; for the products of one batch.

    `await before(ids)`, write the products, `await after()`. Products that are new are not written down.

    Args:
        work: the unit of work.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._before: dict[UUID, Row] = {}

    async def before(self, product_ids: Sequence[UUID]) -> None:
        """Look at products that may be going to change."""
        self._before |= {row["id"]: row for row in await self._work.uow.fetch(_FACTS, list(product_ids))}

    async def after(self) -> int:
        """Write down what really changed since; gives the number of changed products."""
        rows = await self._work.uow.fetch(_FACTS, list(self._before)) if self._before else []
        pairs = [(self._before[row["id"]], row) for row in rows if row["own"] != self._before[row["id"]]["own"]]
        changes = await asyncio.to_thread(_compared, pairs)
        self._before.clear()
        if changes:
            await HistoryService(self._work).add("import", changes)
        return len(changes)


def _compared(pairs: Sequence[tuple[Row, Row]]) -> list[Change]:
    """What changed between two looks; reading facts takes a tenth of a millisecond each, so this runs in a thread."""
    changes: list[Change] = []
    for was, became in pairs:
        facts = [msgspec.json.decode(row["facts"], type=ProductFacts) for row in (was, became)]
        before, after = fact_changes(*facts)
        if was["status"] != became["status"]:
            before["status"], after["status"] = was["status"], became["status"]
        if after:
            changes.append((became["id"], became["version"], before, after))
    return changes


def _view(row: Row) -> ProductChangeView:
    before, after = row["before"], row["after"]
    return ProductChangeView(
        version=row["version"],
        kind=row["kind"],
        at=row["at"],
        actor=ChangeActor(id=row["actor_id"], name=row["actor_name"]) if row["actor_name"] else None,
        reason=row["reason"],
        fields=[FieldChange(field=name, before=_given(before[name]), after=_given(after[name])) for name in after],
    )


def _given(value: object) -> object:
    return None if value in ([], "") else value
