"""Streams of snapshots to read: pages, and a real HTTP server on the loopback interface that gives them."""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Answer = bytes | int | Callable[[BaseHTTPRequestHandler], None]
"""A body, a status without one, or whatever a test wants to do with the connection."""

Seen = list[dict[str, str]]


def page(name: str, members: list[Any], *later: str, earlier: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A page of a stream that points at later and at earlier pages."""
    kinds = [(node, "GreaterThan") for node in later] + [(node, "LessThan") for node in earlier]
    relations = [{"node": node, "path": "generatedAtTime", "@type": f"{kind}OrEqualToRelation"} for node, kind in kinds]
    return {
        "@id": name,
        "@type": "EventStream",
        "timestampPath": "generatedAtTime",
        "versionOfPath": "isVersionOf",
        "view": {"@id": name, "@type": "Node", "relation": relations},
        "member": members,
        **more,
    }


def chain(base: str, pages: list[list[Any]]) -> list[dict[str, Any]]:
    """Pages that each point at the one before and the one after."""
    return [
        page(
            f"{base}?pageNumber={at}",
            members,
            *([f"{base}?pageNumber={at + 1}"] if at + 1 < len(pages) else []),
            earlier=(f"{base}?pageNumber={at - 1}",) if at else (),
        )
        for at, members in enumerate(pages)
    ]


def published(base: str, pages: list[list[Any]]) -> dict[str, Answer]:
    """The pages of a chain by their path."""
    path = "/" + base.partition("://")[2].partition("/")[2] if "://" in base else base
    return {f"{path}?pageNumber={at}": json.dumps(one).encode() for at, one in enumerate(chain(base, pages))}


def zipped(body: bytes) -> Answer:
    """The body packed with gzip."""
    packed = gzip.compress(body)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(packed)))
        handler.end_headers()
        handler.wfile.write(packed)

    return answer


def refusing(status: int, **headers: str) -> Answer:
    """A status with headers (`Retry_After` is Retry-After)."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


@contextmanager
def serving(answers: Mapping[str, Answer], *, tags: bool = False) -> Iterator[tuple[str, Seen]]:
    """A real HTTP server: path with query -> answer; its address, and the requests it saw.

    Args:
        answers: may be changed while it serves.
        tags: whether bodies have an ETag, and are left out when the client has them.
    """
    seen: Seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
            answer = answers.get(self.path, 404)
            if not isinstance(answer, (bytes, int)):
                answer(self)
                return
            tag = f'"{hashlib.sha256(answer).hexdigest()}"' if tags and isinstance(answer, bytes) else ""
            known = bool(tag) and self.headers.get("If-None-Match") == tag
            self.send_response(304 if known else answer if isinstance(answer, int) else 200)
            if answer == 302:
                self.send_header("Location", "http://elsewhere.example/")
            if tag:
                self.send_header("ETag", tag)
            self.end_headers()
            if isinstance(answer, bytes) and not known:
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
