"""The settings of an index, as code: who changes them here gets a rebuilt index, who changes them there loses them."""

from collections.abc import Sequence
from typing import Any

from backend.kit.search.dutch import stem
from backend.kit.search.meilisearch.contents import OWN, TERMS, TEXTS, settings_hash
from backend.kit.search.stop_words import STOP_WORDS
from backend.kit.search.synonyms import Phrase

VERSION = 1
"""Raise it when the way documents are made changes (`contents.py`): settings alone do not show that."""

MOST_HITS = 1000
MOST_FACET_VALUES = 1000
LOCALES = ("nld", "fra", "eng")
CUTOFF_MS = 500
"""A search that takes longer gives what it has; by then nobody waits for it any more."""

_LONGEST_KEY = 3
"""The server looks up at most three words of a query together."""


def index_settings(facets: Sequence[str]) -> dict[str, Any]:
    """Everything but the synonyms.

    Args:
        facets: names of the facets that documents have.

    Raises:
        ValueError: a facet with the name of another attribute.
    """
    if clash := OWN.intersection(facets):
        raise ValueError(f"names of attributes cannot be facets: {sorted(clash)}")
    return {
        # what we made of the words comes first; the texts as they are written serve what we did not understand
        "searchableAttributes": [*TERMS, *TEXTS],
        "displayedAttributes": ["id", "signature"],
        "filterableAttributes": [
            {
                "attributePatterns": [*facets, "flags", "id"],
                "features": {"facetSearch": False, "filter": {"equality": True, "comparison": False}},
            }
        ],
        "sortableAttributes": ["title"],
        # where a word stands says more than how near it is to the others: products have short titles, long texts
        "rankingRules": ["words", "typo", "attributeRank", "proximity", "sort", "wordPosition", "exactness"],
        "stopWords": sorted(STOP_WORDS),
        # Words are repaired before they are sent. Not by attribute or for numbers only: that also took away the
        # completion of the last word (meilisearch/meilisearch issue 6403).
        "typoTolerance": {
            "enabled": False,
            "minWordSizeForTypos": {"oneTypo": 5, "twoTypos": 9},
            "disableOnWords": [],
            "disableOnAttributes": [],
            "disableOnNumbers": False,
        },
        "localizedAttributes": [{"attributePatterns": ["*"], "locales": list(LOCALES)}],
        "nonSeparatorTokens": [],
        "separatorTokens": [],
        "dictionary": [],
        "proximityPrecision": "byWord",
        "prefixSearch": "indexingTime",
        "facetSearch": False,
        "faceting": {"maxValuesPerFacet": MOST_FACET_VALUES, "sortFacetValuesBy": {"*": "count"}},
        "pagination": {"maxTotalHits": MOST_HITS},
        "searchCutoffMs": CUTOFF_MS,
    }


def synonym_settings(groups: Sequence[Sequence[Phrase]]) -> dict[str, list[str]]:
    """Stems of a phrase -> the stems of the others of its groups; longer phrases than the server looks up are left out.

    A search for one of several words still finds the others: the rewritten queries hold them.
    """
    found: dict[str, dict[str, None]] = {}
    for group in groups:
        stemmed = {phrase: " ".join(stem(word) for word in phrase) for phrase in group}
        for phrase, key in stemmed.items():
            if key and len(phrase) <= _LONGEST_KEY:
                others = found.setdefault(key, {})
                others.update(dict.fromkeys(other for other in stemmed.values() if other and other != key))
    return {key: sorted(others) for key, others in sorted(found.items()) if others}


def version_of(settings: dict[str, Any]) -> str:
    """Hash of settings and of the way documents are made: another one means that an index must be built anew."""
    return settings_hash({"version": VERSION, **settings})
