"""Chooses the engine that answers a search: Meilisearch when there is one that is well and up to date.

The embedded engine is always there and answers whenever Meilisearch does not, so a search never fails for want of an
engine. Meilisearch answers only for the very catalogue it was filled from: the index says what it was made of, and
while that is not what this process would show (something changed a moment ago), the embedded engine answers.
"""

import asyncio
from collections.abc import Mapping, Sequence
from time import monotonic

import structlog
from prometheus_client import Counter, Gauge

from backend.catalogue.engines.rules import FACETS, index_name
from backend.catalogue.index.service import Shelf
from backend.kit.breaker import Breaker
from backend.kit.search import SearchResult
from backend.kit.search.meilisearch.answer import Answer
from backend.kit.search.meilisearch.ask import request
from backend.kit.search.meilisearch.client import SECONDS, SearchClient
from backend.kit.search.meilisearch.contents import Signatures
from backend.kit.search.meilisearch.faults import Fault
from backend.kit.search.meilisearch.index_settings import MOST_HITS
from backend.kit.search.meilisearch.reader import Reader

LAG_SECONDS = 1.0
"""How long Meilisearch is not asked after it turned out to be behind."""

LAG_WORRIES = 120.0
"""From then on health tells: the worker should have caught up long before."""

ANSWERS = Counter("onthaal_search_answers_total", "Searches by the engine that answered and why", ["engine", "why"])
FALLBACK = Gauge("onthaal_search_fallback", "1 while Meilisearch is left alone", multiprocess_mode="livemax")

log = structlog.get_logger("search")


class Engines:
    """The engines of one process.

    Args:
        url: of Meilisearch; empty when the city has none.
        key: that can search, and nothing else; empty for a server without keys.
        prefix: before the name of the index.
        seconds: what Meilisearch may take for a search.
        breaker: when Meilisearch is left alone.
    """

    def __init__(
        self,
        url: str = "",
        key: str = "",
        prefix: str = "",
        *,
        seconds: float = SECONDS,
        breaker: Breaker | None = None,
    ) -> None:
        self._client = SearchClient(url, key, seconds=seconds) if url else None
        self._uid = index_name(prefix)
        self._breaker = breaker or Breaker()
        self._signatures = Signatures()
        self._held: tuple[Shelf, Reader] | None = None
        self._lock = asyncio.Lock()
        self._behind_since: float | None = None
        self._asked_behind = 0.0
        self._fault = ""

    @property
    def remote(self) -> bool:
        """Whether the city has a Meilisearch."""
        return self._client is not None

    async def search(
        self, shelf: Shelf, query: str, *, limit: int, filters: Mapping[str, Sequence[str]]
    ) -> SearchResult:
        """The best products for what somebody typed; hit ids are keys of `shelf.entries`."""
        if self._client is None:
            why = "only"
        elif limit >= MOST_HITS:
            why = "limit"
        else:
            found, why = await self._ask(self._client, shelf, query, limit, filters)
            if found is not None:
                ANSWERS.labels("meilisearch", "").inc()
                return found
        ANSWERS.labels("embedded", why).inc()
        return shelf.search(query, limit=limit, filters=filters)

    async def _ask(
        self, client: SearchClient, shelf: Shelf, query: str, limit: int, filters: Mapping[str, Sequence[str]]
    ) -> tuple[SearchResult | None, str]:
        """The answer of Meilisearch, or none and why."""
        if self._behind_since is not None and monotonic() - self._asked_behind < LAG_SECONDS:
            return None, "behind"
        if not self._breaker.allows():
            return None, "open"
        try:
            reader = await self._reader(shelf)
            understood, body = reader.ask(self._uid, query, limit=limit, filters=filters)
            answer = await client.search(body)
            result = reader.result(understood, answer, limit)
        except Exception as error:  # noqa: BLE001 whatever it is, the other engine answers
            return None, self._failed(error)
        except BaseException:  # cancelled: who asked is gone
            self._breaker.dropped()
            raise
        self._succeeded()
        if self._is_behind(answer, reader):
            return None, "behind"
        return result, ""

    async def _reader(self, shelf: Shelf) -> Reader:
        """How to ask for what is on this shelf; made once per shelf (0.1 s at 5 000 products, in a thread)."""
        if self._held is None or self._held[0] is not shelf:
            async with self._lock:
                if self._held is None or self._held[0] is not shelf:
                    self._held = shelf, await asyncio.to_thread(reader_of, shelf, self._signatures)
        return self._held[1]

    def _failed(self, error: Exception) -> str:
        code = self._fault = error.code if isinstance(error, Fault) else "internal"
        if self._breaker.failed(code):
            FALLBACK.set(1)
            log.warning("search_engine_left_alone", engine="meilisearch", reason=code, error=str(error)[:200])
        return code

    def _succeeded(self) -> None:
        self._fault = ""
        if self._breaker.succeeded():
            FALLBACK.set(0)
            log.info("search_engine_back", engine="meilisearch")

    def _is_behind(self, answer: Answer, reader: Reader) -> bool:
        if answer.signature == reader.signature:
            self._behind_since = None
            return False
        self._asked_behind = monotonic()
        if self._behind_since is None:
            self._behind_since = self._asked_behind
        return True

    async def ready(self) -> bool:
        """Whether Meilisearch answers searches: asked with our own key, unless it is left alone."""
        if self._client is None:
            return True
        if not self._breaker.allows():
            return False
        try:
            answer = await self._client.search(request(self._uid, (), limit=0, filters={}))
        except Exception as error:  # noqa: BLE001 any failure means: it does not answer
            self._failed(error)
            return False
        except BaseException:
            self._breaker.dropped()
            raise
        self._succeeded()
        if self._held is not None:
            self._is_behind(answer, self._held[1])
        return not self.reason()

    def reason(self) -> str:
        """Why the embedded engine answers in its place; empty when it does not."""
        if self._fault:
            return f"not answering ({self._fault}): the embedded engine answers"
        if self._behind_since is not None and monotonic() - self._behind_since > LAG_WORRIES:
            return "behind the catalogue: the embedded engine answers"
        return ""

    async def close(self) -> None:
        """Give the connections back."""
        if self._client is not None:
            await self._client.close()


def reader_of(shelf: Shelf, signatures: Signatures) -> Reader:
    """How to ask Meilisearch for what is on this shelf, and how to fill it."""
    documents = [entry.document for entry in shelf.entries.values()]
    return Reader(shelf.engine, documents, shelf.synonyms, FACETS, signatures)
