"""JSON shapes of what is found, and of what was searched for."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from backend.catalogue.products.schemas import Language
from backend.kit.paging import PageRequest
from backend.kit.schema import Page, View
from backend.kit.search import Matched

Audience = Literal["staff", "citizen"]
"""Who searched: somebody of the city, or a citizen through one of the channels."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for.

    Attributes:
        query: as typed; a space at the end says that the last word is complete.
        filters: the codes by facet (`theme`, `audience`, `type`, `department_id`, `has_help_sheets`,
            `has_transaction`) of which one must match.
        language: of titles and snippets, where they exist in it.
        typing: whether the person is still typing; such a search is not kept for the improvement list.
    """

    query: str = ""
    filters: Mapping[str, Sequence[str]] = {}
    language: Language = "nl"
    typing: bool = False
    page: PageRequest = PageRequest()


class FoundQuestion(View):
    """The question of the FAQ that answers; `place` in the FAQ of the product, from 0."""

    place: int
    question: Annotated[str, Meta(examples=["Hoe lang is mijn reispas geldig?"])]


class ProductHit(View, kw_only=True):
    """A product that was found.

    Attributes:
        title: plain text, in `language`.
        language: of the title; Dutch when the product has no title in the language asked for.
        snippet: safe HTML with `<mark>` around what matched, or the beginning of the description.
        snippet_field: the field the snippet is from: the FAQ and the first-line information go first.
        snippet_language: of the snippet; what the city itself writes is Dutch.
        faq: when the snippet is a question of the FAQ, which one.
        highlights: safe HTML of the title and of the field of the snippet, by field.
        matched: because: which typed word is answered by which word of the product, and how.
    """

    id: UUID
    product_number: str | None = None
    title: str
    language: Language
    snippet: str
    snippet_field: Annotated[str, Meta(examples=["faq", "firstLineInformation", "description"])]
    snippet_language: Language
    faq: FoundQuestion | None = None
    highlights: dict[str, str] = {}
    department_id: UUID | None = None
    has_help_sheets: bool
    has_transaction: bool
    matched: list[Matched] = []
    score: float = 0.0


class ProductFacets(View):
    """How many products have which code (department: which id); a chosen facet is counted as if it were not chosen."""

    theme: dict[str, int] = {}
    audience: dict[str, int] = {}
    type: dict[str, int] = {}
    department_id: dict[str, int] = {}
    has_help_sheets: dict[str, int] = {}
    has_transaction: dict[str, int] = {}


class ProductHitPage(Page):
    """Found products, best first, or all by title when nothing was asked.

    Attributes:
        total: on all pages together.
        suggestion: "did you mean": the query with its typing errors repaired.
        offer_contact_form: nothing was found: offer to ask the question to a person; not yet for one or two letters
            that are still being typed.
    """

    items: list[ProductHit]
    total: int
    facets: ProductFacets
    suggestion: str | None = None
    offer_contact_form: bool = False


class SearchTerm(View):
    """What was searched for, without anything personal.

    Attributes:
        terms: the words, without stop words.
        last_day: when it was last searched for.
        median_results: how many products it usually finds.
        unknown_words: those that no product and no synonym has today: what a synonym could repair.
    """

    terms: Annotated[str, Meta(examples=["laadpaal subsidie"])]
    times: int
    last_day: date
    median_results: int
    unknown_words: list[str] = []


class SearchTermPage(Page):
    """Terms, the most frequent first.

    Attributes:
        searches: how many searches the period had, those with terms that are not shown included.
        without_results: how many of them found nothing.
    """

    items: list[SearchTerm]
    searches: int
    without_results: int
