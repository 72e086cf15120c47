"""JSON shapes of what is found."""

from uuid import UUID

from backend.kit.schema import Page, View
from backend.kit.search import Matched


class ProductHit(View, kw_only=True):
    """A product that was found.

    Attributes:
        snippet: safe HTML with `<mark>` around what matched, or the beginning of the description.
        highlights: safe HTML of the title and the best text, by field.
        matched: which typed word is answered by which word of the product, and how.
    """

    id: UUID
    product_number: str | None = None
    title: str
    snippet: str = ""
    highlights: dict[str, str] = {}
    department_id: UUID | None = None
    has_help_sheets: bool
    has_transaction: bool
    matched: list[Matched] = []
    score: float = 0.0


class ProductFacets(View):
    """How many of the found products have which code (department: which id)."""

    theme: dict[str, int] = {}
    audience: dict[str, int] = {}
    type: dict[str, int] = {}
    department_id: dict[str, int] = {}


class ProductHitPage(Page):
    """Found products, best first, or all by title when nothing was asked; `suggestion` is "did you mean"."""

    items: list[ProductHit]
    total: int
    facets: ProductFacets
    suggestion: str | None = None
