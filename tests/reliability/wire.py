"""A TCP proxy between a process and PostgreSQL that cuts the line, in the middle of a COMMIT if wanted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

COMMIT = b"Q\x00\x00\x00\x0cCOMMIT;\x00"
"""The message by which asyncpg commits."""
REPLY = b"C\x00\x00\x00\x0bCOMMIT\x00Z\x00\x00\x00\x05I"
"""What PostgreSQL answers once it has."""
CHUNK = 65_536


def _nothing() -> None: ...


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """Where the line is cut.

    Attributes:
        sent: bytes of COMMIT that PostgreSQL still gets; all of them: it commits.
        heard: bytes of its reply that come back, when it got them all.
        then: done at that moment, before either side notices.
    """

    sent: int
    heard: int = 0
    then: Callable[[], None] = _nothing


BEFORE = Cut(sent=0)
"""PostgreSQL does not hear of it."""
AFTER = Cut(sent=len(COMMIT))
"""It committed, and nobody hears so."""


def through(url: str, port: int) -> str:
    """The URL of a database on a socket, by way of a line that listens on this port."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}", query="").geturl()


class Wire:
    """The line of one process.

    Args:
        socket: PostgreSQL's; need not exist yet.

    Attributes:
        cuts: what strikes the next COMMITs, one each.
        port: where the process finds PostgreSQL.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self.cuts: list[Cut] = []
        self.port = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._connection(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            self._flowing.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def stalled(self) -> AsyncIterator[None]:
        """Nothing arrives, nothing is refused; what was said meanwhile arrives at the end."""
        self._flowing.clear()
        try:
            yield
        finally:
            self._flowing.set()

    def cut(self) -> int:
        """Cut all that is connected; gives how many connections that were."""
        struck = list(self._open)
        for writer in struck:
            _abort(writer)
        return len(struck)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_unix_connection(self._socket)
        except OSError:
            writer.close()
            return
        self._open.add(writer)
        back = asyncio.create_task(self._back(server_reader, writer))
        try:
            with contextlib.suppress(OSError):
                while sent := await reader.read(CHUNK):
                    await self._flowing.wait()
                    place = sent.find(COMMIT) if self.cuts else -1
                    if place >= 0:
                        how = self.cuts.pop(0)
                        back.cancel()
                        await asyncio.gather(back, return_exceptions=True)
                        await _strike(how, sent[: place + how.sent], (server_reader, server_writer), writer)
                        break
                    server_writer.write(sent)
        finally:
            back.cancel()
            self._open.discard(writer)
            _abort(writer)
            server_writer.close()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while heard := await reader.read(CHUNK):
                await self._flowing.wait()
                writer.write(heard)
        writer.close()


async def _strike(
    how: Cut, sent: bytes, server: tuple[asyncio.StreamReader, asyncio.StreamWriter], client: asyncio.StreamWriter
) -> None:
    reader, writer = server
    writer.write(sent)
    await writer.drain()
    if how.sent >= len(COMMIT):
        reply = await reader.read(CHUNK)
        client.write(reply[: how.heard])
        with contextlib.suppress(OSError):
            await client.drain()
    how.then()


def _abort(writer: asyncio.StreamWriter) -> None:
    """As when a cable is pulled: the other side gets a reset, or nothing at all."""
    assert isinstance(writer.transport, asyncio.Transport)
    writer.transport.abort()
