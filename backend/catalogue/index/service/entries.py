"""A product as the search index holds it: made from a row, kept until the row changes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.catalogue.rules import Form, ProductFacts, display, search_keywords, search_texts
from backend.catalogue.rules.snippets import Passage, passages, stems_of, teaser
from backend.kit.db import Row
from backend.kit.search import Document
from backend.kit.text import fold


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A product as the index holds it.

    Attributes:
        order: its place in a list by title: the beginning of the folded title, then the id.
        teaser: the beginning of the description, as safe HTML.
        title: the stems of its title.
        passages: the city's texts that may be the answer itself.
        visible: from when until when the service is offered.
    """

    id: UUID
    version: int
    order: tuple[str, str]
    product_number: str | None
    department_id: UUID | None
    has_help_sheets: bool
    has_transaction: bool
    teaser: str
    title: frozenset[str]
    passages: tuple[Passage, ...]
    visible: tuple[datetime | None, datetime | None]
    document: Document

    def lacks(self, filters: Mapping[str, Sequence[str]]) -> list[str]:
        """The facets of which it has none of the wanted codes."""
        facets = self.document.facets
        return [name for name, codes in filters.items() if not any(code in facets.get(name, ()) for code in codes)]


def entry_of(row: Row, form: Form) -> Entry:
    """The product of a row of the index's query."""
    facts = msgspec.json.decode(row["facts"], type=ProductFacts)
    shown = display(facts, form)
    texts = search_texts(shown)
    faq = "\n".join(f"{one['question']}\n{one['answer']}" for one in row["faq"] or ())
    more = {"firstLineInformation": row["first_line_information"] or "", "faq": faq}
    department: UUID | None = row["department_id"]
    identity = str(row["id"])
    return Entry(
        id=row["id"],
        version=row["version"],
        order=(fold(shown.name)[:200], identity),
        product_number=row["product_number"],
        department_id=department,
        has_help_sheets=row["has_help_sheets"],
        has_transaction=row["has_transaction"],
        teaser=teaser(shown.description_text),
        title=stems_of(shown.name),
        passages=passages(row["first_line_information"], row["faq"] or ()),
        visible=(facts.valid_from, facts.valid_to),
        document=Document(
            id=identity,
            title=shown.name,
            # who knows the number of a product types it instead of a name
            keywords=(*search_keywords(facts, form), *filter(None, (row["product_number"],))),
            body=texts | {name: text for name, text in more.items() if text},
            facets={
                "theme": facts.themes,
                "audience": facts.audiences,
                "type": (facts.type,) if facts.type else (),
                "department_id": (str(department),) if department else (),
                "has_help_sheets": (str(row["has_help_sheets"]).lower(),),
                "has_transaction": (str(row["has_transaction"]).lower(),),
            },
        ),
    )
