"""The edge of every API: what comes in is sane before anything decodes it, what goes out carries the safety headers.

Litestar parses JSON whatever the content type, answers invalid UTF-8 and deep nesting with 500, and lets NUL and
400-digit integers through to the database driver (design 4, note 18). This ASGI layer stands in front of it, so that
404 and 405, which never reach a Litestar middleware, get the same treatment.

Bodies are JSON, but for the routes that take a file or a form and say so (`backend.kit.uploads`): there it passes as it
comes, counted. Such a type a form of another site can send without asking first; it gets nowhere, for the API takes a
bearer token and the channels take cookies with a header `X-CSRF` only: a form can send neither.
"""

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import msgspec
from litestar.enums import ScopeType
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from backend.kit.problems import MEDIA_TYPE, ProblemError, invalid_input
from backend.kit.text import TextInvalid, clean_text
from backend.kit.uploads import FORM, FORM_KIND, KIND, MOST

MAX_BODY = 256 * 1024
AROUND_FILE = 16 * 1024
"""Bytes of a multipart body beside its file: boundaries and headers."""
MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1

_DOCS = re.compile(r"(/agent|/widget|/burgerprofiel)?/doc(/|$)")
_TRACE = re.compile(r"[A-Za-z0-9_.:-]{8,128}\Z")
_ESCAPE_OR_BIG = re.compile(r"\\u|\d{19}")

