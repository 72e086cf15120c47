"""How a call reaches the core: over HTTP, or as ASGI inside this process. Neither ever repeats a call by itself."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import unquote

import httpx
import msgspec

Headers = list[tuple[str, str]]
Asgi = Callable[[Any, Any, Any], Any]


class CoreAway(Exception):
    """The core did not answer: it cannot be reached, or took too long. Whether it acted is not known."""


MOST, MOST_WAITING = 200, 2_000
"""Connections; those that wait for something to happen are apart, so that they leave the others room."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A request to the core; `path` with its query, already encoded; `waits`: for something to happen."""

    method: str
    path: str
    headers: Headers
    body: bytes = b""
    waits: bool = False


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What the core answered; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Transport(Protocol):
    """Sends a request to the core."""

    async def send(self, request: Sent) -> Received:
        """The answer; raises CoreAway."""

    async def close(self) -> None:
        """Let go of connections."""


class HttpTransport:
    """Over HTTP, for channels in processes of their own.

    Args:
        url: address of the core API.
        seconds: a call takes at most this long.
    """

    def __init__(self, url: str, seconds: float) -> None:
        self._client, self._waiting = (
            httpx.AsyncClient(
                base_url=url,
                timeout=seconds,
                limits=httpx.Limits(max_connections=most, max_keepalive_connections=50),
                follow_redirects=False,
                trust_env=False,
            )
            for most in (MOST, MOST_WAITING)
        )
        self._seconds = seconds

    async def send(self, request: Sent) -> Received:
        """The answer; raises CoreAway."""
        client = self._waiting if request.waits else self._client
        try:
            async with asyncio.timeout(self._seconds):
                response = await client.request(
                    request.method, request.path, headers=_bytes(request.headers), content=request.body
                )
        except (httpx.HTTPError, TimeoutError) as error:
            raise CoreAway(type(error).__name__) from error
        return Received(status=response.status_code, headers=dict(response.headers), body=response.content)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()
        await self._waiting.aclose()


class InProcess:
    """As ASGI, for channels in the process of the core.

    Args:
        app: the core, with its boundary.
        seconds: a call takes at most this long.
    """

    def __init__(self, app: Asgi, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def send(self, request: Sent) -> Received:
        """The answer; raises CoreAway."""
        path, _, query = request.path.partition("?")
        exchange = _Exchange(request.body)
        try:
            async with asyncio.timeout(self._seconds):
                await self._app(_scope(request, path, query), exchange.receive, exchange.send)
        except TimeoutError as error:
            raise CoreAway("TimeoutError") from error
        return exchange.received()

    async def close(self) -> None:
        """Nothing to let go of."""


def _scope(request: Sent, path: str, query: str) -> dict[str, Any]:
    headers = _bytes(request.headers)
    headers += [(b"host", b"core"), (b"content-length", str(len(request.body)).encode())]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 0),
        "server": ("core", 80),
        "state": {},
    }


def _bytes(headers: Headers) -> list[tuple[bytes, bytes]]:
    """As they came: what is passed on was read as Latin-1, as HTTP servers do."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


class _Exchange:
    """One request and its response, as ASGI messages."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._start: Any = None
        self._parts: list[bytes] = []

    async def receive(self) -> dict[str, Any]:
        if self._body is None:
            await asyncio.Event().wait()  # the caller does not go away before the answer
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))

    def received(self) -> Received:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self._start["headers"]}
        return Received(status=self._start["status"], headers=headers, body=b"".join(self._parts))
