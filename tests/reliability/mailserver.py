"""Mail servers that are difficult: a real SMTP server (aiosmtpd) that does as the test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.parser import BytesHeaderParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from backend.kit.embedded.mailsink import Keeper

Moment = Callable[[SMTP], Awaitable[None]]


class Difficult(Keeper):
    """Keeps mails as the sink does; notes each time that one is taken over.

    Args:
        maildir: where they are kept.

    Attributes:
        refused: addresses that do not exist here.
        taken: Message-ID of each mail, each time that it was handed over whole.
        before_250: run once a mail is kept, before its sender hears so.
    """

    def __init__(self, maildir: Path) -> None:
        super().__init__(maildir)
        self.refused: set[str] = set()
        self.taken: list[str] = []
        self.before_250: Moment | None = None

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
        answer = await super().handle_DATA(server, session, envelope)
        headers = BytesHeaderParser().parsebytes(envelope.original_content or b"")
        self.taken.append(str(headers["Message-ID"]))
        if self.before_250 is not None:
            await self.before_250(server)
        return answer


@asynccontextmanager
async def served(handler: Keeper) -> AsyncIterator[str]:
    """Run it in this event loop; gives its URL."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="localhost"), "127.0.0.1", 0)
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
