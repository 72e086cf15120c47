"""Finds products, with the fields this person may see."""

from collections.abc import Mapping

from msgspec import UNSET

from backend.catalogue.engines.service import Engines
from backend.catalogue.index.service import Entry, ProductIndex, Shelf
from backend.catalogue.search.schemas import ProductFacets, ProductHit, ProductHitPage
from backend.kit.paging import decode_cursor, encode_cursor
from backend.kit.problems import forbidden, invalid_input
from backend.kit.search import Hit
from backend.kit.work import Work

_LIST = "products"


class SearchService:
    """Finds products.

    Args:
        work: the unit of work.
        index: the search index of this process.
        engines: which engine answers.
    """

    def __init__(self, work: Work, index: ProductIndex, engines: Engines) -> None:
        self._work = work
        self._index = index
        self._engines = engines

    async def search(
        self, query: str, *, limit: int, filters: Mapping[str, str] | None = None, cursor: str | None = None
    ) -> ProductHitPage:
        """The best products for what somebody typed, or for nothing all of them by title.

        Args:
            query: as typed; a space at the end says that the last word is complete.
            limit: items on the page.
            filters: code by facet: `theme`, `audience`, `type`, `department_id`.
            cursor: of the page before; only a list by title has more than one page.
        """
        wanted = filters or {}
        if "department_id" in wanted and not isinstance(self._facets({}).department_id, dict):
            raise forbidden("The responsible department is not yours to see.")
        shelf = await self._index.shelf(self._work.uow)
        if not query.strip():
            return self._listed(shelf.listed(wanted), limit, cursor)
        if cursor:
            raise invalid_input("Only a list without q has further pages.", where="query", name="cursor")
        return await self._found(shelf, query, limit, wanted)

    def _listed(self, entries: list[Entry], limit: int, cursor: str | None) -> ProductHitPage:
        after = decode_cursor(cursor, (str, str), scope=_LIST) if cursor else ("", "")
        rest = [entry for entry in entries if entry.order > after]
        counts: dict[str, dict[str, int]] = {}
        for entry in entries:
            for facet, codes in entry.document.facets.items():
                of_facet = counts.setdefault(facet, {})
                for code in codes:
                    of_facet[code] = of_facet.get(code, 0) + 1
        return ProductHitPage(
            items=[self._hit(entry) for entry in rest[:limit]],
            next=encode_cursor(rest[limit - 1].order, scope=_LIST) if len(rest) > limit else UNSET,
            total=len(entries),
            facets=self._facets(counts),
        )

    async def _found(self, shelf: Shelf, query: str, limit: int, filters: Mapping[str, str]) -> ProductHitPage:
        result = await self._engines.search(
            shelf, query, limit=limit, filters={facet: (code,) for facet, code in filters.items()}
        )
        return ProductHitPage(
            items=[self._hit(shelf.entries[hit.id], hit) for hit in result.hits],
            total=result.total,
            facets=self._facets(result.facets),
            suggestion=result.suggestion,
        )

    def _hit(self, entry: Entry, hit: Hit | None = None) -> ProductHit:
        highlights = hit.highlights if hit else {}
        snippet = next((text for field, text in highlights.items() if field != "title"), entry.teaser)
        view = ProductHit(
            id=entry.id,
            product_number=entry.product_number,
            title=entry.document.title,
            snippet=snippet,
            highlights=highlights,
            department_id=entry.department_id,
            has_help_sheets=entry.has_help_sheets,
            has_transaction=entry.has_transaction,
            matched=hit.matched if hit else [],
            score=hit.score if hit else 0.0,
        )
        return self._work.access.project("product", view)

    def _facets(self, counts: Mapping[str, dict[str, int]]) -> ProductFacets:
        facets = ProductFacets(**{name: counts[name] for name in ProductFacets.__struct_fields__ if name in counts})
        return self._work.access.project("product", facets)
