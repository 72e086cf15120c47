"""Products: find them, read them, take their texts into a mail, change the city's own fields."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UnsetType

from backend.catalogue.index.service import ProductIndex, changed
from backend.catalogue.products.schemas import (
    FaqView,
    HelpSheetView,
    ProductMail,
    ProductPatch,
    ProductView,
)
from backend.catalogue.rules import ProductFacts, display, transaction_link
from backend.identity.service import DepartmentService
from backend.kit.db import Row, encode_json
from backend.kit.etag import check_version
from backend.kit.problems import ProblemError, not_found, unknown_reference
from backend.kit.schema import changes
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

    async def change(self, product_id: UUID, data: ProductPatch, expected: int) -> ProductView:
        """Change the city's own fields; 404, 412, 400 for an unknown department."""
        row = await self._row(product_id, " FOR UPDATE OF p")
        check_version(expected, row["version"])
        if given := changes(data):
            await self._check_department(given.get("department_id"))
            if not isinstance(data.guiding_questions, UnsetType):
                given["guiding_questions"] = [text for one in data.guiding_questions if (text := one.strip())]
            city = {name: row[name] if row[name] is not None or name not in _JSON else [] for name in CITY} | given
            values = [encode_json(value) if name in _JSON else value for name, value in city.items()]
            await self._work.uow.execute(_SAVE_CITY, product_id, *values)
            self._work.trail.record("product", [product_id], fields=list(given))
            await changed(self._work)
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


def _facts(row: Row) -> ProductFacts:
    return msgspec.json.decode(row["facts"], type=ProductFacts)
