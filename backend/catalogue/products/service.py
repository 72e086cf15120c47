"""Products: read them, take their texts into a mail, fill in the link to their application."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from backend.catalogue.index.service import ProductIndex
from backend.catalogue.products.schemas import (
    CityFields,
    FaqView,
    FormQuestionView,
    HelpSheetView,
    KnownData,
    Language,
    ProductMail,
    ProductView,
    ResponsibleDepartment,
    TransactionLinkView,
)
from backend.catalogue.rules import Form, ProductFacts, display, pick, text_languages, transaction_link
from backend.identity.service import DepartmentService
from backend.kit.db import UnitOfWork
from backend.kit.problems import not_found, unknown_reference
from backend.kit.work import Work

CITY = CityFields.__struct_fields__
"""Columns of the city's own fields."""
API_NAMES = dict(zip(CITY, CityFields.__struct_encode_fields__, strict=True))
"""Their names in the API, by column."""

IPDC = "ipdc:"
"""Before the number of a product, where somebody refers to it."""

_DUTCH = ("first_line_information", "faq", "help_sheets", "guiding_questions", "contact_form_questions")
"""The city's fields that a citizen reads; they are in Dutch."""
_CITY = ", ".join(f"c.{name}" for name in CITY if name != "published")
_PRODUCT = f"""
SELECT p.id, p.source, p.external_id, p.product_number, p.concept_number, p.status, p.generated_at, p.imported_at,
       p.facts::text AS facts, {_CITY}, c.published IS NOT FALSE AS published,
       p.version + coalesce(c.version, 0) AS version
  FROM product p LEFT JOIN product_city c ON c.product_id = p.id WHERE p.id = $1
"""
_THESE = _PRODUCT.replace("p.id = $1", "p.id = ANY($1::uuid[])")
_RESPONSIBLE = """
SELECT p.id, c.department_id FROM product p LEFT JOIN product_city c ON c.product_id = p.id WHERE p.id = ANY($1::uuid[])
"""
_CALLED = "SELECT id, facts -> 'name' AS name FROM product WHERE id = ANY($1::uuid[])"
_ROUTED = """
SELECT p.id, p.status = 'published' AS published, c.department_id, CASE WHEN $2 THEN p.facts -> 'themes' END AS themes
  FROM product p LEFT JOIN product_city c ON c.product_id = p.id WHERE p.id = ANY($1::uuid[])
"""

_REFERENCED = """
SELECT r.ref, p.id, p.status = 'published' AND c.published IS NOT FALSE AS published, c.department_id,
       p.facts -> 'name' AS name, coalesce(c.help_sheets, '[]') AS help_sheets,
       c.transaction_url IS NOT NULL AS has_transaction
  FROM unnest($1::text[], $2::text[]) AS r(ref, number)
  JOIN product p ON p.id::text = r.ref OR p.external_id = r.ref OR p.product_number = r.number
  LEFT JOIN product_city c ON c.product_id = p.id
 ORDER BY published, p.id DESC
"""
"""What others call a product; the last one of a reference counts: of several a published one."""


class ReferencedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product as another part of the platform refers to it.

    `published`: neither withdrawn by its catalogue nor hidden by the city; `name`: texts for `ProductService.name`.
    """

    id: UUID
    published: bool
    department_id: UUID | None
    name: Mapping[str, Any]
    help_sheets: tuple[HelpSheetView, ...]
    has_transaction: bool


async def referenced(uow: UnitOfWork, references: Collection[str]) -> dict[str, ReferencedProduct]:
    """The products that these references mean; what means none is left out.

    Args:
        uow: the unit of work.
        references: `ipdc:` and a product number, an external id, or an id of ours.
    """
    wanted = sorted(set(references))
    numbers = [one.removeprefix(IPDC) if one.startswith(IPDC) else None for one in wanted]
    return {
        row["ref"]: ReferencedProduct(
            id=row["id"],
            published=row["published"],
            department_id=row["department_id"],
            name=row["name"] or {},
            help_sheets=tuple(HelpSheetView(**one) for one in row["help_sheets"]),
            has_transaction=row["has_transaction"],
        )
        for row in (await uow.fetch(_REFERENCED, wanted, numbers) if wanted else [])
    }


class RoutedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """What of a product decides where questions about it go."""

    published: bool
    department_id: UUID | None
    themes: frozenset[str]


async def routed(uow: UnitOfWork, product_ids: Collection[UUID], *, themes: bool = False) -> dict[UUID, RoutedProduct]:
    """Those of these products that exist, withdrawn ones too; their themes only when asked: that reads all facts."""
    return {
        row["id"]: RoutedProduct(
            published=row["published"], department_id=row["department_id"], themes=frozenset(row["themes"] or ())
        )
        for row in await uow.fetch(_ROUTED, list(product_ids), themes)
    }


class ProductService:
    """Products, for screens, for mails and for routing.

    Args:
        work: the unit of work.
        index: the search index of this process; also says how the city addresses people.
    """

    def __init__(self, work: Work, index: ProductIndex) -> None:
        self._work = work
        self._index = index

    async def get(self, product_id: UUID, language: Language = "nl", form: Form | None = None) -> ProductView:
        """One product, also a withdrawn one, with the fields this person may see.

        Args:
            product_id: which product.
            language: falls back to Dutch per text.
            form: how people are addressed; without it as the city does.

        Raises:
            ProblemError: 404, also for a product that the city does not publish and this is not staff.
        """
        row = await self.row(product_id)
        view = self._work.access.project("product", self.view(row, language, form))
        if not (row["published"] or view.published is False):
            raise not_found("product")
        return await self.with_department(view)

    async def these(self, product_ids: Collection[UUID], language: Language = "nl") -> list[ProductView]:
        """Products in the order asked, as far as this person sees their fields; unknown ones are left out."""
        rows = await self._work.uow.fetch(_THESE, list(product_ids)) if product_ids else []
        views = {row["id"]: self._work.access.project("product", self.view(row, language)) for row in rows}
        self._work.trail.record("product", [one for one in product_ids if one in views])
        return [views[one] for one in product_ids if one in views]

    async def names(self, product_ids: Collection[UUID], language: Language = "nl") -> dict[UUID, str]:
        """What products are called, withdrawn ones too; those without a name are left out."""
        rows = await self._work.uow.fetch(_CALLED, list(product_ids)) if product_ids else []
        named = {row["id"]: pick(row["name"] or {}, self._index.form, language) for row in rows}
        return {one: name for one, name in named.items() if name}

    def name(self, texts: Mapping[str, Any], language: str = "nl") -> str | None:
        """What a product is called, from its texts; as the city addresses people."""
        return pick(texts, self._index.form, language)

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
        """The texts that go into a mail, also those of a product that is not published any more; 404.

        Args:
            product_id: which product.
            language: ISO 639-1; falls back to Dutch per text.
            known: data for the transaction link by placeholder (`rules.PLACEHOLDERS`); what is not known is left out.
        """
        row = await self.row(product_id)
        shown = display(_facts(row), self._index.form, language)
        return ProductMail(
            id=product_id,
            name=shown.name,
            description_text=shown.description_text,
            description_html=shown.description,
            first_line_information=row["first_line_information"],
            help_sheets=[HelpSheetView(**one) for one in row["help_sheets"] or ()],
            transaction_url=_link(row, known or {}),
        )

    async def fill(self, product_id: UUID, data: KnownData) -> TransactionLinkView:
        """The link to the product's application with what is known filled in; 404 when there is none.

        What was filled in is neither kept nor logged; that it was, and which fields, is.
        """
        row = await self.row(product_id)
        if not row["published"] and self._work.access.project("product", self.view(row)).published is not False:
            raise not_found("product")
        known: dict[str, str] = {name: text.strip() for name, text in msgspec.to_builtins(data).items()}
        whole = " ".join(filter(None, (known.get("givenName"), known.get("familyName"))))
        url = _link(row, ({"name": whole} if whole else {}) | known)
        if url is None:
            raise not_found("transaction link")
        self._work.trail.record("product", [product_id], fields=sorted(known))
        return TransactionLinkView(url=url)

    async def row(self, product_id: UUID) -> Mapping[str, Any]:
        """A product and the city's own fields as they are stored; 404."""
        row: Mapping[str, Any] | None = await self._work.uow.fetchrow(_PRODUCT, product_id)
        if row is None:
            raise not_found("product")
        return row

    async def with_department(self, view: ProductView) -> ProductView:
        """The view with how to reach the responsible department, when this person may see which one it is."""
        if not isinstance(view.department_id, UUID):
            return view
        found = await DepartmentService(self._work).get(view.department_id)
        names = ResponsibleDepartment.__struct_fields__
        department = ResponsibleDepartment(**{name: getattr(found, name) for name in names})
        return self._work.access.project("product", msgspec.structs.replace(view, department=department))

    def view(self, row: Mapping[str, Any], language: Language = "nl", form: Form | None = None) -> ProductView:
        """A stored product as it is shown, with every field: what somebody may not see is still in it."""
        form, facts = form or self._index.form, _facts(row)
        given: dict[str, Any] = {name: row[name] for name in CITY if row[name] is not None}
        given["faq"] = [FaqView(**one) for one in row["faq"] or ()]
        given["help_sheets"] = [HelpSheetView(**one) for one in row["help_sheets"] or ()]
        given["contact_form_questions"] = [FormQuestionView(**one) for one in row["contact_form_questions"] or ()]
        languages = text_languages(facts, form, language) | {API_NAMES[name]: ("nl",) for name in _DUTCH if row[name]}
        return ProductView(
            **msgspec.structs.asdict(display(facts, form, language)),
            **given,
            **{name: row[name] for name in ("id", "source", "external_id", "product_number", "concept_number")},
            **{name: row[name] for name in ("status", "generated_at", "imported_at", "version")},
            **{name: getattr(facts, name) for name in ("type", "themes", "audiences", "keywords")},
            valid_from=facts.valid_from,
            valid_to=facts.valid_to,
            language=language,
            form=form,
            text_languages=languages,
            untranslated=tuple(field for field, found in languages.items() if found != (language,)),
        )


def _facts(row: Mapping[str, Any]) -> ProductFacts:
    return msgspec.json.decode(row["facts"], type=ProductFacts)


def _link(row: Mapping[str, Any], known: Mapping[str, str]) -> str | None:
    template: str | None = row["transaction_url"]
    number = {"productNumber": row["product_number"] or ""}
    return transaction_link(template, number | dict(known)) if template else None