HEADERS: list[tuple[bytes, bytes]] = [
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
"""On every response, errors included; content security is added per response kind."""

API_POLICY = b"default-src 'none'; frame-ancestors 'none'"
DOCS_POLICY = (
    b"default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)

Observer = Callable[[Scope, int, float], None]


def check_json(raw: bytes) -> bytes:
    """Refuse JSON text that would hurt further on; gives the body in Unicode normal form C.

    Raises:
        ProblemError: 400 with the place of the fault.
    """
    try:
        text = raw.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise invalid_input("The body is not valid UTF-8.") from error
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        _check_depth(text)
    try:
        cleaned = clean_text(text)
    except TextInvalid as error:
        raise invalid_input(f"The body: {error}.") from error
    if _ESCAPE_OR_BIG.search(text):
        _walk(_decode(raw))
    return raw if cleaned == text else cleaned.encode()


def check_address(scope: Scope) -> None:
    """Refuse what no text may hold in the path and the query too: NUL would explode in the database driver.

    Raises:
        ProblemError: 400.
    """
    query = scope["query_string"]
    if query.isascii() and b"%" not in query and scope["path"].isascii() and scope["path"].isprintable():
        return
    try:
        clean_text(unquote_to_bytes(query).decode("utf-8", "strict"))
    except UnicodeDecodeError as error:
        raise invalid_input("The query is not valid UTF-8.", where="query") from error
    except TextInvalid as error:
        raise invalid_input(f"The query: {error}.", where="query") from error
    try:
        clean_text(scope["path"])
    except TextInvalid as error:
        raise invalid_input(f"The path: {error}.", where="path") from error
    if "\ufffd" in scope["path"]:  # the server's sign for bytes that are no UTF-8
        raise invalid_input("The path is not valid UTF-8.", where="path")


def _check_depth(text: str) -> None:
    depth, quoted, escaped = 0, False, False
    for char in text:
        if quoted:
            escaped, quoted = (char == "\\" and not escaped), (char != '"' or escaped)
        elif char == '"':
            quoted = True
        elif char in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise invalid_input(f"The body is nested deeper than {MAX_DEPTH} levels.")
        elif char in "]}":
            depth -= 1


def _decode(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise invalid_input("The body is not valid JSON.") from error


def _walk(value: Any, path: str = "") -> None:
    """Strings that hid behind escapes, and integers no column can hold."""
    if isinstance(value, str):
        try:
            clean_text(value)
        except TextInvalid as error:
            raise invalid_input(str(error), name=path or None) from error
    elif isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise invalid_input("Number out of range.", name=path or None, kind="outOfRange")
    elif isinstance(value, dict):
        for key, item in value.items():
            _walk(key, path)
            _walk(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _walk(item, f"{path}[{place}]")


class Boundary:
    """ASGI layer around the whole application.

    Args:
        app: the application.
        observe: called after each response with scope, status and seconds (access log, metrics).
        max_body: most bytes of a body.
    """

    def __init__(self, app: ASGIApp, *, observe: Observer, max_body: int = MAX_BODY) -> None:
        self.app = app
        self._observe = observe
        self._max_body = max_body
        self._others = {KIND.encode(): _taking(app, MOST), FORM_KIND.encode(): _taking(app, FORM)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (lifespan messages pass untouched)."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        headers = dict(scope["headers"])
        asked = headers.get(b"belgov-trace-id", b"").decode("latin-1")
        trace = asked if _TRACE.match(asked) else str(uuid4())
        scope["state"] = {**scope.get("state", {}), "trace": trace}

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _finished(message, scope, trace)
            await send(message)

        try:
            check_address(scope)
            await self.app(scope, await self._checked(scope, headers, receive), sending)
        except ProblemError as error:
            await respond(error, sending)
        finally:
            self._observe(scope, status, time.perf_counter() - started)

    async def _checked(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Receive:
        """The body read whole, checked, and handed on as one message; a file as it comes."""
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        file = self._most_of(scope, kind)
        most = self._max_body if file is None else file + AROUND_FILE
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > most:
            raise ProblemError(413, f"At most {most} bytes.")
        if length == b"0" and b"transfer-encoding" not in headers:
            return receive
        if file is not None:
            return _counted(receive, most)
        body = await self._read(receive)
        if body:
            if kind != b"application/json":
                raise ProblemError(415, "Only application/json is accepted.")
            body = check_json(body)
        scope["headers"] = [(k, v) for k, v in scope["headers"] if k != b"content-length"] + [
            (b"content-length", str(len(body)).encode())
        ]
        sent = False

        async def replay() -> Any:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        return replay

    def _most_of(self, scope: Scope, kind: bytes) -> int | None:
        """The most bytes of another kind than JSON that this route takes; None: it does not take that kind."""
        asked, path = scope["method"], scope["path"]  # type: ignore[typeddict-item]  # of HTTP, here
        takers = self._others.get(kind, ())
        return next((most for route, others, most in takers if asked not in others and route.fullmatch(path)), None)

    async def _read(self, receive: Receive) -> bytes:
        body = b""
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise ProblemError(400, "The body was cut off.")
            body += message["body"]
            if len(body) > self._max_body:
                raise ProblemError(413, f"At most {self._max_body} bytes.")
            if not message["more_body"]:
                return body


def _taking(app: ASGIApp, option: str) -> list[tuple[re.Pattern[str], frozenset[str], int]]:
    """Path, other methods of it, most bytes: of every route with this option; unknown methods pass, to their 405."""
    return [
        (
            re.compile(re.sub(r"\{[^}]+\}", "[^/]+", route.path)),
            frozenset(route.methods) - {method},
            handler.opt[option],
        )
        for route in getattr(app, "routes", ())
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if option in handler.opt
    ]


def _counted(receive: Receive, most: int) -> Receive:
    """The body as it comes, up to so many bytes."""
    seen = 0

    async def counted() -> Any:
        nonlocal seen
        message: Any = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise ProblemError(413, f"At most {most} bytes.")
        return message

    return counted


def _finished(message: Any, scope: Scope, trace: str) -> list[tuple[bytes, bytes]]:
    own = list(message["headers"])
    names = {name.lower() for name, _ in own}
    policy = DOCS_POLICY if _DOCS.match(scope["path"]) else API_POLICY
    extra = [*HEADERS, (b"content-security-policy", policy), (b"belgov-trace-id", trace.encode())]
    return own + [pair for pair in extra if pair[0] not in names]


async def respond(error: ProblemError, send: Send) -> None:
    """Send a problem without the framework."""
    body = error.body()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
