"""Mail servers that are difficult: a real SMTP server (aiosmtpd) that does as the test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

from backend.kit.embedded.mailsink import Keeper

Moment = Callable[[SMTP], Awaitable[None]]
Mood = Literal["fine", "busy", "drops", "hangs", "keepsAndHangs"]
"""Busy: answers 451. Drops: hangs up in the middle of DATA. Hangs: says nothing after DATA until the mood is over."""


class Difficult(Keeper):
    """Keeps mails as the sink does; notes each time that one is taken over.

    Args:
        maildir: where they are kept.

    Attributes:
        mood: how it answers now.
        refused: addresses that do not exist here.
        taken: Message-ID of each mail, each time that it was handed over whole.
        at_mail: run when a mail is announced.
        before_250: run once a mail is kept, before its sender hears so.
    """

    def __init__(self, maildir: Path) -> None:
        super().__init__(maildir)
        self.mood: Mood = "fine"
        self._over = asyncio.Event()
        self.refused: set[str] = set()
        self.taken: list[str] = []
        self.at_mail: Moment | None = None
        self.before_250: Moment | None = None

    async def handle_MAIL(  # noqa: N802 aiosmtpd fixes the name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Do what the test wants."""
        if self.at_mail is not None:
            await self.at_mail(server)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 aiosmtpd fixes the name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer 550 to who does not exist."""
        if address in self.refused:
            return "550 5.1.1 Nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep it, then do what the test wants."""
        if self.mood == "busy":
            return "451 4.3.2 Come back later"
        if self.mood == "hangs":
            await self._hang(server)
        answer = await super().handle_DATA(server, session, envelope)
        headers = BytesHeaderParser().parsebytes(envelope.original_content or b"")
        self.taken.append(str(headers["Message-ID"]))
        if self.mood == "keepsAndHangs":
            await self._hang(server)
        if self.before_250 is not None:
            await self.before_250(server)
        return answer

    @contextmanager
    def feeling(self, mood: Mood) -> Iterator[None]:
        """In this mood meanwhile."""
        self.mood, self._over = mood, asyncio.Event()
        try:
            yield
        finally:
            self.mood = "fine"
            self._over.set()

    async def _hang(self, server: SMTP) -> None:
        await self._over.wait()
        hang_up(server)


def hang_up(server: SMTP) -> None:
    """Without a word."""
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


class Server(SMTP):
    """One connection of it."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 aiosmtpd fixes the name
        """Hang up while the sender still speaks, in that mood."""
        if self.event_handler.mood == "drops":
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self._reader.readline()
            hang_up(self)
            await self._reader.read()  # what arrived already is no command
        else:
            await super().smtp_DATA(arg)


@asynccontextmanager
async def served(handler: Difficult) -> AsyncIterator[str]:
    """Run it in this event loop; gives its URL."""
    post = Post(handler)
    async with post.open():
        yield f"smtp://127.0.0.1:{post.port}"


class Post:
    """A difficult mail server on a port of its own.

    Args:
        handler: what it does with mail.
    """

    def __init__(self, handler: Difficult) -> None:
        self.handler = handler
        self.port = 0
        self._server: asyncio.Server | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen in this event loop."""
        await self._listen()
        try:
            yield
        finally:
            self._close()

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Refuse connections meanwhile."""
        self._close()
        try:
            yield
        finally:
            await self._listen()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Server(self.handler, hostname="localhost"), "127.0.0.1", self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
