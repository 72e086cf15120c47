"""Speaks the protocol of ClamAV's clamd (its manual page, `z` commands): finds EICAR, takes no more than its limit."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""In two parts, so that no scanner on the machine of a developer takes this file away."""
SIGNATURE = "Eicar-Test-Signature"
VERSION = "ClamAV 1.4.6/27000/Sat Nov 28 2026"


class Clamd:
    """A simulated clamd.

    Args:
        limit: most bytes of a content (`StreamMaxLength`).
        answer: what it says instead of a verdict; None hangs up without a word.
    """

    def __init__(self, limit: int = 1024 * 1024, answer: str | None = "") -> None:
        self.limit = limit
        self.answer = answer
        self.scanned: list[bytes] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def running(self, path: str = "") -> AsyncIterator["Clamd"]:
        """Listen on a port, or on a unix socket."""
        if path:
            server = await asyncio.start_unix_server(self._serve, path)
        else:
            server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            command = await reader.readuntil(b"\0")
            said = await self._reply(command, reader)
            if said is not None:
                writer.write(said.encode() + b"\0")
                await writer.drain()
        writer.close()

    async def _reply(self, command: bytes, reader: asyncio.StreamReader) -> str | None:
        if command == b"zPING\0":
            return "PONG"
        if command == b"zVERSION\0":
            return VERSION
        if command != b"zINSTREAM\0":
            return "UNKNOWN COMMAND"
        content = bytearray()
        while size := struct.unpack("!L", await reader.readexactly(4))[0]:
            content += await reader.readexactly(size)
            if len(content) > self.limit:
                return "INSTREAM size limit exceeded. ERROR"
        self.scanned.append(bytes(content))
        if self.answer != "":
            return self.answer
        return f"stream: {SIGNATURE} FOUND" if EICAR in content else "stream: OK"
