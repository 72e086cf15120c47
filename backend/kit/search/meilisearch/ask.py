"""The one request of a search: rewritten queries in a federation, with the document that says what the index holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.kit.search.meilisearch.contents import META, META_WORD, TERMS
from backend.kit.search.meilisearch.filters import And, Eq, Filter, In, Not, written
from backend.kit.search.meilisearch.index_settings import LOCALES, MOST_FACET_VALUES
from backend.kit.search.meilisearch.rewrite import Plain

META_WEIGHT = 100.0
"""Puts the document about the index in front of every hit, whatever their scores."""


def request(
    uid: str,
    queries: Sequence[Plain],
    *,
    limit: int,
    filters: Mapping[str, Sequence[str]],
    hide: frozenset[str] = frozenset(),
    facets: Sequence[str] = (),
) -> dict[str, Any]:
    """The body of `POST /multi-search`.

    Args:
        uid: the index.
        queries: what to look for; none asks only what the index holds.
        limit: hits, at most.
        filters: per facet, one of the values must match.
        hide: documents with one of these flags do not exist.
        facets: which to count.
    """
    wanted = _wanted(filters, hide)
    asked = [_query(uid, one, wanted) for one in queries]
    return {
        "federation": {
            "limit": limit + 1,
            "offset": 0,
            "facetsByIndex": {uid: list(facets)},
            "mergeFacets": {"maxValuesPerFacet": MOST_FACET_VALUES},
        },
        "queries": [_about(uid), *asked],
    }


def _wanted(filters: Mapping[str, Sequence[str]], hide: frozenset[str]) -> str | None:
    every: list[Filter] = [In(facet, tuple(values)) for facet, values in filters.items() if values]
    if hide:
        every.append(Not(In("flags", tuple(sorted(hide)))))
    return written(And(tuple(every))) if every else None


def _about(uid: str) -> dict[str, Any]:
    return {
        "indexUid": uid,
        "q": f"{META_WORD} ",
        "attributesToSearchOn": [TERMS[0]],
        "filter": written(Eq("id", META)),
        "attributesToRetrieve": ["id", "signature"],
        "federationOptions": {"weight": META_WEIGHT},
    }


def _query(uid: str, plain: Plain, wanted: str | None) -> dict[str, Any]:
    query: dict[str, Any] = {
        "indexUid": uid,
        # a space at the end keeps the server from completing the last word
        "q": " ".join(plain.words) + ("" if plain.open_end else " "),
        "attributesToSearchOn": list(plain.attributes),
        "attributesToRetrieve": ["id"],
        "matchingStrategy": "frequency",
        "locales": list(LOCALES),
        "federationOptions": {"weight": round(plain.weight, 4)},
    }
    if wanted is not None:
        query["filter"] = wanted
    return query
