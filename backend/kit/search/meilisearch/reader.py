"""Searches on a server with the words of an embedded engine: what goes out, and what a person sees of what comes back.

The embedded engine of the same documents understands the query and explains the hits, so both answer alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backend.kit.search.dutch import typed_words
from backend.kit.search.engine import Engine
from backend.kit.search.highlight import Explainer
from backend.kit.search.meilisearch.answer import Answer
from backend.kit.search.meilisearch.ask import request
from backend.kit.search.meilisearch.contents import Contents, Signatures, contents_of, key_of
from backend.kit.search.meilisearch.index_settings import index_settings, synonym_settings, version_of
from backend.kit.search.meilisearch.rewrite import rewritten
from backend.kit.search.port import Document, SearchResult
from backend.kit.search.synonyms import essential
from backend.kit.search.understand import Understood


class Reader:
    """Knows one collection of documents; immutable, safe to share.

    Args:
        engine: the embedded engine of these documents.
        documents: what it holds.
        synonyms: the groups that it was built with.
        facets: the names of their facets.
        signatures: remembers digests from one collection to the next.
    """

    def __init__(
        self,
        engine: Engine,
        documents: Sequence[Document],
        synonyms: Iterable[Sequence[str]],
        facets: Sequence[str],
        signatures: Signatures | None = None,
    ) -> None:
        self._index = engine.index
        self._understanding = engine.understanding
        self._phrases = [[essential(typed_words(text)) for text in group] for group in synonyms]
        self._synonyms = frozenset(
            engine.index.stem(one[0]) for group in self._phrases for one in group if len(one) == 1
        )
        self._documents = documents
        self._facets = tuple(facets)
        self._by_key = {key_of(document.id): document for document in documents}
        self._settings = index_settings(facets)
        self.version = version_of(self._settings)
        """Hash of the settings without the synonyms: another one asks for a new index."""
        self.signature = (signatures or Signatures()).of(documents, self._phrases, self.version)
        """What an index must say of itself to answer for these documents."""

    @property
    def size(self) -> int:
        """How many documents there are."""
        return len(self._by_key)

    def settings(self) -> dict[str, Any]:
        """The settings of the index, with the synonyms."""
        return {**self._settings, "synonyms": synonym_settings(self._phrases)}

    def contents(self) -> Contents:
        """The documents of the index (about 1 ms each)."""
        return contents_of(self._documents, self._index)

    def ask(
        self,
        uid: str,
        query: str,
        *,
        limit: int,
        filters: Mapping[str, Sequence[str]] | None = None,
        hide: frozenset[str] = frozenset(),
    ) -> tuple[Understood, dict[str, Any]]:
        """The query as understood, and the body of the request for index `uid`."""
        understood = self._understanding.understand(query)
        open_end = bool(query) and not query[-1].isspace()
        queries = rewritten(understood, self._index, open_end=open_end, synonyms=self._synonyms)
        body = request(uid, queries, limit=limit, filters=filters or {}, hide=hide, facets=self._facets)
        return understood, body

    def result(self, understood: Understood, answer: Answer, limit: int) -> SearchResult:
        """What a person sees: hits that these documents do not have are left out."""
        explainer = Explainer(understood, self._index)
        found = [(self._by_key[hit.id], hit) for hit in answer.hits if hit.id in self._by_key]
        return SearchResult(
            hits=[explainer.explain(one, hit.federation.weighted_ranking_score) for one, hit in found[:limit]],
            total=answer.total,
            facets={name: counts for name, counts in answer.facets.items() if counts},
            suggestion=understood.suggestion,
        )
