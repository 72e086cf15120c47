"""Asks the server: one request per search, half a second, no second try, with a key that can only search."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec

from backend.kit.search.meilisearch.answer import Answer, read
from backend.kit.search.meilisearch.faults import Away, Fault, Malformed, Refused

SECONDS = 0.5
PATH = "/multi-search"
_CONNECTIONS = 20
_OK = 200
_MOST_BYTES = 5_000_000


class _Error(msgspec.Struct, frozen=True):
    code: str = ""


class SearchClient:
    """Searches with a pool of connections; belongs to one event loop.

    Args:
        url: of the server.
        key: search-only; empty for a server without keys.
        seconds: what a whole search may take.
    """

    def __init__(self, url: str, key: str, *, seconds: float = SECONDS) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._seconds = seconds
        self._http: httpx.AsyncClient | None = None

    async def search(self, body: Mapping[str, Any]) -> Answer:
        """The answer to a federated search.

        Raises:
            Fault: there is none, in time.
        """
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._open().post(PATH, content=msgspec.json.encode(body))
        except Exception as error:
            raise fault_of(error) from error
        return answer_of(response)

    def _open(self) -> httpx.AsyncClient:
        if self._http is None:
            limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
            self._http = httpx.AsyncClient(
                base_url=self._url, headers=headers(self._key), timeout=self._seconds, limits=limits, trust_env=False
            )
        return self._http

    async def close(self) -> None:
        """Give the connections back."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()


def headers(key: str) -> dict[str, str]:
    """What goes with every request."""
    return {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})


def fault_of(error: Exception) -> Exception:
    """The fault behind an error while asking; an error that is none stays itself."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return Away("timeout")
    if isinstance(error, httpx.HTTPError | httpx.InvalidURL | OSError):
        return Away("connection", type(error).__name__)
    return error


def answer_of(response: httpx.Response) -> Answer:
    """The answer in a response.

    Raises:
        Fault: the server refused, or sent no answer.
    """
    if response.status_code == _OK:
        if len(response.content) > _MOST_BYTES:
            raise Malformed("too long")
        return read(response.content)
    raise _refusal(response)


def _refusal(response: httpx.Response) -> Fault:
    try:
        code = msgspec.json.decode(response.content, type=_Error).code
    except (msgspec.DecodeError, ValueError):
        code = ""
    return Refused(f"http_{response.status_code}", code[:80], status=response.status_code)
