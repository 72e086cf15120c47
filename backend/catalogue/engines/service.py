"""Chooses the engine that answers a search."""

from collections.abc import Mapping, Sequence

from backend.catalogue.index.service import Shelf
from backend.kit.search import SearchResult


class Engines:
    """The engines of one process."""

    async def search(
        self, shelf: Shelf, query: str, *, limit: int, filters: Mapping[str, Sequence[str]]
    ) -> SearchResult:
        """The best products for what somebody typed; hit ids are keys of `shelf.entries`."""
        return shelf.search(query, limit=limit, filters=filters)
