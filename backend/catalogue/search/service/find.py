"""Finds products, with the fields this person may see."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from backend.catalogue.engines.service import Engines
from backend.catalogue.index.service import Entry, ProductIndex, Shelf
from backend.catalogue.rules.snippets import extended, meanings
from backend.catalogue.search.schemas import ProductFacets, ProductHitPage, Search
from backend.catalogue.search.service.hits import Shown, found, listed
from backend.catalogue.search.service.log import SearchLog
from backend.catalogue.search.service.translations import translations
from backend.kit.paging import CursorInvalid, decode_cursor, encode_cursor
from backend.kit.problems import forbidden
from backend.kit.search import Hit, SearchResult
from backend.kit.search.dutch import typed_words
from backend.kit.work import Work

_LIST = "products"
_CURSOR = "searchCursor"
_SAYS_SOMETHING = 3
"""Of fewer letters than this, still being typed, nobody expects an answer."""

_NOTHING = SearchResult(hits=[], total=0, facets={})

Counts = dict[str, dict[str, int]]


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

    async def search(self, asked: Search) -> ProductHitPage:
        """The best products for what somebody typed, or for nothing all of them by title.

        Raises:
            ProblemError: 403 for a filter on a field that this person may not see.
            CursorInvalid: the cursor is of another list, query or filter.
        """
        staff = isinstance(self._facets({}).department_id, dict)
        if "department_id" in asked.filters and not staff:
            raise forbidden("The responsible department is not yours to see.")
        shelf = await self._index.shelf(self._work.uow)
        if not asked.query.strip():
            return await self._listed(shelf, asked)
        page = await self._found(shelf, asked)
        if not asked.typing and not asked.filters and asked.page.cursor is None:
            log = SearchLog(self._work, self._index)
            log.write(asked.query, shelf.lexicon, page.total, "staff" if staff else "citizen")
        return page

    async def _listed(self, shelf: Shelf, asked: Search) -> ProductHitPage:
        cursor, limit = asked.page.cursor, asked.page.limit
        after = decode_cursor(cursor, (str, str), scope=_LIST) if cursor else ("", "")
        entries, counts = _counted(shelf, asked.filters)
        rest = [entry for entry in entries if entry.order > after]
        shown = await self._shown([entry.document.id for entry in rest[:limit]], shelf, asked)
        return ProductHitPage(
            items=[self._work.access.project("product", listed(one)) for one in shown],
            next=encode_cursor(rest[limit - 1].order, scope=_LIST) if len(rest) > limit else UNSET,
            total=len(entries),
            facets=self._facets(counts),
        )

    async def _found(self, shelf: Shelf, asked: Search) -> ProductHitPage:
        limit, start = asked.page.limit, self._start(asked)
        understood = typed_words(asked.query)  # of "?!" an engine could make that everything is asked
        result = await self._ask(shelf, asked, start + limit + 1) if understood else _NOTHING
        hits = _number_first(shelf, asked, result.hits)
        page = hits[start : start + limit]
        shown = await self._shown([hit.id for hit in page], shelf, asked)
        meant = meanings(asked.query, (one for hit in page for one in hit.matched))
        items = [found(one, hit, extended(meant, hit.matched)) for one, hit in zip(shown, page, strict=True)]
        return ProductHitPage(
            items=[self._work.access.project("product", item) for item in items],
            next=self._cursor(asked, start + limit) if len(hits) > start + limit else UNSET,
            total=max(result.total, len(hits)),
            facets=self._facets(result.facets),
            suggestion=result.suggestion,
            offer_contact_form=not hits and not (asked.typing and len(asked.query.strip()) < _SAYS_SOMETHING),
        )

    async def _ask(self, shelf: Shelf, asked: Search, limit: int) -> SearchResult:
        """The engine's answer; a chosen facet is counted without its own filter, so that its other codes stay known."""
        others = [{name: codes for name, codes in asked.filters.items() if name != chosen} for chosen in asked.filters]
        result, *counted = await asyncio.gather(
            self._engines.search(shelf, asked.query, limit=limit, filters=asked.filters),
            *(self._engines.search(shelf, asked.query, limit=0, filters=filters) for filters in others),
        )
        facets = dict(result.facets)
        for chosen, answer in zip(asked.filters, counted, strict=True):
            facets[chosen] = answer.facets.get(chosen, {})
        return msgspec.structs.replace(result, facets=facets)

    async def _shown(self, ids: Sequence[str], shelf: Shelf, asked: Search) -> list[Shown]:
        """The products of one page, in the language asked for."""
        entries = [shelf.entries[one] for one in ids]
        if asked.language == "nl" or not entries:
            return [Shown(entry=entry) for entry in entries]
        texts = await translations(self._work.uow, [entry.id for entry in entries], self._index.form, asked.language)
        return [Shown(entry=entry, language=asked.language, text=texts.get(entry.id)) for entry in entries]

    def _bound(self, asked: Search) -> str:
        """What a cursor belongs to: this query with these filters. It is keyed, and tells nobody what was typed."""
        filters = sorted((name, sorted(codes)) for name, codes in asked.filters.items())
        return msgspec.json.encode([asked.query, filters]).decode()

    def _start(self, asked: Search) -> int:
        if asked.page.cursor is None:
            return 0
        bound = self._bound(asked)
        for key in self._work.keys.lookups(bound, purpose=_CURSOR):  # also of a page from just before a new key
            with contextlib.suppress(CursorInvalid):
                start: int = decode_cursor(asked.page.cursor, (int,), scope=_LIST, key=key)[0]
                return start
        raise CursorInvalid("not a cursor of this list")

    def _cursor(self, asked: Search, start: int) -> str | UnsetType:
        key = self._work.keys.lookup(self._bound(asked), purpose=_CURSOR)
        return encode_cursor((start,), scope=_LIST, key=key)

    def _facets(self, counts: Mapping[str, dict[str, int]]) -> ProductFacets:
        facets = ProductFacets(**{name: counts[name] for name in ProductFacets.__struct_fields__ if name in counts})
        return self._work.access.project("product", facets)


def _number_first(shelf: Shelf, asked: Search, hits: list[Hit]) -> list[Hit]:
    """The product whose number was typed goes before products that only mention the number."""
    number = asked.query.strip()
    entry = shelf.numbered(number) if any(char.isdigit() for char in number) else None
    if entry is None or entry.lacks(asked.filters):
        return hits
    own = next((hit for hit in hits if hit.id == entry.document.id), None)
    first = own or Hit(id=entry.document.id, score=0.0, matched=[], highlights={})
    return [first, *(hit for hit in hits if hit is not own)]


def _counted(shelf: Shelf, filters: Mapping[str, Sequence[str]]) -> tuple[list[Entry], Counts]:
    """The products that pass every filter, and per facet the counts over those that pass the filters of the others."""
    entries: list[Entry] = []
    counts: Counts = {}
    for entry in shelf.entries.values():
        lacking = entry.lacks(filters)
        if not lacking:
            entries.append(entry)
        elif len(lacking) > 1:
            continue
        facets = entry.document.facets
        for facet in lacking or facets:
            of_facet = counts.setdefault(facet, {})
            for code in facets.get(facet, ()):
                of_facet[code] = of_facet.get(code, 0) + 1
    return entries, counts
