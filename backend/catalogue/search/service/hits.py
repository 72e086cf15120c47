"""A product as a hit: title and snippet in the language asked for, with what matched marked."""

from collections.abc import Sequence
from html import escape
from uuid import UUID

import msgspec

from backend.catalogue.index.service import Entry
from backend.catalogue.products.schemas import Language
from backend.catalogue.rules import Form, Text
from backend.catalogue.rules.snippets import Meanings, in_language, mark, snippet
from backend.catalogue.search.schemas import FoundQuestion, ProductHit
from backend.kit.db import UnitOfWork
from backend.kit.html import to_text
from backend.kit.search import Hit

_TEXTS = "SELECT id, facts -> 'name' AS name, facts -> 'description' AS description FROM product WHERE id = ANY($1)"


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """The plain texts of a product in a language other than Dutch, as far as it has them."""

    title: str | None
    description: str | None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A product on the page, and the language it is wanted in."""

    entry: Entry
    language: Language = "nl"
    text: Translation | None = None


async def translations(
    uow: UnitOfWork, products: Sequence[UUID], form: Form, language: Language
) -> dict[UUID, Translation]:
    """What these products are called and how they are described in a language, by id."""

    def text(one: Text | None) -> str | None:
        return in_language(one or {}, form, language)

    return {
        row["id"]: Translation(
            title=text(row["name"]), description=to_text(html) if (html := text(row["description"])) else None
        )
        for row in await uow.fetch(_TEXTS, list(products))
    }


def listed(shown: Shown) -> ProductHit:
    """A product of the list by title: nothing was typed, so nothing is marked."""
    return found(shown, Hit(id=shown.entry.document.id, score=0.0, matched=[], highlights={}), {})


def found(shown: Shown, hit: Hit, asked: Meanings) -> ProductHit:
    """A product that answers what was typed."""
    entry, language, text = shown.entry, shown.language, shown.text
    title = text.title if text and text.title else ""
    description = text.description if text and text.description else ""
    own = entry.document.body.get("description", "")
    best = snippet(entry.passages, entry.title, own, asked, hit.highlights) if asked else None
    html = mark(description, asked) if description else best.html if best else entry.teaser
    field = best.field if best and not description else "description"
    faq = best.faq if best else None
    highlights = {"title": hit.highlights.get("title", escape(entry.document.title))} if hit.highlights else {}
    if highlights and title:
        highlights["title"] = mark(title, asked, whole=True)
    if highlights and (best or description):
        highlights[field] = html
    return ProductHit(
        id=entry.id,
        product_number=entry.product_number,
        title=title or entry.document.title,
        language=language if title else "nl",
        snippet=html,
        snippet_field=field,
        snippet_language=language if description else "nl",
        faq=FoundQuestion(place=faq.place, question=faq.question) if faq else None,
        highlights=highlights,
        department_id=entry.department_id,
        has_help_sheets=entry.has_help_sheets,
        has_transaction=entry.has_transaction,
        matched=hit.matched,
        score=hit.score,
    )
