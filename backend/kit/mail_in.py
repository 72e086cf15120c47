"""A server that takes mail over SMTP and LMTP on one port (library aiosmtpd); who greets decides which it is.

`250` is said only once the mail is kept; whatever goes wrong here is `451`, so that the sending server keeps it and
comes back. Nothing of a mail or an address goes into a log.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Protocol

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

LARGEST = 30 * 1024 * 1024
"""Bytes of a mail."""
LONGEST_LINE = 1024 * 1024
"""Bytes: far more than the standard lets servers send, because a refused mail is lost for its reader."""
MOST_RECIPIENTS = 100
MOST_SESSIONS = 100
IDLE_SECONDS = 300.0
KEEP_SECONDS = 45.0
STOP_SECONDS = 20.0

LATER = "451 4.3.0 Not now, try again later"
UNKNOWN = "550 5.1.1 No such mailbox here"
KEPT = "250 2.0.0 Kept"
FULL = "452 4.5.3 Too many recipients, send the rest in another mail"
BUSY = b"421 4.3.2 Too many connections, try again later\r\n"

log = structlog.get_logger("mail-in")


class Taker(Protocol):
    """Who keeps the mail."""

    async def accepts(self, address: str) -> bool:
        """Whether this address gets mail here; raises when nobody knows now."""
        ...

    async def keep(self, envelope_sender: str, recipients: Sequence[str], content: bytes) -> None:
        """Keep a mail; when this returns it survives the loss of power."""
        ...


class _Handler:
    """What aiosmtpd asks; the names are fixed by it."""

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._keeping = 0
        self.quiet = asyncio.Event()
        self.quiet.set()

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse who does not live here at once: then the sender hears it from its own server."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return FULL
        try:
            async with asyncio.timeout(KEEP_SECONDS):
                known = await self._taker.accepts(address)
        except Exception as error:  # noqa: BLE001 whatever it is, the sending server must keep the mail
            return _later("rcpt", error)
        if not known:
            return UNKNOWN
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: "_Session", _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """One answer for the mail, over LMTP one for each recipient."""
        sender = envelope.mail_from or ""
        self._keeping += 1
        self.quiet.clear()
        try:
            async with asyncio.timeout(KEEP_SECONDS):
                await self._taker.keep(
                    "" if sender == "<>" else sender, envelope.rcpt_tos, envelope.original_content or b""
                )
            answer = KEPT
        except Exception as error:  # noqa: BLE001 as above
            answer = _later("data", error)
        finally:
            self._keeping -= 1
            if not self._keeping:
                self.quiet.set()
        return "\r\n".join([answer] * (len(envelope.rcpt_tos) if server.lmtp else 1))

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours is no reason to send a mail back."""
        return _later("session", error)


class _Session(SMTP):
    """One connection."""

    line_length_limit = LONGEST_LINE
    lmtp = False

    def __init__(self, handler: _Handler, open_sessions: set["_Session"], **options: Any) -> None:
        super().__init__(handler, **options)
        self._open = open_sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._open) >= MOST_SESSIONS:
            transport.write(BUSY)  # type: ignore[attr-defined] # a stream
            transport.close()
            return
        self._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._open:
            self._open.discard(self)
            super().connection_lost(error)

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, hostname: str) -> None:  # noqa: N802
        """The greeting of LMTP, after which each recipient gets an answer of its own."""
        self.lmtp = True
        await super().smtp_EHLO(hostname)


class MailInServer:
    """Listens until it is stopped.

    Args:
        taker: who keeps the mail.
        hostname: how it calls itself.
    """

    def __init__(self, taker: Taker, hostname: str) -> None:
        self._handler = _Handler(taker)
        self._hostname = hostname
        self._sessions: set[_Session] = set()

    async def run(self, host: str, port: int, stop: asyncio.Event, ready: asyncio.Future[int] | None = None) -> None:
        """Take mail in until `stop` is set; then let what is being kept be kept.

        Args:
            host: address to listen on.
            port: port; 0 for a free one.
            stop: when to stop.
            ready: gets the port once it listens.
        """
        server = await asyncio.get_running_loop().create_server(self._session, host, port)
        if ready is not None:
            ready.set_result(server.sockets[0].getsockname()[1])
        try:
            await stop.wait()
        finally:
            server.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await self._handler.quiet.wait()
            for session in list(self._sessions):
                if session.transport is not None:
                    session.transport.close()

    def _session(self) -> _Session:
        return _Session(
            self._handler,
            self._sessions,
            hostname=self._hostname,
            ident="Onthaal",
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            timeout=IDLE_SECONDS,
        )


def _later(step: str, error: Exception) -> str:
    log.warning("mail_not_taken", step=step, error=type(error).__name__)
    return LATER
