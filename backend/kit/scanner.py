"""A virus scanner, over the protocol of ClamAV's clamd: a content goes there in pieces, a verdict comes back.

Our own few lines: of the libraries, `clamd` stood still in 2014, `clamav-client` blocks, and `aioclamd` knows no unix
sockets and goes to a thread and back for every kilobyte.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

CONNECT_SECONDS = 2.0
SECONDS = 60.0
"""One scan, with sending: a document with many parts takes its time."""
_PIECE = 64 * 1024
_PORT = 3310
_LONGEST_NAME = 200
_LARGEST_ANSWER = 4096
_TOO_LARGE = "size limit exceeded"


class ScannerAway(Exception):
    """There is no verdict now: no scanner answers, or it says that it cannot."""


class TooLarge(Exception):
    """There will be no verdict: the scanner takes no content of this size (`StreamMaxLength` of clamd)."""


class Scanner:
    """One clamd.

    Args:
        url: `tcp://host[:port]` or `unix:///path`; empty: there is none.

    Raises:
        ValueError: the URL is neither.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._path = parts.path if parts.scheme == "unix" else ""
        self._host, self._port = parts.hostname or "", parts.port or _PORT
        self.configured = bool(url)
        """Whether there is one at all."""
        if url and not (self._path or (parts.scheme == "tcp" and self._host)):
            raise ValueError("SCANNER_URL is tcp://host:port or unix:///path")

    async def scan(self, content: bytes) -> str | None:
        """What was found in a content: the name of the signature; None: nothing.

        Raises:
            ScannerAway: not now.
            TooLarge: never, at this size.
        """
        answer = await self._asked("INSTREAM", content, SECONDS)
        if answer.endswith(" FOUND"):
            return answer.removeprefix("stream: ").removesuffix(" FOUND")[:_LONGEST_NAME]
        if answer == "stream: OK":
            return None
        if _TOO_LARGE in answer:
            raise TooLarge
        raise ScannerAway("the scanner gave no verdict")

    async def version(self) -> str:
        """What the scanner says it is, with its signatures and their date.

        Raises:
            ScannerAway: it does not answer.
        """
        return await self._asked("VERSION", None, CONNECT_SECONDS)

    async def ready(self) -> bool:
        """Whether it answers, within two seconds."""
        try:
            return await self._asked("PING", None, CONNECT_SECONDS) == "PONG"
        except ScannerAway:
            return False

    async def _asked(self, command: str, content: bytes | None, seconds: float) -> str:
        """Send a command and give the answer; on a bare socket, which keeps an answer that came before a hang-up."""
        try:
            async with asyncio.timeout(seconds), self._connected() as connection:
                with contextlib.suppress(ConnectionError):  # it hangs up when it is too much: the answer says so
                    await _send(connection, command, content)
                return await _answer(connection)
        except OSError as error:
            raise ScannerAway(f"no answer of the scanner ({type(error).__name__})") from None

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[socket.socket]:
        with await asyncio.to_thread(self._connect) as connection:
            connection.settimeout(0)
            yield connection

    def _connect(self) -> socket.socket:
        if not self._path:
            return socket.create_connection((self._host, self._port), CONNECT_SECONDS)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(CONNECT_SECONDS)
            connection.connect(self._path)
        except OSError:
            connection.close()
            raise
        return connection


async def _send(connection: socket.socket, command: str, content: bytes | None) -> None:
    """The command; a content in pieces with their length before them, of which one of length 0 is the last."""
    send = asyncio.get_running_loop().sock_sendall
    await send(connection, f"z{command}\0".encode())
    if content is None:
        return
    for start in range(0, len(content), _PIECE):
        piece = content[start : start + _PIECE]
        await send(connection, struct.pack("!L", len(piece)) + piece)
    await send(connection, struct.pack("!L", 0))


async def _answer(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0"):
        piece = await asyncio.get_running_loop().sock_recv(connection, _LARGEST_ANSWER)
        answer += piece
        if not piece or len(answer) > _LARGEST_ANSWER:
            raise ScannerAway("the scanner hung up, or says too much")
    return answer[:-1].decode("ascii", "replace")
