"""A product as a hit: title and snippet in the language asked for, with what matched marked."""

from html import escape

import msgspec

from backend.catalogue.index.service import Entry
from backend.catalogue.products.schemas import Language
from backend.catalogue.rules.snippets import Meanings, mark, snippet
from backend.catalogue.search.schemas import FoundQuestion, ProductHit
from backend.catalogue.search.service.translations import Translation
from backend.kit.search import Hit


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A product on the page, and the language it is wanted in."""

    entry: Entry
    language: Language = "nl"
    text: Translation | None = None


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
