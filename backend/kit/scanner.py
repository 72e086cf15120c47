"""A virus scanner, over the protocol of ClamAV's clamd: a content goes there in pieces, a verdict comes back.

Our own few lines: of the libraries, `clamd` stood still in 2014, `clamav-client` blocks, and `aioclamd` knows no unix
sockets and goes to a thread and back for every kilobyte.
"""

import asyncio
import contextlib
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
        try:
            async with asyncio.timeout(seconds), self._connected() as (reader, writer):
                # it may hang up while we send, when it is too much: the answer says so
                with contextlib.suppress(ConnectionError):
                    writer.write(f"z{command}\0".encode())
                    if content is not None:
                        await _send(writer, content)
                    await writer.drain()
                answer = await reader.readuntil(b"\0")
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise ScannerAway(f"no answer of the scanner ({type(error).__name__})") from None
        return answer[:-1].decode("ascii", "replace")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        async with asyncio.timeout(CONNECT_SECONDS):
            if self._path:
                reader, writer = await asyncio.open_unix_connection(self._path, limit=_LARGEST_ANSWER)
            else:
                reader, writer = await asyncio.open_connection(self._host, self._port, limit=_LARGEST_ANSWER)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _send(writer: asyncio.StreamWriter, content: bytes) -> None:
    """Pieces with their length before them; one of length 0 ends it."""
    for start in range(0, len(content), _PIECE):
        piece = content[start : start + _PIECE]
        writer.write(struct.pack("!L", len(piece)) + piece)
        await writer.drain()
    writer.write(struct.pack("!L", 0))
