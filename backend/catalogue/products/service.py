"""Products: find them, read them, take their texts into a mail, change the city's own fields."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from backend.catalogue.products.schemas import (
    FaqView,
    HelpSheetView,
    ProductFacets,
    ProductHit,
    ProductHitPage,
    ProductMail,
    ProductPatch,
    ProductView,
)
from backend.catalogue.rules import ProductFacts, display, transaction_link
from backend.catalogue.search.service import TOPIC, Entry, ProductIndex, Shelf
from backend.identity.service import DepartmentService
from backend.kit.db import Row, encode_json
from backend.kit.etag import check_version
from backend.kit.paging import decode_cursor, encode_cursor
from backend.kit.problems import ProblemError, forbidden, invalid_input, not_found, unknown_reference
from backend.kit.schema import changes
from backend.kit.search import Hit
from backend.kit.work import Work

CITY = (
    "department_id",
    "first_line_information",
    "faq",
    "help_sheets",
    "transaction_url",
    "internal_instructions",
    "guiding_questions",
    "flow",
)
_JSON = frozenset({"faq", "help_sheets", "guiding_questions"})
_LIST = "products"

_PRODUCT = f"""
SELECT p.id, p.source, p.external_id, p.product_number, p.concept_number, p.status, p.generated_at, p.imported_at,
       p.facts::text AS facts, {", ".join(f"c.{name}" for name in CITY)}, p.version + coalesce(c.version, 0) AS version
  FROM product p LEFT JOIN product_city c ON c.product_id = p.id WHERE p.id = $1
"""
_SAVE_CITY = f"""
INSERT INTO product_city (product_id, {", ".join(CITY)})
VALUES ($1, {", ".join(f"${place}" for place in range(2, len(CITY) + 2))})
    ON CONFLICT (product_id) DO UPDATE
   SET {", ".join(f"{name} = excluded.{name}" for name in CITY)}, version = product_city.version + 1
"""
_RESPONSIBLE = """
SELECT p.id, c.department_id FROM product p LEFT JOIN product_city c ON c.product_id = p.id WHERE p.id = ANY($1::uuid[])
"""


class ProductService:
    """Products, for screens, for mails and for routing.

    Args:
        work: the unit of work.
        index: the search index of this process; also says how the city addresses people.
    """

    def __init__(self, work: Work, index: ProductIndex) -> None:
        self._work = work
        self._index = index

    async def get(self, product_id: UUID, language: str = "nl") -> ProductView:
        """One product, also a withdrawn one, with the fields this person may see; 404."""
        view = self._view(await self._row(product_id), language)
        return self._work.access.project("product", view)

    async def responsible(self, product_ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
        """The responsible department of each product, None when the city chose none; 400 for an unknown product."""
        rows = await self._work.uow.fetch(_RESPONSIBLE, list(product_ids))
        found: dict[UUID, UUID | None] = {row["id"]: row["department_id"] for row in rows}
        if missing := [one for one in product_ids if one not in found]:
            raise unknown_reference("productId", f"No product {missing[0]}.")
        return found

    async def mail_text(
        self, product_id: UUID, language: str = "nl", known: Mapping[str, str] | None = None
    ) -> ProductMail:
        """The texts that go into a mail; 404.

        Args:
            product_id: which product.
            language: ISO 639-1; falls back to Dutch per text.
            known: data for the transaction link by placeholder (`rules.PLACEHOLDERS`); what is not known is left out.
        """
        row = await self._row(product_id)
        shown = display(_facts(row), self._index.form, language)
        template: str | None = row["transaction_url"]
        data = {"productNumber": row["product_number"] or "", **(known or {})}
        return ProductMail(
            id=product_id,
            name=shown.name,
            description_text=shown.description_text,
            description_html=shown.description,
            first_line_information=row["first_line_information"],
            help_sheets=[HelpSheetView(**one) for one in row["help_sheets"] or ()],
            transaction_url=transaction_link(template, data) if template else None,
        )

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
        return self._found(shelf, query, limit, wanted)

    async def change(self, product_id: UUID, data: ProductPatch, expected: int) -> ProductView:
        """Change the city's own fields; 404, 412, 400 for an unknown department."""
        row = await self._row(product_id, " FOR UPDATE OF p")
        check_version(expected, row["version"])
        if changed := changes(data):
            await self._check_department(changed.get("department_id"))
            if not isinstance(data.guiding_questions, UnsetType):
                changed["guiding_questions"] = [text for one in data.guiding_questions if (text := one.strip())]
            city = {name: row[name] if row[name] is not None or name not in _JSON else [] for name in CITY} | changed
            values = [encode_json(value) if name in _JSON else value for name, value in city.items()]
            await self._work.uow.execute(_SAVE_CITY, product_id, *values)
            self._work.trail.record("product", [product_id], fields=list(changed))
            await self._work.feed.announce(self._work.uow, TOPIC)
            row = await self._row(product_id)
        return self._work.access.project("product", self._view(row, "nl"))

    async def _row(self, product_id: UUID, lock: str = "") -> Row:
        row = await self._work.uow.fetchrow(_PRODUCT + lock, product_id)
        if row is None:
            raise not_found("product")
        return row

    async def _check_department(self, department_id: object) -> None:
        if not isinstance(department_id, UUID):
            return
        try:
            active = (await DepartmentService(self._work).get(department_id)).active
        except ProblemError:
            active = False
        if not active:
            raise unknown_reference("departmentId", "No such active department.")

    def _view(self, row: Row, language: str) -> ProductView:
        facts = _facts(row)
        texts = msgspec.structs.asdict(display(facts, self._index.form, language))
        given: dict[str, Any] = {name: row[name] for name in CITY if row[name] is not None}
        given["faq"] = [FaqView(**one) for one in row["faq"] or ()]
        given["help_sheets"] = [HelpSheetView(**one) for one in row["help_sheets"] or ()]
        return ProductView(
            **texts,
            **given,
            id=row["id"],
            source=row["source"],
            external_id=row["external_id"],
            product_number=row["product_number"],
            concept_number=row["concept_number"],
            status=row["status"],
            type=facts.type,
            themes=facts.themes,
            audiences=facts.audiences,
            keywords=facts.keywords,
            valid_from=facts.valid_from,
            valid_to=facts.valid_to,
            generated_at=row["generated_at"],
            imported_at=row["imported_at"],
            version=row["version"],
        )

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

    def _found(self, shelf: Shelf, query: str, limit: int, filters: Mapping[str, str]) -> ProductHitPage:
        result = shelf.search(query, limit=limit, filters={facet: (code,) for facet, code in filters.items()})
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


def _facts(row: Row) -> ProductFacts:
    return msgspec.json.decode(row["facts"], type=ProductFacts)
