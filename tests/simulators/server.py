"""A small HTTPS server in a thread, for simulators: 127.0.0.1 only, keeps what was asked, stops at once."""

import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asked; `certificate` is the one it showed, DER."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    certificate: bytes | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What it gets.

    Attributes:
        wait: seconds before the first byte.
        cut: bytes after which the connection breaks.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}
    wait: float = 0.0
    cut: int | None = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or shows no certificate, is what tests do on purpose."""


class Simulator:
    """Serves `answer` over HTTPS, or over HTTP without a context.

    Args:
        answer: gives the reply to a request; called in the thread of that request.
        context: certificates; None for HTTP.
        port: 0 for any.
    """

    def __init__(self, answer: Callable[[Request], Reply], context: ssl.SSLContext | None, port: int = 0) -> None:
        self.requests: list[Request] = []
        self._stopping = threading.Event()
        simulator = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                shown = (
                    self.connection.getpeercert(binary_form=True)
                    if isinstance(self.connection, ssl.SSLSocket)
                    else None
                )
                request = Request(
                    method=self.command,
                    path=self.path,
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(length),
                    certificate=shown,
                )
                simulator.requests.append(request)
                reply = answer(request)
                if reply.wait and simulator._stopping.wait(reply.wait):
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body[: reply.cut])
                self.close_connection = self.close_connection or reply.cut is not None

            do_GET = do_POST = do_DELETE = _serve  # noqa: N815 the names that the library calls

            def log_message(self, *_: object) -> None:
                """Nothing: what was asked may hold a national number."""

        self._server = _Server(("127.0.0.1", port), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.05), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def server_context(certificate: Path, key: Path, *, clients: Path | None) -> ssl.SSLContext:
    """A context of a server; with `clients` it wants a certificate of that authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(clients) if clients else None)
    context.load_cert_chain(certificate, key)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
    return context
