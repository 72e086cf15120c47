"""What goes into a search engine and what comes out: shared by every engine, so that they can be swapped."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec

Kind = Literal["exact", "stem", "prefix", "typo", "part", "synonym"]
"""Why a word matched: as typed, another form, still being typed, misspelt, part of a compound, or a synonym."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be found.

    `keywords` are words the editors gave it, `body` its other plain texts by field name, `facets` the codes
    to filter on and to count, `flags` marks that a search can ask to hide (for instance what is internal).
    """

    id: str
    title: str
    keywords: tuple[str, ...] = ()
    body: dict[str, str] = {}
    facets: dict[str, tuple[str, ...]] = {}
    flags: frozenset[str] = frozenset()


class Matched(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a hit is there: what the person typed and the word of the document that answers it."""

    kind: Kind
    typed: str
    found: str


class Hit(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One result; `highlights` are escaped HTML with `<mark>` around what matched, by field name."""

    id: str
    score: float
    matched: list[Matched]
    highlights: dict[str, str]


class SearchResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The best hits, how many there are in all, the facet counts over all of them, and "did you mean"."""

    hits: list[Hit]
    total: int
    facets: dict[str, dict[str, int]]
    suggestion: str | None = None


class SearchPort(Protocol):
    """What every engine can do."""

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        filters: Mapping[str, Sequence[str]] | None = None,
        hide: frozenset[str] = frozenset(),
    ) -> SearchResult:
        """Find the best documents for what somebody typed."""
        ...
