"""A search engine on a server for a moment: a benchmark or a look at the effect of something."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Self
from uuid import uuid4

import httpx
import msgspec

from backend.kit.search.engine import Engine, Settings
from backend.kit.search.meilisearch.administration import Administration
from backend.kit.search.meilisearch.client import PATH, answer_of, fault_of, headers
from backend.kit.search.meilisearch.reader import Reader
from backend.kit.search.meilisearch.upkeep import rebuild
from backend.kit.search.port import Document, SearchResult

KEYS = ("MEILISEARCH_ADMIN_KEY", "MEILI_MASTER_KEY", "MEILISEARCH_MASTER_KEY", "MEILISEARCH_API_KEY", "MEILISEARCH_KEY")
"""Variables that may hold a key that administers, the surest first."""

BUILD_SECONDS = 600.0
SEARCH_SECONDS = 10.0


def administration_key(environment: Mapping[str, str]) -> str:
    """The key for a server named by MEILISEARCH_URL; empty for one without keys."""
    return next((key for name in KEYS if (key := environment.get(name, ""))), "")


class TemporaryIndex:
    """Documents in an index of their own, removed at the end; waits for every answer and has no engine behind it.

    Use it as a context manager, or call `close()`.

    Args:
        url: of the server.
        key: that may administer; empty for a server without keys.
        documents: what can be found.
        synonyms: groups of phrases that mean the same.
        settings: of the embedded engine that understands the queries.
        facets: names of facets to filter on and to count; default: every facet that a document has.

    Raises:
        Fault: the index could not be made.
    """

    def __init__(
        self,
        url: str,
        key: str,
        documents: Iterable[Document],
        synonyms: Iterable[Sequence[str]] = (),
        settings: Settings | None = None,
        facets: Sequence[str] | None = None,
    ) -> None:
        held = tuple(documents)
        names = sorted({name for document in held for name in document.facets}) if facets is None else facets
        groups = tuple(synonyms)
        self._reader = Reader(Engine.build(held, groups, settings), held, groups, names)
        self._admin = Administration(url, key, seconds=BUILD_SECONDS)
        self._uid = f"temporary_{uuid4().hex[:12]}"
        rebuild(self._admin, self._uid, self._reader)
        self._http = httpx.Client(
            base_url=url.rstrip("/"), headers=headers(key), timeout=SEARCH_SECONDS, trust_env=False
        )

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        filters: Mapping[str, Sequence[str]] | None = None,
        hide: frozenset[str] = frozenset(),
    ) -> SearchResult:
        """The best documents for what somebody typed.

        Raises:
            Fault: the server did not answer.
        """
        understood, body = self._reader.ask(self._uid, query, limit=limit, filters=filters, hide=hide)
        try:
            response = self._http.post(PATH, content=msgspec.json.encode(body))
        except httpx.HTTPError as error:
            raise fault_of(error) from error
        return self._reader.result(understood, answer_of(response), limit)

    def close(self) -> None:
        """Remove the index."""
        self._http.close()
        self._admin.delete(self._uid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
