"""Gives the pages and the members of our stream."""

from typing import Any
from uuid import UUID

import msgspec

from backend.catalogue.publication.schemas import NodeShape, RelationShape, SnapshotPage
from backend.catalogue.rules.publication import Stream
from backend.kit.db import Database
from backend.kit.problems import not_found

PAGE_SIZE = 50
"""Snapshots on a page; never change it: full pages were promised to stay as they are."""

_PAGE = """
SELECT number, member::text AS member FROM product_snapshot WHERE number BETWEEN $1 AND $2 ORDER BY number
"""
_ONE = "SELECT member::text FROM product_snapshot WHERE id = $1"


class StreamReader:
    """Pages and members of our stream, as JSON.

    Args:
        database: where the snapshots are; readers are the whole world, so nobody's unit of work is used.
        stream: where our stream is.
    """

    def __init__(self, database: Database, stream: Stream) -> None:
        self._database = database
        self._stream = stream

    async def page(self, number: int) -> tuple[bytes, bool]:
        """A page (0 = the first), and whether it is complete: then it stays as it is; 404 beyond the last page."""
        first = number * PAGE_SIZE
        async with self._database.begin() as uow:
            rows = await uow.fetch(_PAGE, first, first + PAGE_SIZE)  # one more: does another page follow?
        if not rows and number:
            raise not_found("page")
        complete = len(rows) > PAGE_SIZE
        members: list[Any] = [msgspec.Raw(row["member"].encode()) for row in rows[:PAGE_SIZE]]
        page = SnapshotPage(
            context=self._stream.context(),
            id=self._stream.page(number),
            kind="EventStream",
            timestamp_path="generatedAtTime",
            version_of_path="isVersionOf",
            view=NodeShape(id=self._stream.page(number), kind="Node", relation=self._relations(number, complete)),
            member=members,
        )
        return msgspec.json.encode(page), complete

    async def snapshot(self, snapshot_id: UUID) -> bytes:
        """One snapshot by itself; 404."""
        async with self._database.begin() as uow:
            member: str | None = await uow.fetchval(_ONE, snapshot_id)
        if member is None:
            raise not_found("snapshot")
        return msgspec.json.encode({"@context": self._stream.context()[0], **msgspec.json.decode(member)})

    def _relations(self, number: int, complete: bool) -> list[RelationShape]:
        before = RelationShape(
            node=self._stream.page(number - 1), path="generatedAtTime", kind="LessThanOrEqualToRelation"
        )
        after = RelationShape(
            node=self._stream.page(number + 1), path="generatedAtTime", kind="GreaterThanOrEqualToRelation"
        )
        return [before] * bool(number) + [after] * complete
